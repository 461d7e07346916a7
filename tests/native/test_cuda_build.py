import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arllie_deploy.errors import ArllieError, UnavailableError
from arllie_deploy.native import cuda_build
from arllie_deploy.native.cuda import PIECE_BYTES, THREADS, pieces, strip_rows
from arllie_deploy.native.cuda_build import (
    ENTRY,
    EPILOGUE_IDS,
    architecture_for,
    compile_kernel,
    nvrtc_problem,
    supported_capabilities,
)
from arllie_deploy.native.library import EPILOGUE_IDS as IDS_IN_C

# A multiprocessor of sm_80 and of sm_90 has 65,536 registers, and a block is all its threads' (CUDA C++ Programming
# Guide, "Compute Capabilities").
REGISTERS = 65536 // THREADS
PROBLEM = nvrtc_problem()
needs_nvrtc = pytest.mark.skipif(PROBLEM is not None, reason=str(PROBLEM))


@needs_nvrtc
@pytest.mark.parametrize("epilogue", EPILOGUE_IDS)
@pytest.mark.parametrize("architecture", ["sm_80", "sm_90"])
def test_a_cubin_spills_nothing_and_leaves_room_for_a_whole_block(epilogue: str, architecture: str) -> None:
    compiled = compile_kernel(epilogue, architecture)
    assert compiled.code.startswith(b"\x7fELF")
    assert ENTRY.encode() in compiled.code
    assert compiled.spilled_bytes == 0
    assert compiled.registers is not None
    assert compiled.registers <= REGISTERS


@needs_nvrtc
@pytest.mark.parametrize("epilogue", EPILOGUE_IDS)
@pytest.mark.parametrize("architecture", ["compute_80", "compute_90"])
def test_ptx_multiplies_on_the_tensor_cores_and_moves_words(epilogue: str, architecture: str) -> None:
    text = compile_kernel(epilogue, architecture).code.decode().rstrip("\0")
    assert f".target {architecture.replace('compute', 'sm')}" in text
    assert f".visible .entry {ENTRY}(" in text
    # 2 steps of 3 channels, for each way in which a piece can lie in its rows.
    assert len(re.findall(r"mma\.sync\.aligned\.m16n8k32\.row\.col\.s32\.u8\.s8\.s32", text)) == 3 * 6
    assert re.search(r"ld\.global\.nc\.(b|u)32", text)
    assert re.search(r"st\.global\.(b|u)32", text)
    assert ".f64" not in text
    assert "div." not in text.replace("div.s32", "").replace("div.u32", "")


@needs_nvrtc
def test_an_architecture_that_is_none_is_refused_in_nvrtcs_words() -> None:
    with pytest.raises(ArllieError, match="NVRTC does not compile the kernel for sm_12345"):
        compile_kernel("plain", "sm_12345")


@needs_nvrtc
def test_both_generations_are_compiled_for_themselves() -> None:
    assert {80, 90} <= set(supported_capabilities())


def test_without_nvrtc_the_command_that_brings_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cuda_build, "_candidates", lambda: ["/nowhere/libnvrtc.so.13"])
    cuda_build._nvrtc.cache_clear()
    try:
        with pytest.raises(UnavailableError, match="pip install nvidia-cuda-nvrtc"):
            compile_kernel("plain", "sm_90")
    finally:
        cuda_build._nvrtc.cache_clear()


@pytest.mark.parametrize(("capability", "expected"), [(80, "sm_80"), (90, "sm_90"), (91, "compute_90"), (86, "sm_86")])
def test_a_device_gets_its_own_code_or_the_newest_older_ptx(capability: int, expected: str) -> None:
    assert architecture_for(capability, (75, 80, 86, 90, 120)) == expected


def test_a_gpu_without_the_instructions_is_refused() -> None:
    with pytest.raises(UnavailableError, match="this GPU is sm_75"):
        architecture_for(75, (75, 80, 90))


def test_the_ids_of_the_epilogues_are_those_of_the_c_interface() -> None:
    assert EPILOGUE_IDS == IDS_IN_C


@given(
    width=st.integers(1, 8192),
    height=st.integers(1, 4320),
    count=st.integers(1, 64),
    warps=st.integers(32, 32 * 160),
    other=st.integers(1, 128),
)
def test_no_other_strip_takes_fewer_rows_of_a_warps_time(
    width: int, height: int, count: int, warps: int, other: int
) -> None:
    def rows(strip: int) -> int:
        return -(-pieces(width, height, count, strip) // warps) * (strip + 2)

    chosen = strip_rows(width, height, count, warps)
    assert 1 <= chosen <= height
    assert rows(chosen) <= rows(min(other, height))


def test_one_frame_of_1080p_is_done_in_one_turn_of_an_h200() -> None:
    warps = 132 * THREADS // 32
    strip = strip_rows(1920, 1080, 1, warps)
    assert 0.9 * warps < pieces(1920, 1080, 1, strip) <= warps
    assert PIECE_BYTES * 30 == 3 * 1920
