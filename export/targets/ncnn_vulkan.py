"""`ncnn-vulkan`: ncnn on a GPU through Vulkan, proven on whatever driver is here, a software one if need be."""

from arllie_deploy.export.targets.base import Target
from arllie_deploy.runtimes.ncnn import vulkan_problem

ROW = Target(
    name="ncnn-vulkan",
    format="ncnn",
    accelerator="vulkan",
    runtime="ncnn",
    proof="executed by ncnn on this machine's Vulkan driver",
    backend="gpu",
    precisions=("fp32", "fp16"),
    suffix=".param",
    dynamic=True,
    module="arllie_deploy.export.ncnn",
    needs=(),
    extra="ncnn",
    problem=vulkan_problem,
)
