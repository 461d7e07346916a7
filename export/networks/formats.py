"""The table of formats that a general network can be written in. Listing them imports no converter."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec

from arllie_deploy.errors import UnavailableError
from arllie_deploy.export.networks.request import NetworkRequest
from arllie_deploy.export.request import Written


@dataclass(frozen=True)
class NetworkFormat:
    """One row.

    Attributes:
        name: the id of the format.
        suffix: of the main file.
        precisions: the first is the default.
        dynamic: whether one file can serve every size.
        module: the writer, `module.write`.
        needs: modules that must be installed to write and prove it.
        extras: the extras that install them.
    """

    name: str
    suffix: str
    precisions: tuple[str, ...]
    dynamic: bool
    module: str
    needs: tuple[str, ...]
    extras: str

    def why_unavailable(self) -> str | None:
        """What is missing on this machine, with the command that mends it; None if nothing is."""
        missing = [name for name in self.needs if find_spec(name) is None]
        return f'needs {", ".join(missing)}: pip install "arllie-deploy[{self.extras}]"' if missing else None

    def require(self) -> None:
        """Raise `UnavailableError` if something is missing."""
        reason = self.why_unavailable()
        if reason is not None:
            raise UnavailableError(f"{self.name} of a network {reason}")

    def writer(self) -> Callable[[NetworkRequest], Written]:
        """The function that writes the artifact."""
        write: Callable[[NetworkRequest], Written] = import_module(self.module).write
        return write


_ONNX = NetworkFormat(
    name="onnx",
    suffix=".onnx",
    precisions=("fp32", "fp16", "int8"),
    dynamic=True,
    module="arllie_deploy.export.networks.onnx",
    needs=("torch", "onnx", "onnxscript", "onnxsim", "onnxruntime"),
    extras="export",
)
_TFLITE = NetworkFormat(
    name="tflite",
    suffix=".tflite",
    precisions=("fp32", "fp16", "int8"),
    dynamic=False,
    module="arllie_deploy.export.networks.tflite",
    needs=("torch", "litert_torch", "ai_edge_quantizer", "ai_edge_litert"),
    extras="tflite",
)
_NCNN = NetworkFormat(
    name="ncnn",
    suffix=".param",
    precisions=("fp32", "fp16"),
    dynamic=True,
    module="arllie_deploy.export.networks.ncnn",
    needs=("torch", "pnnx", "ncnn"),
    extras="export,ncnn",
)
_OPENVINO = NetworkFormat(
    name="openvino",
    suffix=".xml",
    precisions=("fp32", "fp16", "int8"),
    dynamic=True,
    module="arllie_deploy.export.networks.openvino",
    needs=(*_ONNX.needs, "openvino"),
    extras="export,openvino",
)
# By the name of their target: the format alone, without what its compiler makes of it, would not do.
_ETHOS_U = NetworkFormat(
    name="ethos-u",
    suffix=".tflite",
    precisions=("int8",),
    dynamic=False,
    module="arllie_deploy.export.networks.ethos_u",
    needs=(*_TFLITE.needs, "ethosu"),
    extras="tflite,ethos-u",
)
_QNN_HTP = NetworkFormat(
    name="qnn-htp",
    suffix=".onnx",
    precisions=("int8",),
    dynamic=False,
    module="arllie_deploy.export.networks.qnn",
    needs=(*_ONNX.needs, "onnxruntime_qnn"),
    extras="export,qnn",
)
FORMATS = {row.name: row for row in (_ONNX, _TFLITE, _NCNN, _OPENVINO, _ETHOS_U, _QNN_HTP)}
