"""`ncnn-cpu`: ncnn on a processor."""

from arllie_deploy.epilogues import EPILOGUES
from arllie_deploy.export.targets.base import Target

ROW = Target(
    name="ncnn-cpu",
    format="ncnn",
    accelerator="cpu",
    runtime="ncnn",
    proof="executed by ncnn",
    backend="cpu",
    precisions=("fp32", "fp16", "int8"),
    suffix=".param",
    dynamic=True,
    module="arllie_deploy.export.ncnn",
    needs=(),
    extra="ncnn",
    # Only the convolution is in integers; every epilogue stays in floats.
    integer_forms=tuple(EPILOGUES),
)
