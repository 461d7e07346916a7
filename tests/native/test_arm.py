"""The library made for AArch64 and executed by qemu gives the oracle's bytes with both NEON kernels."""

import ctypes
import shutil
import struct
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from support.enhancers import random_enhancer

from arllie_deploy import native
from arllie_deploy.enhancer import Enhancer
from arllie_deploy.epilogues import EPILOGUES
from arllie_deploy.models import MEMBERS, find_model
from arllie_deploy.native.integer import LARGEST_WEIGHT, IntegerModel, quantize
from arllie_deploy.native.kernel import float_struct, integer_struct
from arllie_deploy.native.library import FloatStruct, IntegerStruct, Library, PictureStruct
from arllie_deploy.native.oracle import enhance

Frame = NDArray[np.uint8]
Case = tuple[IntegerStruct | FloatStruct, Frame]

COMPILER, EMULATOR = "aarch64-linux-gnu-gcc", "qemu-aarch64-static"
SOURCE = Path(native.__file__).resolve().parent / "source"
# dispatch.c knows the NEON kernels by the definition; the options of CMakeLists.txt.
OPTIONS = [
    *("-std=c11", "-D_POSIX_C_SOURCE=200809L", "-DARLLIE_NEON", "-O3", "-ffp-contract=off", "-fno-math-errno"),
    *("-fno-trapping-math", "-Wall", "-Wextra", "-Werror", "-static", "-pthread"),
]
# A53: Armv8.0, without dot products; A76: Armv8.2 with them.
PROCESSORS = {"neon": "cortex-a53", "neon-dotprod": "cortex-a76"}
# Tiles are of 16 pixels.
RGB24 = 0
# RGBX32, and the forms of NV12.
FORMATS = (1, 2, 3, 4, 5)
SIZES = ((1, 1), (2, 1), (1, 2), (3, 15), (2, 16), (3, 17), (4, 31), (2, 32), (3, 33), (5, 48), (37, 67))


@dataclass(frozen=True)
class Program:
    path: Path

    def run(self, processor: str, cases: list[Case], *arguments: str) -> tuple[str, list[Frame]]:
        """The instruction set in use and the enhanced frames."""
        data = b"".join(
            struct.pack("<iiii", isinstance(model, FloatStruct), RGB24, frame.shape[1], frame.shape[0])
            + bytes(model)
            + frame.tobytes()
            for model, frame in cases
        )
        name, result = self.answer(processor, data, *arguments)
        parts = np.split(np.frombuffer(result, np.uint8), np.cumsum([frame.size for _, frame in cases])[:-1])
        return name, [part.reshape(frame.shape) for part, (_, frame) in zip(parts, cases, strict=True)]

    def answer(self, processor: str, data: bytes, *arguments: str) -> tuple[str, bytes]:
        """The instruction set in use and what the program makes of its input."""
        line = [EMULATOR, "-cpu", processor, self.path, *arguments]
        done = subprocess.run(line, input=data, capture_output=True, check=False, timeout=300)
        assert done.returncode == 0, done.stderr.decode()
        return done.stderr.decode(), done.stdout


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Program:
    if shutil.which(COMPILER) is None:
        pytest.skip(f"no {COMPILER} here: apt-get install gcc-aarch64-linux-gnu libc6-dev-arm64-cross")
    if shutil.which(EMULATOR) is None:
        pytest.skip(f"no {EMULATOR} here: apt-get install qemu-user-static")
    sources = [path for path in sorted(SOURCE.glob("*.c")) if "sse" not in path.name and "avx" not in path.name]
    path = tmp_path_factory.mktemp("arm") / "arm_frame"
    line = [COMPILER, *OPTIONS, "-I", SOURCE, "-o", path, Path(__file__).with_name("arm_frame.c"), *sources]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return Program(path)


