"""`native-cuda`: our own kernel for NVIDIA GPUs from sm_80 on, for programs that call the driver."""

from arllie_deploy.export.targets.base import Target
from arllie_deploy.native.cuda_build import nvrtc_absence

ROW = Target(
    name="native-cuda",
    format="ptx",
    accelerator="nvidia",
    runtime="native-ptx",
    proof="the PTX, and the cubin of the GPU that is here, are executed by it; without a GPU nothing is exported",
    backend="cuda",
    precisions=("int8x16",),
    suffix=".ptx",
    dynamic=True,
    module="arllie_deploy.export.native.cuda",
    needs=(),
    extra="cuda",
    problem=nvrtc_absence,
)
