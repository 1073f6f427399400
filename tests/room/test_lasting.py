from __future__ import annotations

import numpy as np
import pytest

from roomread.readings import Expression
from roomread.room import Direction, RoomMood
from roomread.room.lasting import PresentState, present_state


def mood(time: float, share: float) -> RoomMood:
    """Return the mood of 26 people of whom a share smiles, in a room where usually half do."""
    scores = np.zeros(len(Expression))
    scores[Expression.HAPPY], scores[Expression.NEUTRAL] = share, 1 - share
    return RoomMood(time, 26, 26, scores, 0.5)


def room(*shares: tuple[float, float]) -> list[RoomMood]:
    """Return one mood a second; each pair is a number of seconds and the share that smiles."""
    every = [share for seconds, share in shares for _ in range(int(seconds))]
    return [mood(float(time), share) for time, share in enumerate(every)]


@pytest.mark.parametrize(
    ("moods", "state"),
    [
        (room((300, 0.5), (60, 0.1)), PresentState(Direction.BELOW, 300.0)),
        (room((300, 0.5), (60, 0.9)), PresentState(Direction.ABOVE, 300.0)),
        (room((300, 0.5)), PresentState(Direction.USUAL, 0.0)),
        (room((300, 0.1), (60, 0.5)), PresentState(Direction.USUAL, 300.0)),
    ],
    ids=["fallen", "risen", "always as usual", "recovered"],
)
def test_present_direction_of_a_room_began_with_the_first_mood_of_that_direction(
    moods: list[RoomMood], state: PresentState
) -> None:
    assert present_state(moods) == state


def test_interruption_of_less_than_15_seconds_does_not_restart_the_present_direction() -> None:
    fallen = room((300, 0.5), (40, 0.1), (10, 0.5), (40, 0.1))
    assert present_state(fallen) == PresentState(Direction.BELOW, 300.0)
    twice = room((300, 0.5), (40, 0.1), (20, 0.5), (40, 0.1))
    assert present_state(twice) == PresentState(Direction.BELOW, 360.0)


def test_present_direction_is_unknown_without_moods_or_without_a_baseline() -> None:
    assert present_state([]) is None
    assert present_state([RoomMood(1.0, 26, 26, mood(1.0, 0.5).scores)]) is None
