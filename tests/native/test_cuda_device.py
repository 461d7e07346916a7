"""The CUDA kernel on a GPU; on a machine without one, that it is refused in a sentence."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from support.enhancers import random_enhancer

from arllie_deploy.bench.native import cuda
from arllie_deploy.errors import ArllieError, UnavailableError
from arllie_deploy.native import oracle
from arllie_deploy.native.cuda_build import EPILOGUE_IDS, nvrtc_problem
from arllie_deploy.native.cuda_driver import Driver
from arllie_deploy.native.integer import quantize
from arllie_deploy.runtimes import native_cuda


def _problem() -> str | None:
    try:
        Driver()
    except UnavailableError as error:
        return str(error)
    return nvrtc_problem()


PROBLEM = _problem()
needs_gpu = pytest.mark.skipif(PROBLEM is not None, reason=str(PROBLEM))


@pytest.mark.skipif(PROBLEM is None, reason="there is a GPU here")
def test_without_a_gpu_the_reason_is_said() -> None:
    with pytest.raises(UnavailableError, match=r"CUDA driver|NVRTC"):
        native_cuda.ROW.open(random_enhancer(), None)


def test_an_artifact_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArllieError, match="opens model files"):
        native_cuda.ROW.open(tmp_path / "model.onnx", None)


@needs_gpu
@pytest.mark.parametrize("epilogue", EPILOGUE_IDS)
@pytest.mark.parametrize("size", [(1080, 1920), (33, 67), (1, 1), (540, 961)])
def test_the_gpu_gives_the_bytes_of_the_integer_model(epilogue: str, size: tuple[int, int]) -> None:
    enhancer = random_enhancer(epilogue)
    frame = np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)
    result = native_cuda.ROW.open(enhancer, None).run(frame)
    np.testing.assert_array_equal(result, oracle.enhance(quantize(enhancer), frame))


@needs_gpu
def test_a_batch_and_one_frame_of_a_graph_are_timed_after_their_bytes_were_compared(
    record_property: Callable[[str, object], None],
) -> None:
    found = cuda.measure(random_enhancer("residual"), 20)
    assert found.batch.min > 0.0
    assert found.frame.min > 0.0
    record_property(found.device, cuda.text("residual", found))
