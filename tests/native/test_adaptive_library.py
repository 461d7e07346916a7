"""The conditioning in C makes of a frame what Python makes of it, and integers that Python would prove, too."""

import ctypes
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from support.adaptive_exports import shipped, wild_statistics
from support.enhancers import random_adaptive, random_enhancer

from arllie_deploy.enhancer import Enhancer
from arllie_deploy.errors import ArllieError
from arllie_deploy.native import oracle
from arllie_deploy.native.adaptive_library import (
    AdaptiveLibrary,
    ClipStruct,
    ConditionedStruct,
    HeadStruct,
    head_struct,
)
from arllie_deploy.native.integer import quantize
from arllie_deploy.native.kernel import float_struct, integer_struct
from arllie_deploy.native.library import FloatStruct, StatisticsStruct
from arllie_deploy.pictures.dark_set import dark_pictures
from arllie_deploy.pictures.pairs import find_pairs, read_pairs
from arllie_deploy.statistics import COUNT, frame_statistics, sample_statistics
from arllie_deploy.temporal import Smoother

# Both compute in float64 and round to float32 once; a sum may end in the neighboring float.
TOLERANCE = {"rtol": 1e-6, "atol": 1e-6}
NULL_POINTER, BAD_SIZE, BAD_MODEL = 1, 2, 6
MODEL = shipped("arllie-adaptive")


@pytest.fixture(scope="module")
def library(c_library_path: Path) -> AdaptiveLibrary:
    return AdaptiveLibrary(c_library_path, head_struct(MODEL))


def enhancer_of(model: FloatStruct) -> Enhancer:
    """What C made, as Python's model."""
    kernel = np.array(model.weights, np.float32).reshape(3, 3, 3, 3).transpose(0, 3, 1, 2)
    constants = {"gain": float(model.gain), "knee": float(model.knee)}
    return Enhancer("made", np.ascontiguousarray(kernel), np.array(model.bias, np.float32), "curve", constants)


def assert_alike(made: Enhancer, wanted: Enhancer) -> None:
    np.testing.assert_allclose(made.kernel, wanted.kernel, **TOLERANCE)
    np.testing.assert_allclose(made.bias, wanted.bias, **TOLERANCE)
    for name, value in wanted.constants.items():
        np.testing.assert_allclose(made.constants[name], value, **TOLERANCE)


def looked(sums: NDArray[np.uint16], pixels: int) -> StatisticsStruct:
    """The statistics of a grid (3, rows, columns) of sums."""
    struct = StatisticsStruct(rows=sums.shape[1], columns=sums.shape[2], pixels=pixels)
    places = np.frombuffer(struct.sums, np.uint16).reshape(3, -1)
    places[:, : sums[0].size] = sums.reshape(3, -1)
    return struct


@given(data=st.data())
def test_features_of_any_sums_are_pythons(library: AdaptiveLibrary, data: st.DataObject) -> None:
    pixels = data.draw(st.sampled_from([1, 4, 9, 16]))
    shape = data.draw(st.tuples(st.just(3), st.integers(1, 64), st.integers(1, 64)))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    brightest = data.draw(st.sampled_from([0, 1, 7, 255])) * pixels
    sums = rng.integers(0, brightest + 1, shape).astype(np.uint16)
    if data.draw(st.booleans()):
        sums[rng.random(shape) < 0.5] = brightest
    statistics = looked(sums, pixels)
    np.testing.assert_allclose(library.features(statistics), sample_statistics(statistics.samples), atol=1e-12)


@given(seed=st.integers(0, 2**32 - 1), size=st.sampled_from([0.05, 0.3, 1.0]), shift=st.floats(-3.0, 3.0))
def test_any_head_on_any_statistics_makes_pythons_model_and_its_integers(
    c_library_path: Path, seed: int, size: float, shift: float
) -> None:
    model = random_adaptive("curve", seed, size)
    library = AdaptiveLibrary(c_library_path, head_struct(model))
    features = wild_statistics(seed) + shift
    made = library.condition_on(features)
    assert_alike(enhancer_of(made), model.condition(features))
    assert_same_integers(library, made)


def assert_same_integers(library: AdaptiveLibrary, made: FloatStruct) -> None:
    """Python's `quantize` proves its own integers to be within a level; C must find the same ones, or also none."""
    try:
        proven = quantize(enhancer_of(made))
    except ArllieError:
        with pytest.raises(ArllieError, match="damaged"):
            library.integers(made)
        return
    assert proven.error_bound <= 1.0
    assert bytes(library.integers(made)) == bytes(integer_struct(enhancer_of(made)))


