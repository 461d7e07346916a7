"""The look at training pairs that the commands take before anything long."""

from typing import TYPE_CHECKING

from arllie_deploy.cli.output import progress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from arllie_deploy.pictures.pair_check import OddPair
    from arllie_deploy.training.data import Sample


def odd_pairs(samples: "Sequence[Sample]") -> "Sequence[OddPair]":
    """The few pairs that look wrong, with a progress bar; raises `ArllieError` where more than one in a hundred do."""
    from arllie_deploy.pictures.pair_check import refuse_many_odd
    from arllie_deploy.training.data import find_odd

    with progress() as bar:
        odd = find_odd(bar.track(samples, description="checking pairs"))
    refuse_many_odd(odd, len(samples))
    return odd
