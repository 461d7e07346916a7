"""The page: tables of the counts, and sentences that follow from them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import fmean

from arllie_deploy.quality.automatic import TARGET_MEAN
from arllie_deploy.results.downstream.contestants import BASELINE, CONTESTANTS
from arllie_deploy.results.downstream.faces import FACES
from arllie_deploy.results.downstream.interval import wilson
from arllie_deploy.results.downstream.study import Count, Plan
from arllie_deploy.results.downstream.subjects import SUBJECTS
from arllie_deploy.results.page import table

TITLE = "What it is good for: codes and faces in the dark"
# A detector that misses more than this share in good light says nothing about the dark.
LEAST_WELL_LIT = 0.8


def parts(plan: Plan, counts: Sequence[Count], noiseless: Sequence[Count], plot_name: str) -> list[str]:
    """The page's paragraphs and tables.

    Args:
        plan: what was run.
        counts: what came out.
        noiseless: what came out at the lowest exposure alone, without sensor noise.
        plot_name: file name of the plot.
    """
    usable = [name for name in plan.subjects if _is_usable(counts, name)]
    return [
        _method(plan),
        "## What comes out",
        "\n".join(f"- {_verdict(counts, name)}" for name in plan.subjects),
        f"![Share found against exposure, one panel per detector]({plot_name})",
        _summary(plan, counts, usable),
        "Mean over the dark exposures in percent; in brackets the targets that enhancement won and lost there against "
        "the frame as it was recorded. The same scenes are behind every exposure, so this mean has no simple interval.",
        "## Every exposure",
        "In percent, with the Wilson 95 % interval; the raw counts are in `downstream.json`.",
        *(part for name in usable for part in _details(plan, counts, name)),
        "## Is it the darkness or the noise?",
        f"The same scenes at {_stops(min(plan.exposures))} EV without sensor noise; the rounding to eight bits stays.",
        _noise_table(plan, counts, noiseless, usable),
        "## Findings that are none",
        "Wrong texts, numbers of tags that are not there, and faces where there is none, over all exposures.",
        _false_table(plan, counts, usable),
        "## How far it reaches",
        _LIMITS,
    ]


def _method(plan: Plan) -> str:
    scenes = ", ".join(f"{count} of {SUBJECTS[name].title}" for name, count in plan.subjects.items())
    seen = "; ".join(f"{SUBJECTS[name].title} by `{SUBJECTS[name].detector}`" for name in plan.subjects)
    noise = f"{plan.sensor.shot:.3g}·x + {plan.sensor.read**2:.3g}"
    text = f"""Scenes with known content are rendered in good light ({scenes}; four faces to a scene), darkened,
enhanced, and given to a detector: {seen}. Prints lie rotated, tilted, at several sizes, unevenly lit and slightly out
of focus on pictures from scikit-image's wheel and on made textures; the faces are the {FACES} crops of Labeled Faces in
the Wild in that wheel. Each scene is taken at {_stops(max(plan.exposures))} to {_stops(min(plan.exposures))} EV in
linear light under a random illuminant, with Poisson-Gaussian noise of variance {noise} (a telephone's sensor at four
times its base ISO; x = 1 is saturation), and rounded to 8-bit sRGB. All enhancers see the very same frames. Automatic
gain and gamma bring the mean of the frame to {TARGET_MEAN}."""
    return " ".join(text.split())


_LIMITS = """- These detectors compare a pixel with its neighborhood (adaptive thresholds, local binary patterns), so
  darkness alone costs them little. One that was trained on well-lit pictures may gain more.
- A gain, a gamma and a 3×3 convolution cannot remove noise, and what they clip is gone: a fixed model that was trained
  for the dark overexposes a frame that is not.
- Faces are gray crops of 25 × 25 pixels, tinted and enlarged, on backgrounds without people: frontal and soft. Codes
  are flat prints.
