import json
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from support.networks import packaged_lw_isp
from support.pictures import make_pairs, save_png, scene

from arllie_deploy import ArllieError
from arllie_deploy.model_file import NETWORK_KEY, read_arrays, read_header, write_model_file
from arllie_deploy.networks import network_file
from arllie_deploy.networks.network import Figures, Network
from arllie_deploy.results import lw_isp_distillation as distillation
from arllie_deploy.results import lw_isp_pictures
from arllie_deploy.results.lw_isp import LOW_LIGHT, make_page
from arllie_deploy.results.lw_isp_denoising import NETWORKS as DENOISERS
from arllie_deploy.results.lw_isp_pictures import clean_split, whole_split
from arllie_deploy.results.lw_isp_raw import NETWORKS as RAW
from arllie_deploy.training.fingerprint import fingerprint
from arllie_deploy.training.network_task import NetworkTask


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """LOL's and the gray pictures' folders, in small."""
    folder = tmp_path_factory.mktemp("data")
    make_pairs(folder / "lol" / "train", 13, width=72, height=64)
    make_pairs(folder / "lol" / "train_crops", 13, width=64, height=64)
    make_pairs(folder / "lol" / "eval15", 2, width=96, height=80)
    for name in ("bsd68", "set12"):
        save_png(folder / "denoise" / name / "1.png", scene(5, 64, 64)[..., :1].repeat(3, 2))
    return folder


@pytest.fixture
def work(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """With a teacher that was not trained, in a file without graphs; students take two steps."""
    monkeypatch.setattr(distillation, "_STEPS", 2)
    monkeypatch.setattr(distillation, "SEEDS", (1, 2))
    split, folder = whole_split(data / "lol"), tmp_path / "work"
    folder.mkdir()
    task = NetworkTask(distillation.teacher_recipe(), split, (), torch.device("cpu"))
    made = task.to_model({"validation": {"psnr_db": 30.0}})
    facts = {field.name: getattr(made, field.name) for field in fields(made) if field.name != "state"}
    network = Network(**facts, weights=folder, sha256="", figures=Figures(None, 1, 1.0, 1))
    network_file.save(network, made.state, b"", distillation.teacher_file(split, folder))
    return folder


def copy_as(network: Network, folder: Path, name: str, provenance: Mapping[str, object]) -> None:
    """The same network under another name, with another provenance."""
    _, header = read_header(network.weights)
    folder.mkdir(exist_ok=True)
    facts = {**header, "name": name, "provenance": provenance}
    write_model_file(folder / f"{name}.safetensors", NETWORK_KEY, facts, read_arrays(network.weights))


def rows_of(page: str, heading: str) -> dict[str, list[str]]:
    """First cell of the rows below a heading -> the others."""
    section = page.split(f"{heading}\n", 1)[1].split("\n## ")[0].split("\n### ")[0]
    cells = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("| ")]
    return {name: [cell.strip(" |") for cell in others] for name, *others in cells[2:]}


@pytest.fixture(autouse=True)
def _nothing_ships(monkeypatch: pytest.MonkeyPatch) -> None:
    """What does was trained on other pictures than these, and would be refused."""
    monkeypatch.setattr(lw_isp_pictures, "NETWORKS", {})


def test_the_page_is_made_without_any_network_and_names_every_one_that_is_absent(
    data: Path, work: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    make_page(data / "lol", data / "denoise", out, work, None)
    page, numbers = (out / "lw_isp.md").read_text(), json.loads((out / "lw_isp.json").read_text())
    raw, low = rows_of(page, "### eval15 (2)"), rows_of(page, "## Low light")
    noisy = rows_of(page, "## Denoising, σ = 25")
    for name in RAW:
        assert raw[name][0] == "no network file"
        assert numbers["raw"]["eval15 (2)"][name] is None
    assert noisy[DENOISERS[0]][0] == "no network file"
    assert all(low[name][0] == "no network file" for name in LOW_LIGHT)
    assert float(raw["malvar"][2]) == pytest.approx(numbers["raw"]["eval15 (2)"]["malvar"]["clean_psnr"], abs=0.006)
    assert float(low["arllie-lol"][0]) == pytest.approx(numbers["eval15"]["arllie-lol"]["psnr"], abs=0.006)
    assert len(noisy["non-local means"]) == len(numbers["denoising_psnr_db"]["non-local means"]) == 5
    assert "23.8×" in page
    assert "PyNET's 21.17 dB nor the 0.38 dB" in page
    assert len(numbers["distillation"]) == 2 * len(distillation.ARMS)
    assert str(tmp_path) not in page + json.dumps(numbers)
    assert str(data) not in page + json.dumps(numbers)
    with Image.open(out / "lw_isp.png") as picture:
        assert picture.size[0] == 385


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # torch's exporter warns about itself
def test_networks_of_a_folder_are_scored_beside_the_others(data: Path, work: Path, tmp_path: Path) -> None:
    models, out = tmp_path / "models", tmp_path / "out"
    digest = fingerprint(clean_split(data / "lol"))
    provenance = {"data_sha256": digest, "recipe": {"steps": 1234}}
    copy_as(packaged_lw_isp("raw"), models, RAW[0], provenance)
    for name in (*DENOISERS, LOW_LIGHT[0]):
        copy_as(packaged_lw_isp("enhancement"), models, name, provenance)
    make_page(data / "lol", data / "denoise", out, work, models)
    page = (out / "lw_isp.md").read_text()
    assert rows_of(page, "# LW-ISP: raw frames, noise, low light")[RAW[0]][::2] == ["0.25", "1,234"]
    for heading, name in (
        ("### held-out scenes (4)", RAW[0]),
        ("### eval15 (2)", RAW[0]),
        ("## Denoising, σ = 25", DENOISERS[0]),
        ("## Low light", LOW_LIGHT[0]),
    ):
        assert 0.0 < float(rows_of(page, heading)[name][0]) < 40.0
    with Image.open(out / "lw_isp.png") as picture:
        assert picture.size[0] == 577
        assert len(np.unique(np.asarray(picture))) > 50


def test_a_network_that_may_have_seen_the_pictures_is_refused(data: Path, tmp_path: Path) -> None:
    """Before it is opened: this one has no graph."""
    factory, models = "arllie_deploy.models.lw_isp.deploy:build_deployed", tmp_path / "models"
    facts = Network(RAW[0], factory, models, "", "MIT", provenance={"data_sha256": "of others"})
    models.mkdir()
    known = replace(facts, figures=Figures(None, 1, 1.0, 1))
    network_file.save(known, {"w": np.zeros(1, np.float32)}, b"", models / f"{RAW[0]}.safetensors")
    with pytest.raises(ArllieError, match=r"lw-isp-raw was trained on other pictures than those of --data"):
        make_page(data / "lol", data / "denoise", tmp_path / "out", tmp_path / "work", models)
    assert not list((tmp_path / "out").iterdir())