@given(
    seed=st.integers(0, 2**32 - 1),
    size=st.floats(0.0, 16.0),
    gain=st.floats(0.01, 15.9),
    knee=st.floats(1e-3, 15.9),
)
@settings(max_examples=200)
def test_any_curve_has_pythons_integers_or_none(
    library: AdaptiveLibrary, seed: int, size: float, gain: float, knee: float
) -> None:
    rng = np.random.default_rng(seed)
    kernel = np.clip(rng.normal(0.0, size, (3, 3, 3, 3)), -16.0, 16.0).astype(np.float32)
    constants = {"gain": float(np.float32(gain)), "knee": float(np.float32(knee))}
    enhancer = Enhancer("any", kernel, rng.normal(0.0, 1.0, 3).astype(np.float32), "curve", constants)
    assert_same_integers(library, float_struct(enhancer))
    assert bytes(float_struct(enhancer_of(float_struct(enhancer)))) == bytes(float_struct(enhancer))


def _accepts(enhancer: Enhancer) -> bool:
    try:
        quantize(enhancer)
    except ArllieError:
        return False
    return True


@pytest.mark.parametrize("seed", range(6))
def test_the_steepest_curve_that_is_proven_is_pythons_too(library: AdaptiveLibrary, seed: int) -> None:
    """Neighbors in float32, of which Python refuses the one: the bounds are the same to seven digits."""
    rng = np.random.default_rng(seed)
    kernel = rng.normal(0.0, rng.uniform(0.05, 4.0), (3, 3, 3, 3)).astype(np.float32)
    gain = float(np.float32(rng.uniform(0.75, 12.0)))

    def with_knee(bits: int) -> Enhancer:
        knee = float(np.array(bits, np.int32).view(np.float32))
        return Enhancer("steep", kernel, np.zeros(3, np.float32), "curve", {"gain": gain, "knee": knee})

    refused, accepted = (int(np.array(knee, np.float32).view(np.int32)) for knee in (1e-5, 15.9))
    assert _accepts(with_knee(accepted))
    while accepted - refused > 1:
        middle = (accepted + refused) // 2
        accepted, refused = (middle, refused) if _accepts(with_knee(middle)) else (accepted, middle)
    with pytest.raises(ArllieError):
        library.integers(float_struct(with_knee(refused)))
    assert bytes(library.integers(float_struct(with_knee(accepted)))) == bytes(integer_struct(with_knee(accepted)))


def test_some_curves_have_no_integers_and_the_frame_is_enhanced_in_floats(library: AdaptiveLibrary) -> None:
    steep = Enhancer("steep", *_weights(), "curve", {"gain": 3.0, "knee": 1e-4})
    with pytest.raises(ArllieError, match="use floats"):
        quantize(steep)
    model, frame = ConditionedStruct(real=float_struct(steep), fits=0), dark_frame()
    with pytest.raises(ArllieError):
        library.integers(model.real)
    np.testing.assert_array_equal(
        library.library.enhance(model.model, frame), library.library.enhance(float_struct(steep), frame)
    )


def _weights() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    enhancer = random_enhancer("curve")
    return enhancer.kernel, enhancer.bias


def dark_frame() -> NDArray[np.uint8]:
    return next(iter(dark_pictures().values()))


@pytest.mark.parametrize("name", sorted(dark_pictures()))
def test_a_dark_picture_is_enhanced_as_the_reference_does(library: AdaptiveLibrary, name: str) -> None:
    frame = dark_pictures()[name]
    np.testing.assert_allclose(library.features(library.library.look(frame)), frame_statistics(frame), atol=1e-12)
    made = library.condition(library.library.look(frame))
    assert made.fits == 1
    assert_alike(enhancer_of(made.real), MODEL.for_frame(frame))
    result = library.enhance(frame)
    np.testing.assert_array_equal(result, oracle.enhance(quantize(enhancer_of(made.real)), frame))
    assert np.abs(result.astype(int) - MODEL.enhance(frame)).max() <= 1


def test_real_frames_are_enhanced_as_the_reference_does(library: AdaptiveLibrary, shared_data: Path) -> None:
    for name, frame, _ in read_pairs(find_pairs(shared_data / "lol" / "train")[::60]):
        assert_alike(enhancer_of(library.condition(library.library.look(frame)).real), MODEL.for_frame(frame))
        assert np.abs(library.enhance(frame).astype(int) - MODEL.enhance(frame)).max() <= 1, name


