from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from support.pictures import make_pairs
from support.recipes import write_network_recipe
from torch import nn

from arllie_deploy import ArllieError
from arllie_deploy.models.sad_unet.deploy import build_deployed
from arllie_deploy.quality.psnr import psnr
from arllie_deploy.training.checkpoint import network_state
from arllie_deploy.training.data import find_pairs_to_learn, split_by_scene
from arllie_deploy.training.loop import Progress, run_task
from arllie_deploy.training.network_recipe import FramesRecipe, NetworkRun
from arllie_deploy.training.network_task import NetworkTask
from arllie_deploy.training.recipe import LossRecipe
from arllie_deploy.training.recipe_file import read_recipe
from arllie_deploy.training.task import Share
from arllie_deploy.training.trained_network import TrainedNetwork

CPU = torch.device("cpu")


class KilledError(Exception):
    """Stands for a kill."""


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_pairs(tmp_path_factory.mktemp("pairs"), 10)


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> NetworkRun:
    made = read_recipe(write_network_recipe(tmp_path_factory.mktemp("recipe") / "r.toml"))
    assert isinstance(made, NetworkRun)
    return made


def task(recipe: NetworkRun, pairs: Path) -> NetworkTask:
    samples = find_pairs_to_learn(pairs)
    return NetworkTask(recipe, split_by_scene(samples, pairs, recipe.data.validation_fraction, 0), samples, CPU)


def run(recipe: NetworkRun, pairs: Path, out: Path, stop_at: int = -1, *, resume: bool = False) -> TrainedNetwork:
    def report(now: Progress) -> None:
        if now.step == stop_at:
            raise KilledError

    return run_task(task(recipe, pairs), out, resume=resume, force=False, device=CPU, report=report).enhancer


def changed(recipe: NetworkRun, arguments: Mapping[str, Any], **network: Any) -> NetworkRun:
    together = {**recipe.network.arguments, **arguments}
    return replace(recipe, network=replace(recipe.network, arguments=together, **network))


def test_training_makes_held_out_pictures_better(recipe: NetworkRun, pairs: Path) -> None:
    made = task(replace(recipe, steps=40, optimizer=replace(recipe.optimizer, learning_rate=3e-3)), pairs)
    made.network.eval()
    before = made.validate()
    optimizer = torch.optim.AdamW(made.network.parameters(), 3e-3)
    for step in range(40):
        made.network.train()
        optimizer.zero_grad()
        made.step_loss(step, Share()).loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it unannotated
        optimizer.step()
    made.network.eval()
    after = made.validate()
    assert before.psnr_db is not None
    assert after.psnr_db is not None
    assert after.psnr_db > before.psnr_db + 2


def test_a_stopped_run_goes_on_bit_for_bit(recipe: NetworkRun, pairs: Path, tmp_path: Path) -> None:
    whole = run(recipe, pairs, tmp_path / "whole")
    with pytest.raises(KilledError):
        run(recipe, pairs, tmp_path / "parts", stop_at=5)
    assert run(recipe, pairs, tmp_path / "parts", resume=True).sha256 == whole.sha256


def test_the_result_is_the_form_for_inference_with_all_its_arguments(
    recipe: NetworkRun, pairs: Path, tmp_path: Path
) -> None:
    model = run(replace(recipe, steps=2), pairs, tmp_path)
    assert (model.factory, model.alignment) == ("arllie_deploy.models.sad_unet.deploy:build_deployed", 32)
    assert model.arguments["skip"] == "fpn"
    built = build_deployed(**model.arguments)
    built.load_state_dict({name: torch.from_numpy(value) for name, value in model.state.items()})
    assert built(torch.rand(1, 3, 32, 32)).isfinite().all()


def test_the_log_has_the_share_of_values_that_are_cut_off(recipe: NetworkRun, pairs: Path, tmp_path: Path) -> None:
    made = task(recipe, pairs)
    made.network.eval()
    last: nn.Conv2d = made.network.average.extract[2]  # type: ignore[union-attr,index,assignment]  # a convolution
    nn.init.constant_(last.weight, 0.0)
    nn.init.constant_(last.bias, 10.0)  # type: ignore[arg-type]  # it has one
    assert made.validate().clamped == 1.0
    run(replace(recipe, steps=2), pairs, tmp_path)
    header, row = (tmp_path / "log.csv").read_text().splitlines()
    assert header.split(",")[-1] == "clamped_share"
    assert 0.0 <= float(row.split(",")[-1]) <= 1.0


