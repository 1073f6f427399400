"""Determine who looks away in the window of a mood, and why people have no scores in the mood."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable

from roomread.readings import Reading

# Used where the source gives no reason: no face was found in the picture of a student's own camera,
# or the student has just joined and is not counted yet.
NO_REASON = "none"


def away_by_person(readings: Iterable[Reading]) -> dict[int, bool]:
    """Return whether each person in a frame looks away, by `Reading.person_key`, where known."""
    return {
        key: away
        for r in readings
        if (key := r.person_key) is not None and (away := r.looking_away) is not None
    }


def away_share(
    frames: Iterable[dict[int, bool]], present: Collection[int], readable: Collection[int]
) -> float | None:
    """Return the share of the people present who look away, among people of whom this is known.

    A person counts as looking away if this is true in more than half of the frames in which it is
    known. Without poses it is known only for faces that are unreadable because they are turned
    away, so the share would be far too high. The result is therefore None if it is unknown for any
    readable person.
    """
    counts: dict[int, list[bool]] = {key: [] for key in present}
    for frame in frames:
        for key, away in frame.items():
            if key in counts:
                counts[key].append(away)
    if not all(counts[key] for key in readable):
        return None
    known = [2 * sum(each) > len(each) for each in counts.values() if each]
    return sum(known) / len(known)


def reasons_by_person(readings: Iterable[Reading]) -> dict[int, str]:
    """Return, for each person without scores, the reason: an `Unreadable` or `NO_REASON`."""
    return {
        key: NO_REASON if r.unreadable is None else r.unreadable.value
        for r in readings
        if (key := r.person_key) is not None and r.scores is None
    }


def count_reasons(frames: Iterable[dict[int, str]], people: Collection[int]) -> dict[str, int]:
    """Return the number of people by each person's most frequent reason for having no scores.

    Args:
        frames: For each frame, the reason of each person without scores.
        people: The people to count, each of whom is in at least one frame.
    """
    reasons: dict[int, Counter[str]] = {key: Counter() for key in people}
    for frame in frames:
        for key, reason in frame.items():
            if key in reasons:
                reasons[key][reason] += 1
    return dict(Counter(each.most_common(1)[0][0] for each in reasons.values()))
