"""The chart of size, fidelity and latency: a circle per row, as SVG that takes its colors from the page."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10

from arllie_deploy.bench.report_axis import enclosing
from arllie_deploy.bench.report_text import byte_size, figure

WIDTH, HEIGHT = 960, 430
_LEFT, _RIGHT, _TOP, _BOTTOM = 90, 930, 20, 370
# Above and below the scale: outputs that are equal to the reference, and those that there is no reference for.
_EQUAL_Y, _SCALE_TOP, _SCALE_BOTTOM, _UNJUDGED_Y = 34, 62, 330, 356
_STEP_DB = 20
_CHARACTER, _LINE = 6.9, 15
_KEY_BYTES = (1_000, 100_000, 10_000_000)


@dataclass(frozen=True)
class Point:
    """One row.

    Attributes:
        label: beside the circle, where there is room.
        precision: decides the color.
        time_ms: median infer, from left to right.
        psnr_db: of the output against the reference, from bottom to top; None where both are equal, or not judged.
        judged: whether there is a reference.
        artifact_bytes: the circle's size; None where the engine has no file, drawn as a ring.
    """

    label: str
    precision: str
    time_ms: float
    psnr_db: float | None
    judged: bool
    artifact_bytes: int | None


@dataclass(frozen=True)
class _Box:
    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: "_Box") -> bool:
        across = self.left < other.right and other.left < self.right
        return across and self.top < other.bottom and other.top < self.bottom


@dataclass(frozen=True)
class _Circle:
    point: Point
    x: float
    y: float
    radius: float

    @property
    def box(self) -> _Box:
        return _Box(self.x - self.radius, self.y - self.radius, self.x + self.radius, self.y + self.radius)


def draw(points: Sequence[Point]) -> str:
    """An SVG element; at least one point."""
    times = [point.time_ms for point in points]
    axis = enclosing(min(times), max(times), _LEFT, _RIGHT)
    low, high = _fidelity_range([point.psnr_db for point in points if point.psnr_db is not None])
    circles = [
        _Circle(point, axis.position(point.time_ms), _height(point, low, high), radius(point.artifact_bytes))
        for point in points
    ]
    parts = [
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="group" aria-label="Fidelity over latency, a circle per row">',
        *axis.grid(_TOP, _BOTTOM),
        *_fidelity_grid(low, high, points),
        # Large ones first: none hides another.
        *(_drawn(circle) for circle in sorted(circles, key=lambda circle: -circle.radius)),
        *_labels(circles),
        _axis_titles(),
        "</svg>",
    ]
    return "\n".join(parts)


def key() -> str:
    """What the sizes of the circles mean, as HTML."""
    parts = [
        f'<svg class="dot" width="{2 * radius(size) + 2:.0f}" height="{2 * radius(size) + 2:.0f}" aria-hidden="true">'
        f'<circle cx="{radius(size) + 1:.0f}" cy="{radius(size) + 1:.0f}" r="{radius(size):.1f}"/></svg> '
        f"{byte_size(size)}"
        for size in _KEY_BYTES
    ]
    return f"artifact {' '.join(parts)}; a ring is an engine that opened the model itself"


def radius(artifact_bytes: int | None) -> float:
    """4 up to 1 kB and 3 more for each factor of ten, up to 19."""
    return 6.0 if artifact_bytes is None else min(19.0, 4.0 + 3.0 * max(0.0, log10(max(artifact_bytes, 1) / 1000)))


def _fidelity_range(known: Sequence[float]) -> tuple[int, int]:
    """Enclosing multiples of the step, in dB."""
    if not known:
        return 0, _STEP_DB
    low = floor((min(known) - 3) / _STEP_DB) * _STEP_DB
    return low, max(low + _STEP_DB, ceil((max(known) + 3) / _STEP_DB) * _STEP_DB)


def _height(point: Point, low: int, high: int) -> float:
    if not point.judged:
        return _UNJUDGED_Y
    return _EQUAL_Y if point.psnr_db is None else _height_of(point.psnr_db, low, high)


def _height_of(psnr_db: float, low: int, high: int) -> float:
    return _SCALE_BOTTOM - (psnr_db - low) / (high - low) * (_SCALE_BOTTOM - _SCALE_TOP)


def _fidelity_grid(low: int, high: int, points: Sequence[Point]) -> Iterator[str]:
    lines = [(_height_of(value, low, high), str(value)) for value in range(low, high + 1, _STEP_DB)]
    if any(point.judged and point.psnr_db is None for point in points):
        lines.append((_EQUAL_Y, "equal"))
    if not all(point.judged for point in points):
        lines.append((_UNJUDGED_Y, "not judged"))
    for y, text in lines:
        yield f'<line class="grid" x1="{_LEFT}" y1="{y:.1f}" x2="{_RIGHT}" y2="{y:.1f}"/>'
        yield f'<text class="muted" x="{_LEFT - 10}" y="{y + 4:.1f}" text-anchor="end">{text}</text>'


def _drawn(circle: _Circle) -> str:
    point = circle.point
    fidelity = "equal to the reference" if point.psnr_db is None else f"{point.psnr_db:.1f} dB"
    fidelity = fidelity if point.judged else "not judged"
    size = "no file" if point.artifact_bytes is None else byte_size(point.artifact_bytes)
    said = escape(f"{point.label}: infer {figure(point.time_ms)} ms, {fidelity}, {size}")
    ring = " ring" if point.artifact_bytes is None else ""
    return (
        f'<circle class="point {escape(point.precision)}{ring}" cx="{circle.x:.1f}" cy="{circle.y:.1f}" '
        f'r="{circle.radius:.1f}" tabindex="0" role="img" aria-label="{said}"><title>{said}</title></circle>'
    )


def _labels(circles: Sequence[_Circle]) -> Iterator[str]:
    """Each label around its circle; none where it would cover a circle or another label."""
    taken = [circle.box for circle in circles]
    for circle in circles:
        width, gap = len(circle.point.label) * _CHARACTER, circle.radius + 5
        places = (
            ("start", circle.x + gap, circle.y + 4, circle.x + gap),
            ("end", circle.x - gap, circle.y + 4, circle.x - gap - width),
            ("middle", circle.x, circle.y - gap - 1, circle.x - width / 2),
            ("middle", circle.x, circle.y + gap + 10, circle.x - width / 2),
            ("start", circle.x + gap / 2, circle.y - gap, circle.x + gap / 2),
            ("start", circle.x + gap / 2, circle.y + gap + 9, circle.x + gap / 2),
            ("end", circle.x - gap / 2, circle.y - gap, circle.x - gap / 2 - width),
            ("end", circle.x - gap / 2, circle.y + gap + 9, circle.x - gap / 2 - width),
        )
        for anchor, x, y, left in places:
            box = _Box(left, y - _LINE + 3, left + width, y + 3)
            inside = box.left >= _LEFT and box.right <= WIDTH and box.top >= 0 and box.bottom <= _BOTTOM
            if inside and not any(box.meets(other) for other in taken):
                taken.append(box)
                yield (
                    f'<text class="value" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" aria-hidden="true">'
                    f"{escape(circle.point.label)}</text>"
                )
                break


def _axis_titles() -> str:
    middle = (_TOP + _BOTTOM) / 2
    return (
        f'<text class="muted" x="{(_LEFT + _RIGHT) / 2}" y="{HEIGHT - 20}" text-anchor="middle">'
        "milliseconds per frame, median infer, logarithmic: left is faster</text>"
        f'<text class="muted" x="20" y="{middle}" text-anchor="middle" transform="rotate(-90 20 {middle})">'
        "dB to the reference: up is truer</text>"
    )