def _frames(seed: int) -> list[Frame]:
    """Every size, dark and bright by turns, with areas of 0 and of 255 in some."""
    rng = np.random.default_rng(seed)
    frames = [rng.integers(0, 40 if i % 2 else 256, (*size, 3), np.uint8) for i, size in enumerate(SIZES)]
    extreme = rng.choice(np.array([0, 255], np.uint8), (9, 50, 3))
    return [*frames, extreme, np.full((4, 20, 3), 255, np.uint8), np.zeros((3, 18, 3), np.uint8)]


def _extreme(model: IntegerModel, shift: int, limit: int, seed: int) -> IntegerModel:
    """Weights over all that int16 halves hold: sums far outside what the epilogue expects."""
    rng = np.random.default_rng(seed)
    kernel = rng.integers(-LARGEST_WEIGHT, LARGEST_WEIGHT + 1, (3, 3, 3, 3)).astype(np.int16)
    kernel[rng.random(kernel.shape) < 0.3] = rng.choice([-LARGEST_WEIGHT, LARGEST_WEIGHT, -128, 127, 128, -129, 0])
    bias = rng.integers(-(2**30), 2**30, 3).astype(np.int32) // (1 << (14 - shift))
    return replace(model, shift=shift, kernel=kernel, bias=bias, limit=limit)


def _struct(enhancer: Enhancer, model: IntegerModel) -> IntegerStruct:
    """The structure of `enhancer` with the numbers of `model`."""
    result = integer_struct(enhancer)
    result.shift, result.floor = model.shift, model.limit
    result.bias[:] = model.bias.tolist()
    result.weights[:] = model.kernel.ravel().tolist()
    return result


def _models(epilogue: str) -> list[tuple[IntegerStruct, IntegerModel]]:
    enhancers = [random_enhancer(epilogue, seed) for seed in range(4)]
    models = [(integer_struct(enhancer), quantize(enhancer)) for enhancer in enhancers]
    limits = {"residual": (1, 300, 20000, 65280), "direct": (256, 300, 20000, 65280)}.get(epilogue, (0, 0))
    if epilogue == "curve":  # its denominator must stay within 16 bits: only smaller sums are allowed
        return models
    for seed, limit in enumerate(limits):
        for shift in (4, 11, 14):
            model = _extreme(models[0][1], shift, limit, seed)
            models.append((_struct(enhancers[0], model), model))
    return models


@pytest.mark.parametrize("epilogue", sorted(EPILOGUES))
@pytest.mark.parametrize("name", PROCESSORS)
def test_every_size_has_the_bytes_of_the_oracle(program: Program, name: str, epilogue: str) -> None:
    cases = [(each, frame) for i, each in enumerate(_models(epilogue)) for frame in _frames(i)]
    used, results = program.run(PROCESSORS[name], [(model, frame) for (model, _), frame in cases], name)
    assert used == name
    for ((_, model), frame), result in zip(cases, results, strict=True):
        np.testing.assert_array_equal(result, enhance(model, frame), f"{epilogue} {frame.shape}")


@pytest.mark.parametrize("name", PROCESSORS)
def test_a_whole_frame_of_every_shipped_form_has_the_bytes_of_the_oracle(program: Program, name: str) -> None:
    rng = np.random.default_rng(3)
    ramp = np.linspace(0, 255, 1920)[None, :, None] * rng.random((1080, 1, 3))
    frame = (ramp * rng.random((1080, 1920, 1))).astype(np.uint8)
    shipped = [model for model in map(find_model, sorted(MEMBERS)) if isinstance(model, Enhancer)]
    by_epilogue = {model.epilogue: model for model in shipped}
    assert "residual" in by_epilogue
    used, results = program.run(PROCESSORS[name], [(integer_struct(model), frame) for model in by_epilogue.values()])
    assert used == name, "the library chose another one"
    for model, result in zip(by_epilogue.values(), results, strict=True):
        np.testing.assert_array_equal(result, enhance(quantize(model), frame), model.name)


def test_a_processor_without_dot_products_refuses_their_kernel(program: Program) -> None:
    line = [EMULATOR, "-cpu", PROCESSORS["neon"], program.path, "neon-dotprod"]
    done = subprocess.run(line, input=b"", capture_output=True, check=False)
    assert done.returncode == 1
    assert b"this processor lacks it" in done.stderr


