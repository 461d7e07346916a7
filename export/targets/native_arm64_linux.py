"""`native-arm64-linux`: our own kernel as a static C library for Linux on 64-bit Arm, and a runner."""

from arllie_deploy.export.native.machine import ARM64_LINUX
from arllie_deploy.export.targets.base import Target

ROW = Target(
    name="native-arm64-linux",
    format="c",
    accelerator="arm64",
    runtime="native-arm64",
    proof="the runner that is linked from the library is executed by qemu-aarch64, never by a device",
    backend="cpu",
    precisions=("int8x16",),
    suffix=".a",
    dynamic=True,
    module="arllie_deploy.export.native.artifact",
    needs=(),
    extra="",
    adaptive_precisions=("int8x16",),
    constant_filters=False,
    adaptive_forms=("curve",),
    emulated=True,
    problem=ARM64_LINUX.problem,
)
