"""The CUDA kernel on a GPU; on a machine without one, that it is refused in a sentence."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from support.enhancers import random_enhancer

from arllie_deploy.errors import ArllieError, UnavailableError
from arllie_deploy.native import oracle
from arllie_deploy.native.cuda import CudaKernel, compiled_model
from arllie_deploy.native.cuda_build import EPILOGUE_IDS, nvrtc_problem
from arllie_deploy.native.cuda_driver import Buffer, Driver, Recording, Stopwatch
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
def test_a_batch_recorded_as_a_graph_is_enhanced_as_its_frames_are(
    record_property: Callable[[str, object], None],
) -> None:
    driver, enhancer = Driver(), random_enhancer("residual")
    kernel = CudaKernel(compiled_model(enhancer, driver.capability), driver)
    frames = np.random.default_rng(0).integers(0, 256, (64, 1080, 1920, 3), np.uint8)
    source, target = Buffer(driver, frames.nbytes), Buffer(driver, frames.nbytes)
    source.put(frames)
    with Recording(driver) as graph:
        kernel.enhance(source, target, 1920, 1080, 64)
    stopwatch, times = Stopwatch(driver), []
    for _ in range(20):
        with stopwatch:
            graph.play()
        times.append(stopwatch.milliseconds)
    result = np.empty_like(frames)
    target.get(result)
    driver.synchronize()
    for index in (0, 63):
        np.testing.assert_array_equal(result[index], oracle.enhance(quantize(enhancer), frames[index]))
    record_property(f"{driver.name}, 64 frames of 1080p", f"{np.median(times):.3f} ms")