def _planes(form: int, height: int, width: int, seed: int) -> list[Frame]:
    """A picture of bytes that all occur, the extreme ones often."""
    rng = np.random.default_rng(seed)
    shapes = [(height, width, 4)] if form == 1 else [(height, width), ((height + 1) // 2, (width + 1) // 2 * 2)]
    planes = [rng.integers(0, 256, shape, np.uint8) for shape in shapes]
    for plane in planes:
        plane[rng.random(plane.shape) < 0.2] = rng.choice([0, 255])
    return planes


def _here(path: Path, model: IntegerStruct, form: int, planes: list[Frame]) -> bytes:
    """What this processor's library makes of a picture, in plain C."""
    calls, out = ctypes.CDLL(str(path)), [np.zeros_like(plane) for plane in planes]
    assert calls.arllie_force_instruction_set(b"portable") == 0
    pictures = [PictureStruct(format=form, width=planes[0].shape[1], height=len(planes[0])) for _ in range(2)]
    for picture, each in zip(pictures, (planes, out), strict=True):
        for i, plane in enumerate(each):
            picture.plane[i], picture.stride[i] = plane.ctypes.data, plane.strides[0]
    assert calls.arllie_enhance(*map(ctypes.byref, (model, *pictures)), 1) == 0
    assert calls.arllie_force_instruction_set(None) == 0
    return b"".join(plane.tobytes() for plane in out)


def _cases(model: IntegerStruct, pictures: list[tuple[int, list[Frame]]]) -> bytes:
    return b"".join(
        struct.pack("<iiii", 0, form, planes[0].shape[1], len(planes[0])) + bytes(model) + b"".join(map(bytes, planes))
        for form, planes in pictures
    )


# Chunks of NV12 are of 64 pixels. The last is a strip of a 1080p frame.
@pytest.mark.parametrize("sizes", [[*SIZES, (2, 63), (3, 64), (5, 65), (1, 131)], [(45, 1920)]])
@pytest.mark.parametrize("name", PROCESSORS)
def test_camera_formats_have_the_bytes_of_this_processor(
    program: Program, c_library_path: Path, name: str, sizes: list[tuple[int, int]]
) -> None:
    model = integer_struct(random_enhancer("residual"))
    pictures = [(form, _planes(form, *size, seed)) for seed, size in enumerate(sizes) for form in FORMATS]
    used, results = program.answer(PROCESSORS[name], _cases(model, pictures), name)
    assert used == name
    for form, planes in pictures:
        expected = _here(c_library_path, model, form, planes)
        assert results[: len(expected)] == expected, (form, planes[0].shape)
        results = results[len(expected) :]
    assert results == b""


@pytest.mark.parametrize("name", PROCESSORS)
def test_the_fourth_byte_stays_and_the_others_are_the_oracles(program: Program, name: str) -> None:
    enhancer, frame = random_enhancer("curve"), _planes(1, 33, 67, 5)[0]
    data = _cases(integer_struct(enhancer), [(1, [frame])])
    result = np.frombuffer(program.answer(PROCESSORS[name], data, name)[1], np.uint8).reshape(frame.shape)
    np.testing.assert_array_equal(result[..., 3], frame[..., 3])
    np.testing.assert_array_equal(result[..., :3], enhance(quantize(enhancer), frame[..., :3]))


@pytest.mark.parametrize("epilogue", sorted(EPILOGUES))
def test_floats_have_the_bytes_of_this_processor(program: Program, c_library: Library, epilogue: str) -> None:
    model = float_struct(random_enhancer(epilogue))
    frames = _frames(7)
    for processor in PROCESSORS.values():
        _, results = program.run(processor, [(model, frame) for frame in frames])
        for frame, result in zip(frames, results, strict=True):
            np.testing.assert_array_equal(result, c_library.enhance(model, frame))
