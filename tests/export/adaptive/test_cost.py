from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from support.adaptive_exports import shipped

from arllie_deploy.export.adaptive.artifacts import AdaptiveRequest, write_adaptive
from arllie_deploy.export.adaptive.cost import cost_on_pairs
from arllie_deploy.export.adaptive.measured_cost import MEASURED
from arllie_deploy.export.adaptive.opened import OpenedAdaptive
from arllie_deploy.pictures.codecs import read_picture
from arllie_deploy.pictures.dark_set import dark_pictures

Pair = tuple[NDArray[Any], NDArray[Any]]


@pytest.mark.parametrize("precision", ["int8", "fp32"])
def test_what_the_variant_is_said_to_cost_is_what_it_costs(precision: str, shared_data: Path, tmp_path: Path) -> None:
    model, other = shipped("arllie-adaptive-int"), shipped("arllie-adaptive")
    folder = shared_data / "lol" / "eval15"

    def pairs() -> Iterator[Pair]:
        for low in sorted((folder / "low").iterdir()):
            yield read_picture(low).pixels, read_picture(folder / "high" / low.name).pixels

    def opener(width: int, height: int) -> OpenedAdaptive:
        path = tmp_path / f"m-{width}x{height}.tflite"
        frames = list(dark_pictures().values())
        write_adaptive(AdaptiveRequest(model, "tflite-nnapi", "tflite", precision, (width, height), path, frames))
        return OpenedAdaptive(path, 1)

    cost, said = cost_on_pairs(model, opener, pairs(), other=other), MEASURED[model.sha256, precision]
    assert cost.pictures == said.pictures
    assert cost.psnr_db == pytest.approx(said.psnr_db, abs=0.02)
    assert cost.lost_to_reference_db == pytest.approx(said.lost_to_reference_db, abs=0.01)
    assert cost.lost_to_other_db == pytest.approx(said.lost_to_other_db, abs=0.02)
    assert cost.lost_to_reference_db <= 0.15


def test_the_manifest_has_it(tmp_path: Path) -> None:
    model, frames = shipped("arllie-adaptive-int"), [np.full((8, 8, 3), 9, np.uint8)]
    request = AdaptiveRequest(model, "tflite-nnapi", "tflite", "int8", (16, 8), tmp_path / "m.tflite", frames)
    facts = write_adaptive(request).facts["adaptive"]
    assert facts["cost_on_lol_test_set"] == MEASURED[model.sha256, "int8"].to_json()
