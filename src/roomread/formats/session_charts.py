"""A session's charts as SVG text, to stand in a page without any file or script beside it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

import numpy as np
from numpy.typing import NDArray

from roomread.room import Alert, Change, clock
from roomread.store.records import Mark
from roomread.store.summary import BY_VALENCE, SeatMap, TimeSeries

_WIDTH, _LEFT, _RIGHT = 1100, 64, 12
# From unpleasant over none to pleasant; told apart with any kind of colour vision (ColorBrewer's
# PuOr, Harrower and Brewer 2003).
_UNPLEASANT, _MIDDLE, _PLEASANT = (179, 88, 6), (247, 247, 247), (84, 39, 136)
_GRID, _INK, _SOFT = "#d8dce0", "#1c2024", "#69737c"
# Steps between the times that are written under a chart, s.
_TICKS = (5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)
# As many times as fit beside one another.
_MOST_TICKS = 12


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where a chart's axes lie."""

    start: float
    end: float
    low: float
    high: float
    top: float
    height: float

    def x(self, time: float) -> float:
        share = (time - self.start) / max(self.end - self.start, 1e-9)
        return _LEFT + share * (_WIDTH - _LEFT - _RIGHT)

    def y(self, value: float) -> float:
        return self.top + (self.high - value) / (self.high - self.low) * self.height


def valence(
    series: TimeSeries,
    marks: Sequence[Mark],
    changes: Sequence[Change],
    alerts: Sequence[Alert],
) -> str:
    """The room's valence with its interval and baseline, the marks, changes and alerts."""
    frame = _frame(series, -1, 1, top=34, height=250)
    parts = [_axes(frame, {-1: "-1", -0.5: "-0.5", 0: "0", 0.5: "+0.5", 1: "+1"})]
    for run in _runs(series.valence):
        band = [*zip(series.times[run], series.high[run], strict=True)]
        band += [*zip(series.times[run], series.low[run], strict=True)][::-1]
        parts.append(f'<polygon points="{_points(frame, band)}" fill="#4477aa" opacity="0.22"/>')
    parts.append(_line(frame, series, series.baseline, f'stroke="{_SOFT}" stroke-dasharray="6 4"'))
    parts.append(_line(frame, series, series.valence, 'stroke="#1f4e79" stroke-width="2"'))
    parts += [_mark(frame, mark) for mark in marks if mark.time <= frame.end]
    for change in changes:
        x, y = frame.x(change.time), frame.y(change.after)
        tall = 10 if change.after < change.before else -10
        said = f"{clock(change.time)}: from {change.before:+.2f} to {change.after:+.2f}"
        parts.append(
            f'<path d="M{x - 7:.1f},{y - tall:.1f} h14 l-7,{tall} z" fill="#b35806">'
            f"<title>{said}</title></path>"
        )
    for alert in alerts:
        x, bottom = frame.x(alert.time), frame.top + frame.height
        said = escape(f"{clock(alert.time)}: {alert.why}")
        parts.append(
            f'<circle cx="{x:.1f}" cy="{bottom - 8:.1f}" r="5" fill="#fff" stroke="#b30000" '
            f'stroke-width="2"><title>{said}</title></circle>'
        )
    label = "Valence of the room over time, with its interval, marks, changes and alerts"
    return _svg(parts, frame.top + frame.height + 26, label)


def expressions(series: TimeSeries) -> str:
    """The shares of the seven expressions, stacked, with their names beside."""
    frame = _frame(series, 0, 1, top=8, height=200)
    parts = [_axes(frame, {0: "0 %", 0.5: "50 %", 1: "100 %"})]
    for run in _runs(series.scores[:, 0]):
        below = np.zeros(run.stop - run.start)
        for e in BY_VALENCE:
            above = below + series.scores[run, e]
            area = [*zip(series.times[run], above, strict=True)]
            area += [*zip(series.times[run], below, strict=True)][::-1]
            parts.append(
                f'<polygon points="{_points(frame, area)}" fill="{_color(e.color)}">'
                f"<title>{e}</title></polygon>"
            )
            below = above
    parts.append(
        _legend([(str(e), _color(e.color)) for e in BY_VALENCE], frame.top + frame.height + 40)
    )
    label = "Shares of the expressions of the readable people over time"
    return _svg(parts, frame.top + frame.height + 52, label)


def coverage(series: TimeSeries) -> str:
    """How many were present, and how many of them could be read."""
    most = max(float(np.nanmax(series.present, initial=0)), 1.0)
    frame = _frame(series, 0, most, top=8, height=110)
    step = max(round(most / 4), 1)
    parts = [_axes(frame, {n: str(n) for n in range(0, math.floor(most) + 1, step)})]
    for values, color in ((series.present, "#c9d1d8"), (series.readable, "#4477aa")):
        for run in _runs(values):
            area = [*zip(series.times[run], values[run], strict=True)]
            area += [
                (float(series.times[run][-1]), 0.0),
                (float(series.times[run][0]), 0.0),
            ]
            parts.append(f'<polygon points="{_points(frame, area)}" fill="{color}"/>')
    legend = [("present", "#c9d1d8"), ("readable", "#4477aa")]
    parts.append(_legend(legend, frame.top + frame.height + 40))
    label = "People present and readable over time"
    return _svg(parts, frame.top + frame.height + 52, label)