def test_a_clip_is_smoothed_and_starts_over_at_a_cut(library: AdaptiveLibrary) -> None:
    rng = np.random.default_rng(0)
    dark = rng.integers(0, 30, (120, 160, 3), np.uint8)
    frames = [dark, dark + 3, dark + 6, 255 - dark, 250 - dark, 255 - dark]
    smoother, clip, steps = Smoother(), ClipStruct(), ClipStruct()
    for frame in frames:
        statistics = library.library.look(frame)
        wanted = smoother.update(frame_statistics(frame))
        made = library.condition(statistics, clip)
        np.testing.assert_allclose(np.array(clip.smoothed), wanted, atol=1e-12)
        np.testing.assert_allclose(library.smooth(steps, library.features(statistics)), wanted, atol=1e-12)
        assert_alike(enhancer_of(made.real), MODEL.condition(wanted))


@given(seed=st.integers(0, 2**32 - 1), speed=st.floats(0.0, 1.0))
def test_any_statistics_are_smoothed_as_python_does(library: AdaptiveLibrary, seed: int, speed: float) -> None:
    rng = np.random.default_rng(seed)
    smoother, clip = Smoother(), ClipStruct()
    histogram = rng.dirichlet(np.ones(16))
    for _ in range(6):
        histogram = (1.0 - speed) * histogram + speed * rng.dirichlet(np.full(16, 0.3))
        features = np.concatenate([histogram, rng.normal(-2.0, 1.0, COUNT - 16)])
        np.testing.assert_allclose(library.smooth(clip, features), smoother.update(features), atol=1e-12)


@pytest.mark.parametrize(
    "change", [{"rows": 0}, {"columns": 65}, {"pixels": 5}, {"rows": -1}, {"columns": 2**31 - 1}, {"pixels": 1}]
)
def test_statistics_of_no_picture_are_refused_and_nothing_is_written(
    c_library_path: Path, change: dict[str, int]
) -> None:
    statistics = looked(np.full((3, 4, 5), 16 * 255, np.uint16), 16)
    clip, model = ClipStruct(is_started=7), ConditionedStruct(fits=9)
    for name, value in change.items():
        setattr(statistics, name, value)
    call = ctypes.CDLL(str(c_library_path)).arllie_condition
    head = head_struct(MODEL)
    arguments = [ctypes.byref(each) for each in (head, statistics, clip, model)]
    assert call(*arguments) == BAD_SIZE
    assert (clip.is_started, model.fits) == (7, 9)


def test_a_damaged_head_is_refused_and_nothing_is_written(c_library_path: Path) -> None:
    call, statistics = ctypes.CDLL(str(c_library_path)).arllie_condition, looked(np.zeros((3, 4, 5), np.uint16), 1)

    def answer(head: HeadStruct | None) -> int:
        model = ConditionedStruct(fits=9)
        error = call(None if head is None else ctypes.byref(head), ctypes.byref(statistics), None, ctypes.byref(model))
        assert model.fits == (9 if error else 1)
        return int(error)

    assert answer(head_struct(MODEL)) == 0
    assert answer(None) == NULL_POINTER
    for field, value, wanted in (
        ("version", 2, BAD_MODEL),
        ("hidden", 0, BAD_MODEL),
        ("hidden", 129, BAD_MODEL),
        ("output_bias", None, NULL_POINTER),
    ):
        head = head_struct(MODEL)
        setattr(head, field, value)
        assert answer(head) == wanted, field
    for place, number in ((1, 0.0), (1, -1.0), (0, np.nan), (2, np.nan), (3, np.inf), (5, np.inf)):
        head = head_struct(MODEL)
        head.arrays[place] = head.arrays[place].copy()
        head.arrays[place].flat[3] = number
        setattr(head, HeadStruct._fields_[2 + place][0], head.arrays[place].ctypes.data_as(type(head.mean)))
        assert answer(head) == BAD_MODEL, (place, number)


@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_features_that_are_not_finite_are_refused(library: AdaptiveLibrary, number: float) -> None:
    features = np.zeros(COUNT)
    features[20] = number
    with pytest.raises(ArllieError, match="damaged"):
        library.condition_on(features)


def test_only_a_curve_has_a_head_in_c() -> None:
    for form in ("plain", "basis"):
        with pytest.raises(ArllieError, match="only adaptive models with a curve"):
            head_struct(random_adaptive(form))
