import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest
from support.enhancers import random_enhancer

from arllie_deploy.errors import UnavailableError
from arllie_deploy.frames import to_unit
from arllie_deploy.runtimes import RUNTIMES
from arllie_deploy.runtimes import torch as runtime
from arllie_deploy.runtimes.torch_cuda import peak_bytes_per_s

pytest.importorskip("torch", reason="torch is not installed")


def test_frames_are_not_reordered_in_memory() -> None:
    """What torch is given is a view of the frame, in channels_last."""
    import torch

    seen = []
    opened = runtime._Opened(lambda values: seen.append(values) or values, 1, "a test")  # type: ignore[func-returns-value]
    frame = np.zeros((6, 5, 3), np.uint8)
    opened.run(frame)
    assert seen[0].data_ptr() == frame.ctypes.data
    assert seen[0].permute(0, 3, 1, 2).is_contiguous(memory_format=torch.channels_last)


def test_a_frame_that_must_not_be_written_to_is_copied_and_not_warned_about() -> None:
    frame = np.full((6, 5, 3), 9, np.uint8)
    frame.setflags(write=False)
    enhancer = random_enhancer()
    np.testing.assert_array_equal(RUNTIMES["torch"].open(enhancer, 1).run(frame), enhancer.enhance(frame))


def test_compiling_needs_a_compiler_and_says_which(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXX", "no-such-compiler")
    with pytest.raises(UnavailableError, match="there is no no-such-compiler: apt-get install g"):
        runtime.COMPILED.open(random_enhancer(), 1)


def test_the_compiled_row_is_not_one_that_enhancing_would_choose() -> None:
    assert runtime.COMPILED.name not in RUNTIMES


def test_listing_runtimes_imports_no_torch() -> None:
    code = "import sys, arllie_deploy.runtimes, arllie_deploy.runtimes.torch_cuda; print('torch' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True).stdout
        == "False\n"
    )


def test_a_program_takes_bytes_and_floats_alike() -> None:
    import torch

    enhancer = random_enhancer("direct")
    frame = np.random.default_rng(0).integers(0, 256, (9, 7, 3), np.uint8)
    program: Callable[[torch.Tensor], torch.Tensor] = runtime.program(enhancer)
    floats = program(torch.from_numpy(to_unit(frame).astype(np.float32)[None])).numpy()[0]
    np.testing.assert_allclose(floats, enhancer.reference(to_unit(frame)), atol=1e-6)
    assert np.abs(program(torch.from_numpy(frame[None])).numpy()[0].astype(int) - enhancer.enhance(frame)).max() <= 1


def test_the_peak_of_a_memory_is_two_transfers_per_clock_on_its_bus() -> None:
    """GeForce RTX 4090: 10501 MHz on 384 bits is 1008 GB/s (NVIDIA's data sheet)."""
    peak = peak_bytes_per_s(10_501_000, 384)
    assert peak == pytest.approx(1008e9, rel=1e-3)
    assert peak_bytes_per_s(0, 384) is None
