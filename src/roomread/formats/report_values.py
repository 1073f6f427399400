"""Convert the button reports of a room's students to table rows, and to plain values and back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from roomread.formats.room_values import MOOD_COLUMNS, mood_to_row
from roomread.joining import Say
from roomread.joining.reports import ReportCounts, ReportSample
from roomread.room import RoomMood

# The columns of a table of moods with the students' button reports; in a session without students,
# they are empty.
REPORT_COLUMNS: dict[str, type] = dict.fromkeys(
    ("people", "taps", *(f"reports_{say.value}" for say in Say), "lost_presses"), int
)
# The columns of an exported table of moods.
TABLE_COLUMNS = MOOD_COLUMNS | REPORT_COLUMNS
# Samples older than this are not shown with a mood, s. A new sample is taken every five seconds.
_FRESH = 10.0


def report_to_dict(sample: ReportSample) -> dict[str, Any]:
    """Return a sample of the students' button reports as values for JSON.

    The counts of the reports are None in a sample of fewer than five people.
    """
    counts = asdict(sample.reports) if sample.reports is not None else dict.fromkeys(list(Say))
    return {
        "time": sample.time,
        "people": sample.people,
        "taps": sample.taps,
        **{str(say): count for say, count in counts.items()},
        "lost_presses": sample.presses,
    }


def report_from_dict(values: Mapping[str, Any]) -> ReportSample:
    """Build a sample of the students' button reports from values that `report_to_dict` returned.

    Raises:
        KeyError: A value is missing.
    """
    known = values["lost"] is not None
    return ReportSample(
        time=float(values["time"]),
        people=int(values["people"]),
        taps=values["taps"],
        reports=ReportCounts(**{say.value: values[say] for say in Say}) if known else None,
        presses=values["lost_presses"],
    )


def mood_rows(
    moods: Sequence[RoomMood], samples: Sequence[ReportSample]
) -> Iterator[dict[str, Any]]:
    """Yield a row of `TABLE_COLUMNS` for each mood.

    Each row has the counts of the newest sample of button reports, if this sample is less than ten
    seconds old. New presses of "I am lost" are counted only in the first row after their sample, so
    that `lost_presses` can be summed.

    Args:
        moods: The moods of a session, earliest first.
        samples: The samples of its students' button reports, earliest first.
    """
    nothing = dict.fromkeys(REPORT_COLUMNS)
    at, newest, presses = 0, None, None
    for mood in moods:
        while at < len(samples) and samples[at].time <= mood.time:
            newest = samples[at]
            presses = _sum(presses, newest.presses)
            at += 1
        is_known = newest is not None and mood.time - newest.time < _FRESH
        said = _row(newest) if newest is not None and is_known else nothing
        yield mood_to_row(mood) | said | {"lost_presses": presses}
        presses = None


def part_reports(
    samples: Sequence[ReportSample], start: float, end: float
) -> dict[str, float] | None:
    """Return the mean counts of the button reports in a part of a session.

    The number of presses of "I am lost" is a sum, not a mean.

    Args:
        samples: The samples of the students' button reports.
        start: The start of the part, s.
        end: The end of the part, s.

    Returns:
        The values by name; None if no sample of the part has counts.
    """
    inside = [s for s in samples if start <= s.time < end and s.reports is not None]
    if not inside:
        return None
    rows = [report_to_dict(sample) for sample in inside]
    means = {name: float(np.mean([row[name] for row in rows])) for name in ("people", *Say)}
    return {str(name): round(mean, 2) for name, mean in means.items()} | {
        "lost_presses": float(sum(sample.presses or 0 for sample in inside))
    }


def _row(sample: ReportSample) -> dict[str, Any]:
    values = report_to_dict(sample)
    counts = {f"reports_{say.value}": values[say] for say in Say}
    return {"people": sample.people, "taps": sample.taps} | counts


def _sum(one: int | None, other: int | None) -> int | None:
    return one if other is None else other + (one or 0)
