"""`native-hexagon`: our own kernel for the HVX vector unit of Qualcomm's Hexagon v66, v68 and v73."""

from arllie_deploy.export.targets.base import Target
from arllie_deploy.runtimes.native_hexagon import SUFFIX

ROW = Target(
    name="native-hexagon",
    format="c",
    accelerator="hexagon",
    runtime="native-hexagon",
    proof="a program is linked from each object and executed by qemu-hexagon, never by a device",
    backend="dsp",
    precisions=("int8x16",),
    suffix=SUFFIX,
    dynamic=True,
    module="arllie_deploy.export.native.hexagon",
    needs=(),
    extra="",
    emulated=True,
)
