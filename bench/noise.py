"""How much a ratio to the copy floor may change from one run to another without meaning anything. Pure.

What a row is judged by, both ratios in turn, hot with hot and cold with cold:

    change = x_new / x_old − 1

A ratio x is a median over a median, so four medians decide `change`: those of the row and of the copy, in both runs.
The standard error of a median is 1.25/1.35 · IQR / √n for times that are roughly normal about their middle (McGill,
Tukey and Larsen, "Variations of Box Plots", The American Statistician 32(1), 1978, who draw their notches by it).
Relative errors of independent factors add in squares, and the bound lies three of their standard deviations out
(Shewhart's limit):

    noise = exp(3 · √Σ (1.25/1.35 · IQR / (p50 · √n))²) − 1

n is at most the number of rounds, because the calls of one turn are not independent. The bound knows what varied within
the two runs, not what differs from run to run (memory layout, clock); the threshold has to leave room for that.

On a busy machine a long call is interrupted and a short copy is not, so that all ratios grow together. Where either run
began on one and there are at least four rows of this machine, the median change of its rows is taken for the load's: a
row is judged by what it changed beyond that. A change of all rows alike is then not seen; on an idle machine it is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median

from arllie_deploy.bench.statistics import Timing

LEAST_ROUNDS = 5
_ERROR_OF_MEDIAN = 1.25 / 1.35
_LIMIT_DEVIATIONS = 3.0
_LEAST_ROWS_FOR_DRIFT = 4


def relative_error(timing: Timing, rounds: int) -> float | None:
    """Standard error of a median as a share of it; None with too few rounds to tell, or where the median is 0."""
    independent = min(timing.n, rounds)
    if independent < LEAST_ROUNDS or timing.p50 <= 0:
        return None
    return _ERROR_OF_MEDIAN * timing.iqr / (timing.p50 * math.sqrt(independent))


def noise_bound(errors: Sequence[float]) -> float:
    """How far a quotient of medians with these relative standard errors may be from 1 without meaning anything."""
    # Beyond this exponent the bound is a thousandfold change; exp() of any more could overflow.
    return math.expm1(min(_LIMIT_DEVIATIONS * math.hypot(*errors), math.log(1000)))


def drift_of(changes: Sequence[float]) -> float:
    """The change that rows have in common, their median; 0 with too few of them to tell."""
    return median(changes) if len(changes) >= _LEAST_ROWS_FOR_DRIFT else 0.0
