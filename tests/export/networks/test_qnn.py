from pathlib import Path

import pytest

from arllie_deploy.errors import ArllieError
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
