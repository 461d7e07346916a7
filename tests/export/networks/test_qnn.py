from pathlib import Path

import pytest

from arllie_deploy.errors import ArllieError
from arllie_deploy.export.networks import qnn, qnn_prefixes
from arllie_deploy.export.networks.formats import FORMATS
from arllie_deploy.export.networks.qnn import refuse_leftovers
from arllie_deploy.runtimes.qnn import problem

MISSING = FORMATS["qnn-htp"].why_unavailable() or problem()
pytestmark = pytest.mark.skipif(MISSING is not None, reason=str(MISSING))


def test_an_operator_that_the_htp_has_not_is_named_with_its_node(tmp_path: Path) -> None:
    from onnx import TensorProto, helper

    nodes = [
        helper.make_node("Relu", ["input"], ["calm"], name="stem/relu"),
        helper.make_node("Det", ["calm"], ["output"], name="head/odd"),
    ]
    ports = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
        for name, shape in (("input", [1, 3, 8, 8]), ("output", [1, 3]))
    ]
    opsets = [helper.make_opsetid("", 18)]
    for name, kept in (("whole", nodes), ("known", nodes[:1])):
        result = ports[1] if name == "whole" else helper.make_tensor_value_info("calm", TensorProto.FLOAT, [1, 3, 8, 8])
        model = helper.make_model(
            helper.make_graph(kept, name, ports[:1], [result]), opset_imports=opsets, ir_version=8
        )
        (tmp_path / f"{name}.onnx").write_bytes(model.SerializeToString())
    with pytest.raises(ArllieError, match=r"QNN leaves to the processor: Det \(in head/odd\)$"):
        refuse_leftovers(tmp_path / "whole.onnx")
    assert refuse_leftovers(tmp_path / "known.onnx") is None


def test_a_graph_that_cannot_be_built_names_the_node_where_that_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Qualcomm's emulator is stood in for: what it cannot build differs from version to version."""
    from onnx import TensorProto, helper, load

    nodes = [
        helper.make_node("Relu", ["input"], ["a"], name="stem/relu"),
        helper.make_node("Sigmoid", ["a"], ["b"], name="stem/sigmoid"),
        helper.make_node("Tanh", ["b"], ["c"], name="head/tanh"),
        helper.make_node("Neg", ["c"], ["output"], name="head/neg"),
    ]
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 3, 8, 8]) for name in ("input", "output")]
    graph = helper.make_graph(nodes, "whole", ends[:1], ends[1:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    path = tmp_path / "whole.onnx"
    path.write_bytes(model.SerializeToString())
    built: list[int] = []

    def build(part: Path) -> list[tuple[str, str]]:
        kinds = [node.op_type for node in load(part).graph.node]
        built.append(len(kinds))
        if "Tanh" in kinds:
            raise RuntimeError("Failed to finalize QNN graph. Error: 1002")
        return []

    for module in (qnn, qnn_prefixes):
        monkeypatch.setattr(module, "left_to_processor", build)
    with pytest.raises(ArllieError, match=r"cannot build the graph from Tanh \(head/tanh\) on: Failed to .* 1002$"):
        refuse_leftovers(path)
    assert built == [4, 2, 3]


def test_of_two_branches_the_one_that_cannot_be_built_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The node that comes after it in the file does not look at it, and builds."""
    from onnx import load, parser

    def rounded(name: str) -> str:
        return f"{name}q = QuantizeLinear({name}, s, z) {name}d = DequantizeLinear({name}q, s, z) "

    body = "".join(
        (
            *("s = Constant <value = float {0.1}> ()", "z = Constant <value = uint8 {0}> ()"),
            *("a = Relu(input)", rounded("a"), "b = Tanh(ad)", rounded("b"), "c = Sigmoid(ad)", rounded("c")),
            *("d = Neg(bd)", rounded("d"), "output = Add(cd, dd)"),
        )
    )
    ends = "(float[1, 3, 8, 8] input) => (float[1, 3, 8, 8] output)"
    model = parser.parse_model(f'<ir_version: 8, opset_import: ["" : 18]> g {ends} {{ {body} }}')
    path = tmp_path / "whole.onnx"
    path.write_bytes(model.SerializeToString())
    nodes = [node for node in model.graph.node if node.op_type in ("Relu", "Tanh", "Sigmoid", "Neg", "Add")]
    assert [qnn_prefixes.open_ends(model, nodes[:count]) for count in (1, 2, 3, 4, 5)] == [
        ["aq"], ["bq"], ["bq", "cq"], ["cq", "dq"], ["output"],
    ]  # fmt: skip

    def build(part: Path) -> list[tuple[str, str]]:
        if "Tanh" in [node.op_type for node in load(part).graph.node]:
            raise RuntimeError("no")
        return []

    monkeypatch.setattr(qnn_prefixes, "left_to_processor", build)
    assert qnn_prefixes.first_unbuilt(path).startswith("Tanh ")


@pytest.mark.parametrize("broken", range(6))
def test_the_first_that_fails_is_found_wherever_it_is(broken: int) -> None:
    assert qnn_prefixes.first_failing(6, lambda index: index < broken) == broken
