from pathlib import Path

import numpy as np
import pytest
from support.enhancers import random_enhancer

from arllie_deploy import ArllieError
from arllie_deploy.epilogues import EPILOGUES
from arllie_deploy.export.drawing.graph_picture import GraphPicture, flowing
from arllie_deploy.export.drawing.readers import READERS, has_graph, read_graph
from arllie_deploy.export.drawing.svg import draw
from arllie_deploy.export.request import Request, Written
from arllie_deploy.export.targets.base import Target
from arllie_deploy.export.targets.ncnn_cpu import ROW as NCNN
from arllie_deploy.export.targets.onnx_cpu import ROW as ONNX
from arllie_deploy.export.targets.openvino import ROW as OPENVINO
from arllie_deploy.export.targets.tflite_cpu import ROW as TFLITE

FRAME = np.random.default_rng(0).integers(0, 256, (24, 32, 3), np.uint8)
ROWS = (ONNX, TFLITE, NCNN, OPENVINO)
CASES = [(row, precision) for row in ROWS for precision in row.precisions]
rows = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)


def write(row: Target, folder: Path, form: str = "direct", precision: str = "fp32") -> tuple[Path, Written]:
    found = row.availability()
    if not found.ok:
        pytest.skip(str(found.reason))
    path = folder / f"m{row.suffix}"
    return path, row.writer()(Request(random_enhancer(form), row.name, precision, (32, 24), path, (FRAME,)))


def rows_of(picture: GraphPicture) -> dict[str, str]:
    return {name: text for node in picture.nodes for name, text in node.details}


@pytest.mark.parametrize(("row", "precision"), CASES, ids=lambda value: getattr(value, "name", value))
def test_the_picture_has_the_operators_of_the_file(row: Target, precision: str, tmp_path: Path) -> None:
    for form in EPILOGUES if precision in ("fp32", "fp16") else ("plain", "direct"):
        path, written = write(row, tmp_path, form, precision)
        picture = read_graph(path)
        # OpenVINO writes ReLU and calls it Relu.
        kinds, names = [node.kind.lower() for node in picture.nodes], [name.lower() for name in written.operators]
        assert sorted(kinds) == sorted(names)
        assert (len(picture.inputs), len(picture.outputs)) == (1, 1)
        assert draw(picture, "t").count('<g class="operator"') == len(written.operators)


@rows
def test_the_convolution_lists_its_weights(row: Target, tmp_path: Path) -> None:
    picture = read_graph(write(row, tmp_path, "plain")[0])
    [convolution] = [node for node in picture.nodes if "conv" in node.kind.lower()]
    read = [
        picture.values[place] for place in convolution.inputs if place is not None and place not in flowing(picture)
    ]
    if row is NCNN:
        assert {
            "weights": "81",
            "kernel width": "3",
            "activation": "clip",
            "activation values": "0, 1",
        }.items() <= dict(convolution.details).items()
    else:
        assert read[0].shape == (3, 3, 3, 3)
        assert read[0].dtype == "float32"


def test_tflite_integers_have_their_scales(tmp_path: Path) -> None:
    picture = read_graph(write(TFLITE, tmp_path, "direct", "int8")[0])
    frame = picture.values[picture.inputs[0]]
    assert (frame.dtype, frame.shape, frame.zero_point) == ("int8", (1, 24, 32, 3), (-128,))
    assert frame.scale == pytest.approx((1 / 255,))
    assert rows_of(picture)["padding"] == "SAME"


def test_a_tflite_constant_of_one_number_says_it(tmp_path: Path) -> None:
    pytest.importorskip("ai_edge_litert", reason="LiteRT is not installed")
    from support.tflite_files import FileOperator, FileTensor, tflite_file

    frame, result = FileTensor("FLOAT32"), FileTensor("FLOAT32")
    inputs = [frame, FileTensor("FLOAT32", (), values=0.25)]
    options = {"fused_activation_function": 1}
    (tmp_path / "m.tflite").write_bytes(tflite_file(FileOperator("ADD", inputs, [result], options=options)))
    picture = read_graph(tmp_path / "m.tflite")
    assert [value.contents for value in picture.values] == [None, "0.25", None]
    assert rows_of(picture)["fused activation function"] == "RELU"


def test_openvino_constants_are_read_from_the_file_beside(tmp_path: Path) -> None:
    path, _ = write(OPENVINO, tmp_path, "residual")
    assert "1" in {value.contents for value in read_graph(path).values}
    path.with_suffix(".bin").unlink()
    assert {value.contents for value in read_graph(path).values} == {None}


