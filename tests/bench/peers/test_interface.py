import json
from pathlib import Path

import pytest

from arllie_deploy import ArllieError
from arllie_deploy.bench.peers.interface import Interface, Port, from_json, image_interface
from arllie_deploy.runtimes.base import Layout
from arllie_deploy.runtimes.encoding import Encoding

FLOATS = Encoding("float32")
PATH = Path("their.onnx")
Shape = tuple[int | None, ...]


def read(source: Shape, result: Shape, prefer: Layout = "NCHW") -> Interface:
    return image_interface(PATH, [Port(source, FLOATS)], [Port(result, FLOATS)], prefer)


@pytest.mark.parametrize(
    ("shape", "layout", "size"),
    [
        ((1, 3, 40, 48), "NCHW", (40, 48)),
        ((1, 40, 48, 3), "NHWC", (40, 48)),
        ((None, 3, None, None), "NCHW", (None, None)),
        ((1, None, 48, 3), "NHWC", (None, 48)),
    ],
)
def test_layout_and_size_are_read_from_the_axes(shape: Shape, layout: Layout, size: Shape) -> None:
    interface = read(shape, shape)
    assert (interface.layout, interface.size) == (layout, size)


@pytest.mark.parametrize("prefer", ["NCHW", "NHWC"])
def test_where_both_layouts_fit_the_engine_s_own_is_taken(prefer: Layout) -> None:
    assert read((1, 3, 40, 3), (1, 3, 40, 3), prefer).layout == prefer


def test_the_other_side_decides_where_one_fits_both_layouts() -> None:
    assert read((1, 3, 3, 3), (1, 3, None, 3), "NCHW").layout == "NCHW"
    assert read((1, 3, 40, 3), (1, 3, None, None), "NHWC").layout == "NCHW"


def test_a_size_that_only_the_result_tells_counts() -> None:
    assert read((1, 3, None, None), (1, 3, 40, 48)).size == (40, 48)


@pytest.mark.parametrize(
    ("source", "result", "said"),
    [
        ((1, 1, 40, 48), (1, 1, 40, 48), "takes 1×1×40×48 and gives 1×1×40×48; a frame is 1×3×height×width"),
        ((1, 3, 40, 48), (1, 40, 48, 3), "gives 1×40×48×3"),
        ((2, 3, 40, 48), (2, 3, 40, 48), "takes 2×3×40×48"),
        ((1, 3, 40, 48), (1, 1000), "gives 1×1000"),
        ((3, 40, 48), (3, 40, 48), "takes 3×40×48"),
        ((), (), "takes a single number"),
        ((1, 3, None, None), (1, 6, None, None), "gives 1×6×[?]×[?]"),
        ((1, 3, 40, 48), (1, 3, 160, 192), "takes 40 pixels along an axis and gives 160"),
    ],
)
def test_what_is_not_one_frame_in_and_out_is_refused(source: Shape, result: Shape, said: str) -> None:
    with pytest.raises(ArllieError, match=f"their.onnx: .*{said}"):
        read(source, result)


@pytest.mark.parametrize(("inputs", "outputs"), [(2, 1), (1, 2), (0, 1)])
def test_more_or_fewer_tensors_are_refused(inputs: int, outputs: int) -> None:
    port = Port((1, 3, 40, 48), FLOATS)
    with pytest.raises(ArllieError, match=f"takes {inputs} tensors and gives {outputs}"):
        image_interface(PATH, [port] * inputs, [port] * outputs, "NCHW")


@pytest.mark.parametrize(
    ("size", "fits"), [((40, 48), True), ((None, 48), True), ((None, None), True), ((48, 40), False), ((40, 47), False)]
)
def test_frames_fit_where_every_fixed_side_is_theirs(size: tuple[int | None, int | None], fits: bool) -> None:
    interface = Interface("NCHW", size, FLOATS, FLOATS)
    assert interface.takes((48, 40)) is fits


def test_json_and_back() -> None:
    interface = Interface("NHWC", (None, 48), Encoding("int8", 0.25, 3), Encoding("uint8", 1 / 255, 0))
    assert from_json(json.loads(json.dumps(interface.to_json()))) == interface
    assert (interface.size_text, interface.precision) == ("48xany", "int8")
