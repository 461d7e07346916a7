"""What one row of the table of targets holds."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec

from arllie_deploy.epilogues import EPILOGUES
from arllie_deploy.export.request import Request, Written
from arllie_deploy.runtimes import RUNTIMES, Availability

INTEGER_PRECISIONS = ("int8", "int16x8")


@dataclass(frozen=True)
class Target:
    """One row.

    Attributes:
        name: as in `--target`.
        format: the id of the file format.
        accelerator: what executes it.
        runtime: the runtime that proves it here.
        proof: for people: what the proof here consists of.
        backend: the word of `arllie-bench` under which it is timed.
        precisions: the first is the default.
        suffix: of the main file.
        dynamic: whether one file serves every size.
        module: the writer, `module.write`.
        needs: modules that must be installed to write it.
        extra: the extra that installs them.
        emulated: whether the runtime emulates another machine, so slowly that one picture at full size must do.
        integer_forms: epilogues that it can carry in integers.
        adaptive_precisions: those in which it carries models that look at each frame first.
        adaptive_forms: epilogues of such a model that it can carry.
        constant_filters: whether such a model must mix filters that are the same for every frame.
        float_model: the member used where no model is named, for fp32 and fp16.
        integer_model: the same for int8 and int16x8.
        delegate: whose list of operators its artifacts are held to, one of `delegates.DELEGATES`; None: nobody's.
        problem: whatever else it needs, looked for without an import: why it is missing, None if it is there.
    """

    name: str
    format: str
    accelerator: str
    runtime: str
    proof: str
    backend: str
    precisions: tuple[str, ...]
    suffix: str
    dynamic: bool
    module: str
    needs: tuple[str, ...]
    extra: str
    emulated: bool = False
    integer_forms: tuple[str, ...] = ("plain", "direct")
    adaptive_precisions: tuple[str, ...] = ()
    adaptive_forms: tuple[str, ...] = tuple(EPILOGUES)
    constant_filters: bool = True
    float_model: str = "arllie-lol"
    integer_model: str = "arllie-plain-lol"
    delegate: str | None = None
    problem: Callable[[], str | None] = lambda: None

    def availability(self) -> Availability:
        """Whether it can be written and proven on this machine."""
        missing = [name for name in self.needs if find_spec(name) is None]
        if missing:
            needed = ", ".join(missing)
            return Availability(False, reason=f'needs {needed}: pip install "arllie-deploy[{self.extra}]"')
        problem = self.problem()
        if problem is not None:
            return Availability(False, reason=problem)
        return RUNTIMES[self.runtime].availability()

    def writer(self) -> Callable[[Request], Written]:
        """The function that writes the artifact; imports the converter's module, not yet the converter."""
        write: Callable[[Request], Written] = import_module(self.module).write
        return write

    def default_model(self, precision: str) -> str:
        """The member used where no model is named."""
        return self.integer_model if precision in INTEGER_PRECISIONS else self.float_model

    def forms(self, precision: str) -> tuple[str, ...]:
        """The epilogues that it can carry in this precision."""
        return self.integer_forms if precision in INTEGER_PRECISIONS else tuple(EPILOGUES)

    def file_name(self, model: str, precision: str, size: tuple[int, int]) -> str:
        """The artifact's name; the size is in it where it is fixed."""
        suffix = "" if self.dynamic else f"-{size[0]}x{size[1]}"
        return f"{model}-{self.name}-{precision}{suffix}{self.suffix}"
