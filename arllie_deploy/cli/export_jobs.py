"""What `arllie-export` makes: a job for each target and precision that is asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from arllie_deploy.cli.output import note
from arllie_deploy.errors import ArllieError

ALL = "all"

if TYPE_CHECKING:
    from arllie_deploy.export.calibration import Calibration
    from arllie_deploy.export.job import Job
    from arllie_deploy.export.networks.export import NetworkExport
    from arllie_deploy.export.targets import Target
    from arllie_deploy.networks.network import Network
    from arllie_deploy.stored_model import Model


@dataclass(frozen=True)
class Wish:
    """The command line.

    Attributes:
        targets: rows of the table.
        named: whether each was named, and not all taken: then what one cannot do is an error.
        model: name or path; None takes each target's default.
        size: WIDTHxHEIGHT.
        precision: of all targets, "all", or None for each target's default.
        calibration: folder of pictures for integer ranges.
        percentile: share of a range that is kept.
    """

    targets: "Sequence[Target]"
    named: bool
    model: str | None
    size: str
    precision: str | None
    calibration: Path | None
    percentile: float | None


def jobs_of(wish: Wish) -> "Sequence[Job | NetworkExport]":
    """A job for each target and precision.

    Raises:
        ArllieError: if nothing is left to do, or a named target cannot do what is asked.
    """
    from arllie_deploy.models import find_any
    from arllie_deploy.networks.network import Network

    found = None if wish.model is None else find_any(wish.model)
    return _network_jobs(wish, found) if isinstance(found, Network) else _one_layer_jobs(wish)


def _network_jobs(wish: Wish, network: "Network") -> "list[NetworkExport]":
    from arllie_deploy.cli.size import parse_size
    from arllie_deploy.export.networks.export import NetworkExport, has_format, precisions_of

    able = wish.targets if wish.named else [row for row in wish.targets if has_format(row)]
    size = parse_size(wish.size)
    pairs = [(row, each) for row in able for each in _precisions(row.name, precisions_of(row), wish)]
    if not pairs:
        raise ArllieError(f"no target of a network has the precision {wish.precision!r}; --list shows what each has")
    ranges = _calibration([each for _, each in pairs], wish)
    return [NetworkExport(row, network, each, size, ranges) for row, each in pairs]


def _one_layer_jobs(wish: Wish) -> "list[Job]":
    from arllie_deploy.cli.size import parse_size
    from arllie_deploy.export.job import Job, require_form

    size = parse_size(wish.size)
    pairs = [(row, each) for row in wish.targets for each in _precisions(row.name, row.precisions, wish)]
    if not pairs:
        raise ArllieError(f"no target has the precision {wish.precision!r}; --list shows what each has")
    ranges = _calibration([each for _, each in pairs], wish)
    jobs = [Job(row, _model(wish.model, row, each), each, size, ranges) for row, each in pairs]
    if wish.named:
        # With `all` a target that cannot carry the model's form is reported beside those that can.
        for job in jobs:
            require_form(job)
    return jobs


def _model(given: str | None, target: "Target", precision: str) -> "Model":
    from arllie_deploy.adaptive import AdaptiveEnhancer
    from arllie_deploy.models import WITH_CONSTANT_FILTERS, find_model

    model = find_model(given or target.default_model(precision))
    variant = WITH_CONSTANT_FILTERS.get(model.name) if isinstance(model, AdaptiveEnhancer) else None
    if variant is None or not target.constant_filters or not target.adaptive_precisions:
        return model
    note(f"{target.name} needs constant filters: {variant} in place of {model.name}")
    return find_model(variant)


def _precisions(target: str, able: tuple[str, ...], wish: Wish) -> tuple[str, ...]:
    given = wish.precision
    if given is None:
        return able[:1]
    if given == ALL:
        return able
    if given in able:
        return (given,)
    if not wish.named:
        return ()
    raise ArllieError(f"target {target} has no precision {given!r}; it has {', '.join(able)}")


def _calibration(precisions: list[str], wish: Wish) -> "Calibration":
    from arllie_deploy.export.calibration import Calibration, brightness_warning, load_frames
    from arllie_deploy.export.targets import INTEGER_PRECISIONS

    folder, percentile = wish.calibration, wish.percentile
    if folder is None and percentile is None:
        return Calibration()
    if not set(precisions) & set(INTEGER_PRECISIONS):
        option = "--percentile" if folder is None else "--calibration"
        raise ArllieError(f"{option} is for int8 and int16x8, and only floats are exported; leave it out")
    if folder is not None:
        warning = brightness_warning(load_frames(folder))
        if warning is not None:
            note(f"--calibration {folder}: {warning}")
    return Calibration(folder, percentile)
