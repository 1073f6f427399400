from __future__ import annotations

import json
from dataclasses import replace

import numpy as np

from roomread.joining import RoomStatus
from roomread.joining.reports import ReportCounts, ReportSample
from roomread.readings import Expression
from roomread.room import Alert, Mark, RoomMood
from roomread.services.board import HISTORY_SECONDS, BoardFeed
from roomread.store import OwnerStore, Store
from roomread.store.pieces import Piece

FEW = RoomStatus(
    people=4, read=4, faceless=0, paused=0, screen=0, taps=None, reports=None, withheld=False
)
MANY = replace(FEW, people=9, read=9, taps=2, reports=ReportCounts(lost=2))


def mood(time: float, happy: float = 0.5, baseline: float | None = None) -> RoomMood:
    scores = np.zeros(len(Expression))
    scores[Expression.HAPPY], scores[Expression.SAD] = happy, 1 - happy
    return RoomMood(time, 20, 20, scores, baseline)


def feed(sessions: OwnerStore) -> BoardFeed:
    return BoardFeed.of(sessions, sessions.create("Algebra 7b"), 0.0)


def test_chart_point_is_added_to_the_teachers_board_only_if_there_is_a_mood(
    sessions: OwnerStore,
) -> None:
    board = feed(sessions)
    assert not board.add(0.5, MANY, None, 0)
    assert board.add(1.0, MANY, mood(1.0), 0)
    (point,) = board.points
    assert (point.time, point.people, point.lost) == (1.0, 9, 0)
    assert len(board.exact) == 1


def test_button_presses_between_two_chart_points_are_counted_at_the_later_point(
    sessions: OwnerStore,
) -> None:
    board = feed(sessions)
    board.add(0.5, MANY, None, 2)
    board.add(1.0, MANY, mood(1.0), 1)
    board.add(2.0, MANY, mood(2.0), 0)
    assert [point.lost for point in board.points] == [3, 0]


def test_button_presses_of_fewer_than_five_people_are_not_shown(sessions: OwnerStore) -> None:
    board = feed(sessions)
    board.add(1.0, FEW, mood(1.0), 2)
    assert board.points[0].lost is None


def test_teachers_board_drops_chart_points_older_than_ten_minutes(sessions: OwnerStore) -> None:
    board = feed(sessions)
    for time in (0.0, 1.0, HISTORY_SECONDS, HISTORY_SECONDS + 1):
        board.add(time, MANY, mood(time), 0)
    assert [point.time for point in board.points] == [1.0, HISTORY_SECONDS, HISTORY_SECONDS + 1]
    assert len(board.exact) == 4


def test_teachers_board_shows_shares_in_steps_of_five_percent(sessions: OwnerStore) -> None:
    board = feed(sessions)
    board.add(1.0, MANY, mood(1.0, happy=0.537), 0)
    shown = board.event(1.0, MANY, [], has_point=True)
    assert shown["mood"]["scores"]["happy"] == 0.55
    assert shown["point"]["v"] == shown["mood"]["valence"]
    assert shown["point"]["present"] == 20


def test_event_for_the_teachers_board_without_a_mood_has_only_counts_and_alerts(
    sessions: OwnerStore,
) -> None:
    alert = Alert(1, 0.5, "room coverage below 50% for 10 s", 0.2, 1.0, 10)
    event = feed(sessions).event(0.5, FEW, [alert], has_point=False)
    assert (event["mood"], event["direction"], event["point"]) == (None, None, None)
    assert (event["clear"], event["since"], event["changes"]) == (False, 0.0, [])
    assert event["status"]["people"] == 4
    assert [each["number"] for each in event["alerts"]] == [1]
    json.dumps(event)


def test_event_for_the_teachers_board_has_the_time_at_which_the_direction_changed(
    sessions: OwnerStore,
) -> None:
    session = sessions.create("Algebra 7b", keeps_people=True, consent="all")
    board = BoardFeed.of(sessions, session, 0.0)
    for time, happy in ((1.0, 0.5), (2.0, 0.05), (3.0, 0.05)):
        board.add(time, MANY, mood(time, happy, baseline=0.0), 0)
    event = board.event(3.0, MANY, [], has_point=True)
    assert (event["direction"], event["since"], event["clear"]) == ("below", 2.0, True)


def test_history_of_the_teachers_board_has_earlier_points_marks_and_changes(
    sessions: OwnerStore,
) -> None:
    board = feed(sessions)
    for time in range(300):
        board.add(float(time), MANY, mood(float(time), 0.9 if time < 150 else 0.2), 0)
    history = board.history([Mark(5.0, "group work")])
    assert len(history["points"]) == 300
    assert history["marks"] == [{"time": 5.0, "label": "group work"}]
    (change,) = history["changes"]
    assert abs(change["time"] - 150) <= 15
    json.dumps(history)


def resumed(store: Store, time: float) -> BoardFeed:
    """Return the feed of a session of ten moods, with counts after 2 s and after 7 s."""
    sessions = store.owned_by("user:1")
    session = sessions.create("Algebra 7b", keeps_people=True, consent="all")
    moods = [mood(float(each)) for each in range(10)]
    sessions.append(session.id, [Piece(1, 0.0, moods=moods)])
    few, many = ReportSample(2.0, 6, 0, ReportCounts(), 1), ReportSample(7.0, 8, 0, None, None)
    store.rooms.add_reports(session.id, [few, many])
    return BoardFeed.of(sessions, session, time)


def test_teachers_board_of_a_resumed_session_shows_its_earlier_points(store: Store) -> None:
    board = resumed(store, 10.0)
    assert [point.time for point in board.points] == [float(time) for time in range(10)]
    assert [point.people for point in board.points] == [0] * 2 + [6] * 5 + [8] * 3
    assert [point.lost for point in board.points] == [None] * 2 + [1] + [None] * 7
    assert len(board.exact) == 10


def test_teachers_board_of_a_resumed_session_shows_only_the_last_ten_minutes(store: Store) -> None:
    board = resumed(store, HISTORY_SECONDS + 5)
    assert [point.time for point in board.points] == [5.0, 6.0, 7.0, 8.0, 9.0]
    assert len(board.exact) == 10