def test_ncnn_shapes_are_read_where_pnnx_left_them(tmp_path: Path) -> None:
    (tmp_path / "m.param").write_text(
        "7767517\n2 2\nInput in0 0 1 in0 -23330=4,3,64,48,3\nBinaryOp out0 1 1 in0 out0 0=2 1=1 2=5.0e-01\n"
    )
    picture = read_graph(tmp_path / "m.param")
    assert [value.shape for value in picture.values] == [(3, 48, 64), None]
    assert picture.nodes[0].details == (("operation", "multiply"), ("with a number", "1"), ("number", "0.5"))


def test_a_compiled_context_is_one_box_without_its_bytes(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx", reason="onnx is not installed")
    helper, kind = onnx.helper, onnx.TensorProto
    ends = [helper.make_tensor_value_info(name, kind.FLOAT, [1, 3, 8, "w"]) for name in ("x", "y")]
    node = helper.make_node(
        "EPContext", ["x"], ["y"], domain="com.microsoft", embed_mode=1, ep_cache_context=b"\0\xff" * 9
    )
    model = helper.make_model(helper.make_graph([node], "g", ends[:1], ends[1:]))
    (tmp_path / "m.onnx").write_bytes(model.SerializeToString())
    picture = read_graph(tmp_path / "m.onnx")
    assert [node.kind for node in picture.nodes] == ["EPContext"]
    assert set(picture.nodes[0].details) == {
        ("domain", "com.microsoft"),
        ("embed_mode", "1"),
        ("ep_cache_context", "18 bytes"),
    }
    assert picture.values[1].shape == (1, 3, 8, "w")


def test_onnx_constants_and_nested_graphs_are_no_boxes_of_their_own(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx", reason="onnx is not installed")
    helper, kind = onnx.helper, onnx.TensorProto
    one = helper.make_node("Constant", [], ["one"], value=helper.make_tensor("", kind.FLOAT, [], [0.25]))
    inner = helper.make_graph(
        [helper.make_node("Neg", ["x"], ["n"])], "b", [], [helper.make_tensor_value_info("n", kind.FLOAT, [1])]
    )
    nodes = [
        one,
        helper.make_node("Add", ["x", "one"], ["s"]),
        helper.make_node("If", ["c"], ["y"], then_branch=inner, else_branch=inner),
    ]
    ends = [helper.make_tensor_value_info("x", kind.FLOAT, [1]), helper.make_tensor_value_info("c", kind.BOOL, [])]
    graph = helper.make_graph(nodes, "g", ends, [helper.make_tensor_value_info("y", kind.FLOAT, [1])])
    (tmp_path / "m.onnx").write_bytes(helper.make_model(graph).SerializeToString())
    picture = read_graph(tmp_path / "m.onnx")
    assert [node.kind for node in picture.nodes] == ["Add", "If"]
    assert [value.contents for value in picture.values if value.name == "one"] == ["0.25"]
    assert rows_of(picture)["then_branch"] == "a graph of 1 operators"


def test_velas_operator_has_its_name_and_lists_its_memory(tmp_path: Path) -> None:
    schema = pytest.importorskip("ai_edge_litert.schema_py_generated", reason="LiteRT is not installed")
    from support.tflite_files import FileOperator, FileTensor, flatbuffer_utils, tflite_file

    commands, frame, result = FileTensor("UINT8", (16,), values=1), FileTensor("INT8"), FileTensor("INT8")
    scratch = FileTensor("UINT8", (4096,))
    model = schema.ModelT.InitFromPackedBuf(
        tflite_file(FileOperator("CUSTOM", [commands, scratch, frame], [result])), 0
    )
    model.operatorCodes[0].customCode = b"ethos-u"
    graph = model.subgraphs[0]
    graph.inputs = graph.operators[0].inputs[2:]
    (tmp_path / "m.tflite").write_bytes(flatbuffer_utils.convert_object_to_bytearray(model))
    picture = read_graph(tmp_path / "m.tflite")
    assert [node.kind for node in picture.nodes] == ["ethos-u"]
    text = draw(picture, "t")
    assert "uint8 4096" in text
    assert 'class="compiled"' in text


@rows
def test_a_damaged_file_is_one_line(row: Target, tmp_path: Path) -> None:
    path, _ = write(row, tmp_path)
    data = path.read_bytes()
    for damaged in (data[: len(data) // 2], b"", b"\xff" * 64, data[:9]):
        path.write_bytes(damaged)
        with pytest.raises(ArllieError, match=r"m\.\w+ is (not|a damaged)"):
            read_graph(path)


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    for suffix in READERS:
        with pytest.raises(ArllieError, match="cannot be read: No such file"):
            read_graph(tmp_path / f"gone{suffix}")


def test_a_rejected_file_is_drawn_too(tmp_path: Path) -> None:
    path, _ = write(NCNN, tmp_path)
    kept = path.rename(tmp_path / "m.param.rejected")
    assert has_graph(kept.name)
    assert read_graph(kept).nodes
    assert not has_graph("m.bin.rejected")
