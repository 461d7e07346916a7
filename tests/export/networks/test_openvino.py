from pathlib import Path

import numpy as np
import pytest
from support.networks import frames, network

from arllie_deploy.export.networks.engines import open_artifact
from arllie_deploy.export.networks.formats import FORMATS
from arllie_deploy.export.networks.module import load_module, run_module
from arllie_deploy.export.networks.openvino import write
from arllie_deploy.export.networks.request import NetworkRequest
from arllie_deploy.runtimes import RUNTIMES

pytestmark = [
    pytest.mark.skipif(
        FORMATS["openvino"].why_unavailable() is not None, reason=str(FORMATS["openvino"].why_unavailable())
    ),
    pytest.mark.filterwarnings("ignore"),  # torch's exporter warns about itself
]
LEAST_DB = {"fp32": 120.0, "fp16": 60.0, "int8": 35.0}


@pytest.mark.parametrize("precision", LEAST_DB)
def test_any_size_is_what_the_network_makes_of_it(precision: str, tmp_path: Path) -> None:
    made, path = network("ladder", tmp_path), tmp_path / "ladder.xml"
    files = dict.fromkeys([(32, 32), (48, 24)], path)
    written = write(NetworkRequest(made, "openvino", precision, files, True, calibration=frames(3)))
    assert written.sidecars == ["ladder.bin"]
    assert {"Convolution", "Interpolate"} <= {kind for kind in written.operators if kind != "Parameter"}
    run, _ = open_artifact(path)
    for frame in (frames(3, 1)[0], frames(3, 1, 64)[0][:, :, :24, :48]):
        exact = run_module(load_module(made), np.ascontiguousarray(frame))
        difference = run(np.ascontiguousarray(frame)) - exact
        assert -10 * np.log10(np.mean(difference**2) + 1e-30) >= LEAST_DB[precision]
    # The runtime reads the description, and pads what is not aligned.
    assert RUNTIMES["openvino"].open(path, 1).run(np.zeros((9, 11, 3), np.uint8)).shape == (9, 11, 3)