def test_statistics_are_fixed_after_their_share_of_the_steps(recipe: NetworkRun, pairs: Path) -> None:
    made = task(changed(recipe, {}, statistics=0.5), pairs)
    norm = next(part for part in made.network.live.modules() if isinstance(part, nn.BatchNorm2d))  # type: ignore[union-attr,operator]  # a module
    means = []
    for step in (0, 2, 3, 5):
        made.network.train()
        made.step_loss(step, Share())
        means.append(norm.running_mean.clone())  # type: ignore[union-attr]  # it has one
    assert not torch.equal(means[0], means[1])
    assert torch.equal(means[1], means[2])
    assert torch.equal(means[2], means[3])


def test_the_average_of_the_weights_is_what_is_scored(recipe: NetworkRun, pairs: Path) -> None:
    made = task(recipe, pairs)
    made.network.eval()
    before = made.validate().psnr_db
    with torch.no_grad():
        for parameter in made.network.live.parameters():  # type: ignore[union-attr,operator]  # a module
            parameter.zero_()
    assert made.validate().psnr_db == before
    made.network.train()
    made.step_loss(0, Share())
    made.network.eval()
    assert made.validate().psnr_db != before


def test_whole_frames_are_trained_on(recipe: NetworkRun, pairs: Path, tmp_path: Path) -> None:
    frames = FramesRecipe(share=1.0, batch=2, most=2.0)
    chosen = replace(recipe, frames=frames, crops=replace(recipe.crops, share=0.0))
    whole = run(chosen, pairs, tmp_path / "whole")
    with pytest.raises(KilledError):
        run(chosen, pairs, tmp_path / "parts", stop_at=3)
    assert run(chosen, pairs, tmp_path / "parts", resume=True).sha256 == whole.sha256


def test_frames_that_processes_cannot_share_are_refused(recipe: NetworkRun, pairs: Path) -> None:
    made = task(replace(recipe, frames=FramesRecipe(share=1.0, batch=3), crops=replace(recipe.crops, share=0.0)), pairs)
    with pytest.raises(ArllieError, match="2 processes cannot share the 3 frames of step 0; use one"):
        made.step_loss(0, Share(0, 2))


def test_distillation_is_added_late(recipe: NetworkRun, pairs: Path) -> None:
    without = replace(recipe, distillation=replace(recipe.distillation, weight=0.0))
    losses = []
    for chosen in (recipe, without):
        made = task(chosen, pairs)
        made.network.train()
        losses.append([made.step_loss(step, Share()).loss.item() for step in (3, 5)])
    assert losses[0][0] == losses[1][0]
    assert losses[0][1] > losses[1][1]


def test_frames_of_any_size_are_scored(recipe: NetworkRun, pairs: Path) -> None:
    made = task(recipe, pairs)
    made.network.eval()
    with torch.inference_mode():
        assert made._whole(torch.rand(1, 3, 40, 48)).shape == (1, 3, 40, 48)


def test_the_score_is_the_mean_over_all_pictures(recipe: NetworkRun, pairs: Path) -> None:
    made = task(recipe, pairs)
    made.network.eval()
    pictures = list(made.held_out())
    assert {picture.kind for picture in pictures} == {"whole", "crops"}
    ratios = [psnr(picture.frame(), picture.high) for picture in pictures]
    assert made.validate().psnr_db == pytest.approx(np.mean(ratios))


def test_a_run_starts_from_the_function_of_another_one(recipe: NetworkRun, pairs: Path, tmp_path: Path) -> None:
    file = tmp_path / "first.safetensors"
    first = task(recipe, pairs)
    first.network.eval()
    first.to_model({}).save_weights(file)
    second = task(changed(recipe, {"depthwise": "plain"}, start=str(file), statistics=0.0), pairs)
    second.network.eval()
    assert second.start_is_a_candidate
    assert second.validate().psnr_db == pytest.approx(first.validate().psnr_db, abs=1e-3)


def test_a_run_goes_on_from_the_checkpoint_of_another_one(recipe: NetworkRun, pairs: Path, tmp_path: Path) -> None:
    """With normalizations as they were: the state is the averaged one, not only its function."""
    run(replace(recipe, steps=2), pairs, tmp_path)
    state = network_state(tmp_path / "checkpoint.pt")
    made = task(changed(recipe, {}, start=str(tmp_path / "checkpoint.pt")), pairs)
    mine = made.network.live.state_dict()  # type: ignore[union-attr,operator]  # a module
    assert all(torch.equal(mine[name], state[f"average.{name}"]) for name in mine)
    assert made.start_is_a_candidate


def test_a_reduced_network_goes_on_from_one_that_is_not(recipe: NetworkRun, pairs: Path, tmp_path: Path) -> None:
    affine = changed(recipe, {"residual": "affine"})
    run(replace(affine, steps=2), pairs, tmp_path)
    start = str(tmp_path / "checkpoint.pt")
    made = task(replace(changed(affine, {"reduction": 2}, start=start), data=replace(recipe.data, crop=64)), pairs)
    made.network.eval()
    assert made.validate().psnr_db is not None
    with pytest.raises(ArllieError, match=r"checkpoint.pt is of another network: .*size mismatch"):
        task(changed(affine, {"width": 0.5}, start=start), pairs)


