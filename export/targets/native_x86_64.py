"""`native-x86-64`: our own kernel as a C library for Linux on x86-64."""

from arllie_deploy.export.native.machine import x86_64_problem
from arllie_deploy.export.targets.base import Target

ROW = Target(
    name="native-x86-64",
    format="c",
    accelerator="cpu",
    runtime="native-library",
    proof="the artifact's own library is loaded and executed",
    backend="cpu",
    precisions=("int8x16",),
    suffix=".so",
    dynamic=True,
    module="arllie_deploy.export.native.artifact",
    needs=(),
    extra="",
    adaptive_precisions=("int8x16",),
    constant_filters=False,
    adaptive_forms=("curve",),
    problem=x86_64_problem,
)
