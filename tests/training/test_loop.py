from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from support.pictures import make_pairs
from support.recipes import write_recipe
from support.training import train_here

from arllie_deploy import ArllieError, CheckFailedError, Enhancer
from arllie_deploy.frames import to_unit
from arllie_deploy.pictures import read_picture
from arllie_deploy.quality.psnr import psnr
from arllie_deploy.training.data import find_pairs_to_learn, split_by_scene
from arllie_deploy.training.loop import Progress, Trained
from arllie_deploy.training.recipe_file import read_recipe


class KilledError(Exception):
    """Stands for a kill."""


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_pairs(tmp_path_factory.mktemp("pairs"))


def run(
    data: Path, out: Path, *changes: tuple[str, str], stop_at: int | None = None, **options: Any
) -> Trained[Enhancer]:
    out.parent.mkdir(parents=True, exist_ok=True)
    recipe = read_recipe(write_recipe(out.parent / f"{out.name}.toml", *changes))

    def report(now: Progress) -> None:
        if now.step == stop_at:
            raise KilledError

    return train_here(recipe, data, out, report, **options)


def same_weights(a: Enhancer, b: Enhancer) -> bool:
    return a.kernel.tobytes() == b.kernel.tobytes() and a.bias.tobytes() == b.bias.tobytes()


def test_training_makes_held_out_pictures_better(pairs: Path, tmp_path: Path) -> None:
    trained = run(pairs, tmp_path / "run", ("steps = 40", "steps = 200"))
    assert trained.validation.psnr_db is not None
    held_out = find_pairs_to_learn(pairs)
    sample = split_by_scene(held_out, pairs, 0.2, seed=0).validation[0]
    assert sample.high is not None
    low, high = read_picture(sample.low).pixels, read_picture(sample.high).pixels
    assert psnr(trained.enhancer.enhance(low), high) > psnr(low, high) + 5
    for name in ("checkpoint.pt", "log.csv", "curve.png"):
        assert (tmp_path / "run" / name).stat().st_size > 0


@pytest.mark.parametrize("norm", ["", "+norm"])
@pytest.mark.parametrize("stop_at", [5, 10, 23, 39])
def test_a_stopped_run_goes_on_bit_for_bit(stop_at: int, norm: str, pairs: Path, tmp_path: Path) -> None:
    change = ('["conv3x3"]', f'["conv3x3{norm}"]')
    whole = run(pairs, tmp_path / "whole", change)
    with pytest.raises(KilledError):
        run(pairs, tmp_path / "parts", change, stop_at=stop_at)
    if stop_at < 10:
        with pytest.raises(ArllieError, match="no checkpoint to resume from"):
            run(pairs, tmp_path / "parts", change, resume=True)
        return
    resumed = run(pairs, tmp_path / "parts", change, resume=True)
    assert same_weights(whole.enhancer, resumed.enhancer)
    logs = [(tmp_path / name / "log.csv").read_text() for name in ("whole", "parts")]
    assert logs[0] == logs[1]
    assert len(logs[0].splitlines()) == 5


def test_the_seed_decides(pairs: Path, tmp_path: Path) -> None:
    runs = [
        run(pairs, tmp_path / name, ("seed = 3", f"seed = {seed}")) for name, seed in (("a", 1), ("b", 1), ("c", 2))
    ]
    assert same_weights(runs[0].enhancer, runs[1].enhancer)
    assert not same_weights(runs[0].enhancer, runs[2].enhancer)


def test_a_loss_that_is_not_finite_stops_and_keeps_the_last_checkpoint(pairs: Path, tmp_path: Path) -> None:
    change = ("learning_rate = 1e-2", "learning_rate = 1e29")
    with pytest.raises(
        CheckFailedError, match=r"step \d+: the (loss|gradient|fused kernel) is not finite on the batch of \d"
    ) as caught:
        run(pairs, tmp_path / "run", change, ("evaluate_every = 10", "evaluate_every = 1"))
    kept = (tmp_path / "run" / "checkpoint.pt").exists()
    assert ("checkpoint is kept" in str(caught.value)) == kept
    assert ("no checkpoint was written yet" in str(caught.value)) != kept


def test_a_checkpoint_before_the_divergence_survives_it(pairs: Path, tmp_path: Path) -> None:
    run(pairs, tmp_path / "run")
    good = (tmp_path / "run" / "checkpoint.pt").read_bytes()
    with pytest.raises(CheckFailedError):
        run(pairs, tmp_path / "run", ("learning_rate = 1e-2", "learning_rate = 1e29"), force=True)
    assert (tmp_path / "run" / "checkpoint.pt").read_bytes() == good


def test_unsupervised_training_needs_low_alone_and_brightens(pairs: Path, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "low").symlink_to(pairs / "low")
    trained = run(tmp_path / "data", tmp_path / "run", ('"l1"', '"fidelity-smoothness"'), ("steps = 40", "steps = 100"))
    assert trained.validation.psnr_db is None
    low = to_unit(read_picture(pairs / "low" / "0.png").pixels)
    assert trained.enhancer.reference(low).mean() > 1.2 * low.mean()