def seats(seat_map: SeatMap) -> str:
    """Each seat's valence over time: a row a seat."""
    count, steps = seat_map.valence.shape
    row = 16
    frame = _Frame(0, steps * seat_map.step, 0, count, 8, row * count)
    width = frame.x(seat_map.step) - frame.x(0) + 0.3
    parts = []
    for i, seat in enumerate(seat_map.seats):
        y = frame.top + row * i
        name = seat_map.names.get(seat, "")
        parts.append(
            f'<text x="{_LEFT - 6}" y="{y + 12}" text-anchor="end" font-size="11">'
            f"{escape(name[:8] or str(seat))}</text>"
        )
        for j in np.flatnonzero(seat_map.seen[i]):
            value = float(seat_map.valence[i, j])
            color = "#c9d1d8" if math.isnan(value) else _diverging(value)
            parts.append(
                f'<rect x="{frame.x(float(j) * seat_map.step):.1f}" y="{y}" width="{width:.1f}" '
                f'height="{row - 1}" fill="{color}"/>'
            )
    parts.append(_times(frame))
    legend = [
        ("unpleasant", _color(_UNPLEASANT)),
        ("neither", _color(_MIDDLE)),
        ("pleasant", _color(_PLEASANT)),
        ("not readable", "#c9d1d8"),
        ("not seen", "#ffffff"),
    ]
    parts.append(_legend(legend, frame.top + frame.height + 40))
    return _svg(parts, frame.top + frame.height + 52, "Valence of each seat over time")


def _frame(series: TimeSeries, low: float, high: float, *, top: float, height: float) -> _Frame:
    start, end = (series.times[0], series.times[-1]) if len(series.times) else (0.0, 1.0)
    return _Frame(float(start), float(max(end, start + 1)), low, high, top, height)


def _axes(frame: _Frame, levels: dict[float, str] | dict[int, str]) -> str:
    lines = []
    for value, text in levels.items():
        y = frame.y(value)
        lines.append(f'<path d="M{_LEFT},{y:.1f} H{_WIDTH - _RIGHT}" stroke="{_GRID}"/>')
        lines.append(
            f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end" font-size="12">{text}</text>'
        )
    return "".join(lines) + _times(frame)


def _times(frame: _Frame) -> str:
    span = frame.end - frame.start
    tick = next((t for t in _TICKS if span / t <= _MOST_TICKS), _TICKS[-1])
    bottom = frame.top + frame.height
    texts = []
    for n in range(math.ceil(frame.start / tick), math.floor(frame.end / tick) + 1):
        x = frame.x(n * tick)
        texts.append(f'<path d="M{x:.1f},{bottom:.1f} v5" stroke="{_SOFT}"/>')
        texts.append(
            f'<text x="{x:.1f}" y="{bottom + 18:.1f}" text-anchor="middle" font-size="12">'
            f"{clock(n * tick)}</text>"
        )
    return "".join(texts)


def _mark(frame: _Frame, mark: Mark) -> str:
    # The first figure comes a moment after the start.
    x = frame.x(max(mark.time, frame.start))
    # Words near the right edge run to the left.
    anchor, shift = ("end", -4) if x > 0.85 * _WIDTH else ("start", 4)
    label = mark.label if len(mark.label) <= 28 else mark.label[:27] + "…"
    return (
        f'<path d="M{x:.1f},14 V{frame.top + frame.height:.1f}" stroke="{_INK}" opacity="0.55"/>'
        f'<text x="{x + shift:.1f}" y="24" text-anchor="{anchor}" font-size="12">'
        f"{escape(label)}</text>"
    )


def _line(frame: _Frame, series: TimeSeries, values: NDArray[np.float64], style: str) -> str:
    return "".join(
        f'<polyline points="{_points(frame, zip(series.times[run], values[run], strict=True))}" '
        f'fill="none" {style}/>'
        for run in _runs(values)
    )


def _points(frame: _Frame, points: Iterable[tuple[float, float]]) -> str:
    return " ".join(f"{frame.x(time):.1f},{frame.y(value):.1f}" for time, value in points)


def _runs(values: NDArray[np.float64]) -> list[slice]:
    """The stretches without NaN."""
    known = np.concatenate([[False], ~np.isnan(values), [False]]).astype(int)
    starts, ends = np.flatnonzero(np.diff(known) == 1), np.flatnonzero(np.diff(known) == -1)
    return [slice(int(a), int(b)) for a, b in zip(starts, ends, strict=True)]


def _legend(entries: Sequence[tuple[str, str]], y: float) -> str:
    parts, x = [], float(_LEFT)
    for name, color in entries:
        parts.append(
            f'<rect x="{x:.0f}" y="{y - 11:.0f}" width="12" height="12" fill="{color}" '
            f'stroke="{_SOFT}" stroke-width="0.5"/>'
            f'<text x="{x + 17:.0f}" y="{y:.0f}" font-size="12">{escape(name)}</text>'
        )
        x += 36 + 7.2 * len(name)
    return "".join(parts)


def _color(rgb: tuple[int, int, int]) -> str:
    return "#{:02x}{:02x}{:02x}".format(*rgb)


def _diverging(value: float) -> str:
    end, share = (_PLEASANT if value > 0 else _UNPLEASANT), min(abs(value), 1.0)
    red, green, blue = (round(m + share * (e - m)) for m, e in zip(_MIDDLE, end, strict=True))
    return _color((red, green, blue))


def _svg(parts: Sequence[str], height: float, label: str) -> str:
    return (
        f'<svg viewBox="0 0 {_WIDTH} {height:.0f}" role="img" aria-label={quoteattr(label)} '
        f'font-family="system-ui, sans-serif" fill="{_INK}" xmlns="http://www.w3.org/2000/svg">'
        + "".join(parts)
        + "</svg>"
    )
