import sys
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
import torch
from support.commands import Finished, run_apart
from support.pictures import make_pairs
from support.recipes import write_recipe
from support.training import train_here

from arllie_deploy.enhancer_file import load
from arllie_deploy.training.distributed import Alone
from arllie_deploy.training.loop import Progress
from arllie_deploy.training.recipe_file import read_recipe
from arllie_deploy.training.task import Share

TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "--no-python"]
FIFTY = (("steps = 40", "steps = 50"), ("evaluate_every = 10", "evaluate_every = 1"))


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_pairs(tmp_path_factory.mktemp("pairs"))


def train_by_two(recipe: Path, pairs: Path, out: Path, *more: str, before: str = "") -> Finished:
    arguments: Sequence[object] = ["--recipe", recipe, "--data", pairs, "--out", out, "--device", "cpu", *more]
    return run_apart("train", [*arguments, "--skip-pair-check"], before=before, within=TORCHRUN)


def own_lines(finished: Finished) -> list[str]:
    return [line for line in finished.err.splitlines() if line.startswith("arllie-train:")]


def figures(out: Path) -> np.ndarray:
    lines = (out / "log.csv").read_text().splitlines()[1:]
    return np.array([[float(value or "nan") for value in line.split(",")] for line in lines])


def weights(out: Path) -> np.ndarray:
    enhancer = load(out / "tiny.safetensors")
    return np.append(enhancer.kernel.ravel(), enhancer.bias)


@pytest.fixture(scope="module")
def by_one(pairs: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, np.ndarray]:
    folder = tmp_path_factory.mktemp("one")
    enhancer = train_here(read_recipe(write_recipe(folder / "r.toml", *FIFTY)), pairs, folder / "one").enhancer
    return folder, np.append(enhancer.kernel.ravel(), enhancer.bias)


def test_two_processes_follow_one(by_one: tuple[Path, np.ndarray], pairs: Path) -> None:
    folder, expected = by_one
    finished = train_by_two(folder / "r.toml", pairs, folder / "two", "--json")
    assert finished.status == 0, finished.err
    assert finished.out.count('"model"') == 1
    assert own_lines(finished) == []
    assert len(figures(folder / "two")) == 50
    np.testing.assert_allclose(figures(folder / "two"), figures(folder / "one"), rtol=1e-5)
    np.testing.assert_allclose(weights(folder / "two"), expected, rtol=1e-5, atol=1e-6)


def test_a_run_of_one_process_goes_on_with_two(by_one: tuple[Path, np.ndarray], pairs: Path) -> None:
    folder, expected = by_one

    def stop(now: Progress) -> None:
        if now.step == 30:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        train_here(read_recipe(folder / "r.toml"), pairs, folder / "parts", stop)
    finished = train_by_two(folder / "r.toml", pairs, folder / "parts", "--resume")
    assert finished.status == 0, finished.err
    assert len(figures(folder / "parts")) == 50
    np.testing.assert_allclose(figures(folder / "parts"), figures(folder / "one"), rtol=1e-5)
    np.testing.assert_allclose(weights(folder / "parts"), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("batch = 4", "batch = 5"), "data.batch is 5, which 2 processes cannot share equally"),
        (('["conv3x3"]', '["conv3x3+norm"]'), "batch normalization cannot be synchronized between 2 CPU processes"),
    ],
)
def test_what_cannot_be_shared_is_refused_in_one_line(
    change: tuple[str, str], message: str, pairs: Path, tmp_path: Path
) -> None:
    finished = train_by_two(write_recipe(tmp_path / "r.toml", change), pairs, tmp_path / "out")
    assert finished.status == 1  # torchrun's own
    assert "exitcode  : 2" in finished.err
    (line,) = own_lines(finished)
    assert message in line
    assert not (tmp_path / "out").exists()


def test_an_error_of_the_second_process_is_told_by_the_first(pairs: Path, tmp_path: Path) -> None:
    make_pairs(tmp_path / "other", 25)
    other = f"import os, sys\nif os.environ['RANK'] == '1': sys.argv[4] = {str(tmp_path / 'other')!r}"
    finished = train_by_two(write_recipe(tmp_path / "r.toml"), pairs, tmp_path / "out", before=other)
    assert finished.status == 1
    (line,) = own_lines(finished)
    assert "process 1 of 2: has another data than the first process" in line


def test_a_killed_process_ends_the_run_and_leaves_none_behind(pairs: Path, tmp_path: Path) -> None:
    die = f"""
import os, signal, threading, time
def die():
    while not os.path.exists({str(tmp_path / "out" / "checkpoint.pt")!r}):
        time.sleep(0.02)
    os.kill(os.getpid(), signal.SIGKILL)
if os.environ["RANK"] == "1":
    threading.Thread(target=die, daemon=True).start()
"""
    recipe = write_recipe(tmp_path / "r.toml", ("steps = 40", "steps = 100000"))
    finished = train_by_two(recipe, pairs, tmp_path / "out", before=die)
    assert finished.status == 1
    assert "exitcode  : -9" in finished.err
    lines = own_lines(finished)
    assert len(lines) <= 1
    assert all("another process of this run has gone" in line or "interrupted" in line for line in lines)
    assert (tmp_path / "out" / "checkpoint.pt").exists()
    assert not any(str(tmp_path) in command for command in running_commands())


def running_commands() -> list[str]:
    commands = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            commands.append(path.read_text(errors="replace"))
        except OSError:  # ended meanwhile
            continue
    return commands


@pytest.mark.parametrize(("batch", "size"), [(16, 1), (16, 4), (6, 3)])
def test_the_shares_make_up_the_batch(batch: int, size: int) -> None:
    parts = [list(range(batch))[Share(rank, size).of(batch)] for rank in range(size)]
    assert list(chain(*parts)) == list(range(batch))
    assert {len(part) for part in parts} == {batch // size}


def test_one_process_alone_keeps_its_gradients() -> None:
    layer = torch.nn.Linear(2, 1)
    loss = layer(torch.ones(1, 2)).sum()
    loss.backward()
    before = layer.weight.grad.clone()
    assert Alone().average(layer, loss) == loss.item()
    assert torch.equal(layer.weight.grad, before)