def test_parts_that_are_not_trained_stay_as_they_start(recipe: NetworkRun, pairs: Path, tmp_path: Path) -> None:
    run(replace(recipe, steps=2), pairs, tmp_path / "first")
    start = str(tmp_path / "first" / "checkpoint.pt")
    before = task(changed(recipe, {}, start=start), pairs).network.state_dict()
    later = changed(recipe, {}, start=start, statistics=0.0, trained="stem.0 extract.")
    run(replace(later, steps=3), pairs, tmp_path / "second")
    after = network_state(tmp_path / "second" / "checkpoint.pt")
    moved = {name for name, value in after.items() if not torch.equal(value, before[name])}
    assert {name.split(".")[1] for name in moved if name.startswith("live.")} == {"stem", "extract"}
    assert "live.stem.2.weight" not in moved


def test_a_part_to_train_that_is_not_there_is_refused(recipe: NetworkRun, pairs: Path, tmp_path: Path) -> None:
    run(replace(recipe, steps=2), pairs, tmp_path)
    wrong = changed(recipe, {}, start=str(tmp_path / "checkpoint.pt"), trained="stem head")
    with pytest.raises(ArllieError, match=r"no part's name begins with 'head'; the parts: .*stem"):
        task(wrong, pairs)
    with pytest.raises(ArllieError, match=r"name what they start from in network\.start"):
        changed(recipe, {}, trained="stem")


@pytest.mark.parametrize(("name", "says"), [("none.pt", "no such checkpoint"), ("bad.pt", "a damaged checkpoint")])
def test_a_checkpoint_that_cannot_be_read_is_refused(
    name: str, says: str, recipe: NetworkRun, pairs: Path, tmp_path: Path
) -> None:
    (tmp_path / "bad.pt").write_bytes(b"nonsense")
    with pytest.raises(ArllieError, match=says):
        task(changed(recipe, {}, start=str(tmp_path / name)), pairs)


@pytest.mark.parametrize(
    ("content", "message"), [(None, "no such model file"), (b"nonsense", "not a model file, which is safetensors")]
)
def test_a_start_that_cannot_be_read_is_refused(
    content: bytes | None, message: str, recipe: NetworkRun, pairs: Path, tmp_path: Path
) -> None:
    file = tmp_path / "start.safetensors"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ArllieError, match=message):
        task(changed(recipe, {"depthwise": "plain"}, start=str(file)), pairs)


def test_a_one_layer_model_is_no_start(recipe: NetworkRun, pairs: Path) -> None:
    with pytest.raises(ArllieError, match="arllie-lol is a one-layer model"):
        task(changed(recipe, {"depthwise": "plain"}, start="arllie-lol"), pairs)


def test_what_does_not_go_together_is_refused(recipe: NetworkRun, pairs: Path) -> None:
    for wrong, message in (
        (replace(recipe, loss=LossRecipe("fidelity-smoothness")), "trained on pairs only"),
        (replace(recipe, data=replace(recipe.data, crop=40)), "data.crop is 40; sad-unet takes multiples of 32"),
        (replace(recipe, network=replace(recipe.network, system="sad-net")), "'sad-net'; known: sad-unet"),
        (changed(recipe, {"width": 2.0}), "width is 2.0"),
    ):
        with pytest.raises(ArllieError, match=message):
            task(wrong, pairs)
    split = split_by_scene(find_pairs_to_learn(pairs), pairs, 0.2, 0)
    with pytest.raises(ArllieError, match="give their folder: --crops"):
        NetworkTask(recipe, split, (), CPU)


@pytest.mark.parametrize(
    ("section", "says"),
    [({"pairs": "1<2 5<6"}, "5<6: there is no level 6; the network has 1 to 5"), ({"form": "l1"}, "form is 'l1'")],
)
def test_distillation_that_the_network_does_not_have_is_refused_before_the_first_step(
    section: dict[str, str], says: str, recipe: NetworkRun, pairs: Path
) -> None:
    late = replace(recipe, distillation=replace(recipe.distillation, start=1.0, **section))
    with pytest.raises(ArllieError, match=says):
        task(late, pairs)


def test_the_same_weights_give_the_same_file(recipe: NetworkRun, pairs: Path, tmp_path: Path) -> None:
    model = task(recipe, pairs).to_model({"step": 1})
    for name in ("a", "b"):
        model.save_weights(tmp_path / f"{name}.safetensors")
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()