- One sensor at one gain. Real cameras denoise and sharpen before anybody sees the frame."""


def _verdict(counts: Sequence[Count], subject: str) -> str:
    """What came out for one subject; every word of it follows from the counts."""
    row = SUBJECTS[subject]
    lit = _pick(counts, subject, BASELINE, [max(count.ev for count in counts)])[0]
    good_light = f"In good light {lit.found} of {lit.total} are {row.verb}"
    if not _is_usable(counts, subject):
        return (
            f"**{row.title}: unavailable.** {good_light}, less than {LEAST_WELL_LIT:.0%}; the dark would say nothing."
        )
    means = {name: _dark_mean(counts, subject, name) for name in dict.fromkeys(count.contestant for count in counts)}
    plain = means.pop(BASELINE)
    best = max(means, key=lambda name: means[name])
    heading = (
        f"{CONTESTANTS[best].title} finds most"
        if means[best] > plain
        else "no enhancer finds more than the frame as recorded"
    )
    return (
        f"**{row.title}: {heading}.** {good_light}; over the dark exposures {100 * plain:.1f} % without enhancement "
        f"and {100 * means[best]:.1f} % with {CONTESTANTS[best].title}, the best of them. "
        f"{_at_the_darkest(counts, subject)}"
    )


def _at_the_darkest(counts: Sequence[Count], subject: str) -> str:
    lowest = min(count.ev for count in counts)
    darkest = [count for count in counts if count.subject == subject and count.ev == lowest]
    plain = next(count for count in darkest if count.contestant == BASELINE)
    top = max(darkest, key=lambda count: count.found)
    if top.found == plain.found:
        return f"At {_stops(lowest)} EV none of them finds more than the {plain.found} of {plain.total} without it."
    found = f"{top.found} of {top.total} against {plain.found}"
    return f"At {_stops(lowest)} EV {CONTESTANTS[top.contestant].title} finds {found}."


def _summary(plan: Plan, counts: Sequence[Count], subjects: Sequence[str]) -> str:
    rows = []
    for name in plan.contestants:
        cells = []
        for subject in subjects:
            dark = _pick(counts, subject, name, _dark(counts))
            changed = f" (+{sum(c.won for c in dark)} −{sum(c.lost for c in dark)})" if name != BASELINE else ""
            cells.append(f"{100 * fmean(c.rate for c in dark):.1f}{changed}")
        rows.append([CONTESTANTS[name].title, *cells])
    return table(["enhancer", *(SUBJECTS[subject].title for subject in subjects)], rows)


def _details(plan: Plan, counts: Sequence[Count], subject: str) -> list[str]:
    total = next(count.total for count in counts if count.subject == subject)
    rows = [
        [_stops(ev), *(_rate(_pick(counts, subject, name, [ev])[0]) for name in plan.contestants)]
        for ev in plan.exposures
    ]
    header = ["EV", *(CONTESTANTS[name].title for name in plan.contestants)]
    return [f"### {SUBJECTS[subject].title} ({total})", table(header, rows)]


def _noise_table(plan: Plan, counts: Sequence[Count], noiseless: Sequence[Count], subjects: Sequence[str]) -> str:
    darkest = [min(plan.exposures)]
    rows = []
    for name in plan.contestants:
        cells = []
        for subject in subjects:
            noisy, clean = (_pick(each, subject, name, darkest)[0] for each in (counts, noiseless))
            cells.append(f"{100 * noisy.rate:.0f} → {100 * clean.rate:.0f}")
        rows.append([CONTESTANTS[name].title, *cells])
    return table(["enhancer", *(f"{SUBJECTS[subject].title} (%), noisy → without" for subject in subjects)], rows)


def _false_table(plan: Plan, counts: Sequence[Count], subjects: Sequence[str]) -> str:
    rows = []
    for name in plan.contestants:
        falses = [sum(count.false for count in _pick(counts, subject, name, plan.exposures)) for subject in subjects]
        rows.append([CONTESTANTS[name].title, *map(str, falses)])
    return table(["enhancer", *(SUBJECTS[subject].title for subject in subjects)], rows)


def _is_usable(counts: Sequence[Count], subject: str) -> bool:
    lit = _pick(counts, subject, BASELINE, [max(count.ev for count in counts)])[0]
    return lit.rate >= LEAST_WELL_LIT


def _dark(counts: Iterable[Count]) -> list[int]:
    """The exposures below the well-lit one."""
    return sorted({count.ev for count in counts if count.ev < 0})


def _dark_mean(counts: Sequence[Count], subject: str, contestant: str) -> float:
    return fmean(count.rate for count in _pick(counts, subject, contestant, _dark(counts)))


def _pick(counts: Iterable[Count], subject: str, contestant: str, exposures: Sequence[int]) -> list[Count]:
    return [c for c in counts if (c.subject, c.contestant) == (subject, contestant) and c.ev in exposures]


def _rate(count: Count) -> str:
    low, high = wilson(count.found, count.total)
    return f"{100 * count.rate:.0f} ({100 * low:.0f}–{100 * high:.0f})"


def _stops(ev: int) -> str:
    return f"{ev}".replace("-", "−")