def test_unsupervised_training_never_looks_at_the_references(pairs: Path, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "low").symlink_to(pairs / "low")
    change = ('"l1"', '"fidelity-smoothness"')
    without, with_ = run(tmp_path / "data", tmp_path / "a", change), run(pairs, tmp_path / "b", change)
    assert same_weights(without.enhancer, with_.enhancer)


def test_a_folder_that_holds_a_run_is_kept(pairs: Path, tmp_path: Path) -> None:
    run(pairs, tmp_path / "run")
    with pytest.raises(ArllieError, match="holds a run already"):
        run(pairs, tmp_path / "run")
    run(pairs, tmp_path / "run", force=True)


def test_another_recipe_or_other_data_cannot_resume(pairs: Path, tmp_path: Path) -> None:
    run(pairs, tmp_path / "run")
    with pytest.raises(ArllieError, match="belongs to another recipe"):
        run(pairs, tmp_path / "run", ("seed = 3", "seed = 4"), resume=True)
    with pytest.raises(ArllieError, match="belongs to other training data"):
        run(make_pairs(tmp_path / "other", 25), tmp_path / "run", resume=True)


def test_a_damaged_checkpoint_is_refused(pairs: Path, tmp_path: Path) -> None:
    run(pairs, tmp_path / "run")
    path = tmp_path / "run" / "checkpoint.pt"
    whole, state = path.read_bytes(), torch.load(path, weights_only=True)
    flipped = bytearray(whole)
    flipped[200:260] = bytes(255 - byte for byte in flipped[200:260])
    for data in (b"", b"not a checkpoint at all", whole[:100], bytes(flipped)):
        path.write_bytes(data)
        with pytest.raises(ArllieError, match="a damaged checkpoint"):
            run(pairs, tmp_path / "run", resume=True)
    changes = {"rows": [{}], "best": None, "network": {}, "optimizer": {}, "recipe": [1], "step": "a", "extra": 1}
    for key, value in changes.items():
        torch.save({**state, key: value}, path)
        with pytest.raises(ArllieError, match="a damaged checkpoint"):
            run(pairs, tmp_path / "run", resume=True)


@pytest.mark.parametrize("part", ["network", "best", "optimizer"])
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_checkpoint_with_a_value_that_is_not_finite_is_refused_by_name(
    part: str, value: float, pairs: Path, tmp_path: Path
) -> None:
    run(pairs, tmp_path / "run", ("steps = 40", "steps = 10"))
    path = tmp_path / "run" / "checkpoint.pt"
    state = torch.load(path, weights_only=True)
    holder = state["optimizer"]["state"][0] if part == "optimizer" else state[part]
    key = "exp_avg" if part == "optimizer" else "block.bias"
    holder[key].view(-1)[0] = value
    torch.save(state, path)
    with pytest.raises(ArllieError, match=f"{path}: {part}.*{key} holds a value that is not finite"):
        run(pairs, tmp_path / "run", ("steps = 40", "steps = 10"), resume=True)


def test_another_split_cannot_resume(pairs: Path, tmp_path: Path) -> None:
    data = make_pairs(tmp_path / "data" / "train", 24)
    run(data, tmp_path / "run")
    lines = ["file,scene", *(f"{number}.png,{number}" for number in range(24))]
    (tmp_path / "data" / "scenes.csv").write_text("\n".join(lines))
    with pytest.raises(ArllieError, match="belongs to other training data or another split"):
        run(data, tmp_path / "run", resume=True)


def test_the_model_says_where_it_comes_from(pairs: Path, tmp_path: Path) -> None:
    enhancer = run(pairs, tmp_path / "run").enhancer
    assert enhancer.name == "tiny"
    assert enhancer.provenance["recipe"]["seed"] == 3
    assert enhancer.provenance["train_pictures"] + enhancer.provenance["validation_pictures"] == 24
    assert enhancer.structure is not None
    assert str(tmp_path) not in str(enhancer.provenance)


def test_the_fused_model_equals_the_trained_branches(pairs: Path, tmp_path: Path) -> None:
    run(pairs, tmp_path / "run", ('["conv3x3"]', '["conv3x3+norm"]'))
    from arllie_deploy.training.network import OneLayerNetwork

    recipe = read_recipe(tmp_path / "run.toml")
    network = OneLayerNetwork(recipe.model.structure(), "residual")
    network.load_state_dict(torch.load(tmp_path / "run" / "checkpoint.pt", weights_only=True)["best"])
    network.double().eval()
    y = np.random.default_rng(0).random((9, 7, 3))
    with torch.no_grad():
        unfused = network(torch.from_numpy(np.moveaxis(y, 2, 0))[None]).enhanced[0].numpy()
    fused = network.to_enhancer("x", {}, "MIT").reference(y)
    np.testing.assert_allclose(fused, np.moveaxis(unfused, 0, 2), atol=1e-5)
