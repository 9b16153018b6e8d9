"""Small curves as vector graphics of the page's own: its colours, no axes, their ends in words."""

import math
from collections.abc import Iterable, Mapping, Sequence
from html import escape

from ganmatrix.reporting.fragments import Fragment, attributes
from ganmatrix.reporting.numbers import plain

WIDTH, HEIGHT, MARGIN = 240, 80, 3

Point = tuple[float, float]


def sparkline(
    title: str, x_label: str, lines: Mapping[str, Sequence[Point]], *, log: bool = False
) -> Fragment:
    """Lines by name over one axis. A value that is not finite, or not positive if `log`, leaves a gap."""
    drawn = {name: _scaled(points, log) for name, points in lines.items()}
    known = [point for points in drawn.values() for point in points if point is not None]
    if not known:
        return Fragment(f"<p>{escape(title)}: no values.</p>")
    (left, right), (bottom, top) = _range(x for x, _ in known), _range(y for _, y in known)

    def place(point: Point) -> str:
        across = MARGIN + (WIDTH - 2 * MARGIN) * (point[0] - left) / (right - left)
        down = HEIGHT - MARGIN - (HEIGHT - 2 * MARGIN) * (point[1] - bottom) / (top - bottom)
        return f"{across:.1f},{down:.1f}"

    shapes = "".join(
        f'<polyline class="line-{index}" points="{" ".join(map(place, segment))}"/>'
        for index, points in enumerate(drawn.values())
        for segment in _segments(points)
    )
    ends = ", ".join(f"{name} ends at {_end(points)}" for name, points in lines.items())
    low, high = (plain(10**y if log else y) for y in (bottom, top))
    legend = ", ".join(f"{name} {'dashed' if index else 'solid'}" for index, name in enumerate(lines))
    scale = f"{low} to {high}{', log scale' if log else ''}, over {right:g} {x_label}"
    view = attributes({"viewBox": f"0 0 {WIDTH} {HEIGHT}", "aria-label": f"{title}: {ends}."})
    return Fragment(
        f'<figure class="spark"><svg role="img"{view}>{shapes}</svg>'
        f"<figcaption><b>{escape(title)}</b>: {escape(legend)}; {escape(scale)}</figcaption></figure>"
    )


def _scaled(points: Sequence[Point], log: bool) -> list[Point | None]:
    usable = (math.isfinite(y) and not (log and y <= 0) for _, y in points)
    return [
        (x, math.log10(y) if log else y) if is_usable else None
        for (x, y), is_usable in zip(points, usable, strict=True)
    ]


def _segments(points: Iterable[Point | None]) -> list[list[Point]]:
    segments: list[list[Point]] = [[]]
    for point in points:
        if point is not None:
            segments[-1].append(point)
        elif segments[-1]:
            segments.append([])
    return [segment for segment in segments if segment]


def _range(values: Iterable[float]) -> tuple[float, float]:
    known = list(values)
    low, high = min(known), max(known)
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _end(points: Sequence[Point]) -> str:
    last = points[-1][1] if points else math.nan
    return plain(last) if math.isfinite(last) else "no finite value"
