from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classes import frame
from roomread.readings import Expression, Pose, Reading
from roomread.room import Alert, Attention, RoomMood, parse_rules

HAPPY, SAD, NEUTRAL = Expression.HAPPY, Expression.SAD, Expression.NEUTRAL


def mood(time: float, happy: float, sad: float, *, readable: int = 30) -> RoomMood:
    scores = np.zeros(7)
    scores[HAPPY], scores[SAD], scores[NEUTRAL] = happy, sad, 1 - happy - sad
    return RoomMood(time, 30, readable, scores if readable >= 5 else None)


def watch_room(rule: str, seconds: int, at: Callable[[int], RoomMood]) -> list[Alert]:
    attention = Attention(parse_rules(rule))
    return [alert for time in range(seconds) for alert in attention.update_room(at(time))]


def watch_seat(rule: str, seconds: int, shown: Callable[[int], Expression | None]) -> list[Alert]:
    """Return the alerts of a rule about one seat, with a frame a second."""
    attention = Attention(parse_rules(rule), people=True)
    return [
        alert
        for time in range(seconds)
        for alert in attention.update_people(float(time), frame(float(time), {4: shown(time)}))
    ]


def test_fall_of_valence_raises_one_alert_with_reason_and_certainty() -> None:
    rule = "room valence fell by 20% in 3 min"
    (alert,) = watch_room(rule, 300, lambda t: mood(t, 0.6, 0) if t < 200 else mood(t, 0.1, 0.2))
    assert 200 < alert.time < 220
    assert alert.rule == rule
    assert alert.reason == "room: valence fell from +0.60 to +0.10 in 8 s"
    assert 0.99 < alert.certainty < 1
    assert alert.seat is None
    assert alert.ended is None


def test_rule_is_evaluated_when_frames_are_half_a_minute_apart() -> None:
    rules = parse_rules("room sad above 50% for 10 min")
    attention = Attention(rules, every=30.0)
    alerts = []
    for time in range(0, 1800, 30):
        alerts += attention.update_room(mood(time, 0.1, 0.8 if time > 600 else 0.1))
    assert [alert.time for alert in alerts] == [960]
    assert rules[0].longest_step == 60


def test_fall_that_takes_longer_than_the_time_in_the_rule_raises_no_alert() -> None:
    rule = "room valence fell by 20% in 1 min"
    assert watch_room(rule, 600, lambda t: mood(t, 0.9 - t / 1000, 0)) == []


def test_end_of_a_short_laugh_raises_no_alert() -> None:
    rule = "room valence fell by 20% in 3 min"
    assert watch_room(rule, 600, lambda t: mood(t, 0.9 if t // 6 == 50 else 0.1, 0)) == []


def test_alert_needs_a_deeper_fall_of_valence_when_few_people_are_readable() -> None:
    rule = "room valence fell by 20% in 2 min"

    def falls(readable: int, level: float) -> int:
        return len(
            watch_room(rule, 160, lambda t: mood(t, 0.9 if t < 60 else level, 0, readable=readable))
        )

    assert [falls(50, level) for level in (0.8, 0.5, 0.1)] == [0, 1, 1]
    assert [falls(6, level) for level in (0.8, 0.5, 0.1)] == [0, 0, 1]


def wavering(seconds: int, *, falls_at: int = 2**31, seed: int = 0) -> list[RoomMood]:
    """Return moods of a class whose smiles come and go, each for about half a minute."""
    random = np.random.default_rng(seed)
    share, moods = 0.0, []
    for time in range(seconds):
        share = 0.96 * share + random.normal(0, 0.03)
        level = 0.5 if time < falls_at else 0.1
        moods.append(mood(float(time), float(np.clip(level + share, 0, 1)), 0))
    return moods


def alarms(moods: list[RoomMood], certainty: float) -> list[float]:
    attention = Attention(parse_rules("room valence fell by 20% in 3 min"), min_certainty=certainty)
    raised = [alert for m in moods for alert in attention.update_room(m)]
    return [alert.time for alert in raised if alert.ended is None]


def test_room_with_random_variation_raises_few_false_alarms() -> None:
    room = wavering(2 * 3600)
    all_falls, certain = alarms(room, 0.0), alarms(room, 0.99)
    assert len(all_falls) > 12
    assert len(certain) <= len(all_falls) / 5


@pytest.mark.parametrize("seed", range(5))
def test_fall_larger_than_the_variation_is_reported_within_a_minute(seed: int) -> None:
    times = alarms(wavering(1000, falls_at=900, seed=seed), 0.99)
    assert any(900 < time < 960 for time in times)


def test_measure_that_oscillates_at_its_threshold_raises_one_alert() -> None:
    changed = watch_room(
        "room negative above 40% for 10 s",
        600,
        lambda t: mood(t, 0, 0.45 if (t // 15) % 2 else 0.36),
    )
    assert len(changed) == 1
    assert changed[0].ended is None


def test_alert_ends_when_its_measure_has_moved_back_past_the_threshold() -> None:
    raised, ended = watch_room(
        "room negative above 40% for 10 s", 200, lambda t: mood(t, 0, 0.6 if t < 100 else 0.1)
    )
    assert raised.number == ended.number
    assert raised.ended is None
    assert ended.ended is not None
    assert 100 < ended.ended < 112


def test_low_coverage_is_reported_with_full_certainty() -> None:
    (alert,) = watch_room(
        "room coverage below 50% for 30 s", 60, lambda t: mood(t, 0.5, 0, readable=3)
    )
    assert alert.certainty == 1
    assert alert.reason == "room: coverage 10% on average over 30 s"


def test_room_that_looks_away_raises_an_alert_only_if_poses_are_known() -> None:
    rule = "room looking_away above 50% for 20 s"

    def at(share: float | None) -> Callable[[int], RoomMood]:
        return lambda t: replace(mood(t, 0.5, 0), looking_away=share if t >= 30 else 0.1)

    (alert,) = watch_room(rule, 90, at(0.8))
    assert 40 < alert.time < 50
    assert 0.5 < alert.certainty < 1
    assert alert.reason == "room: looking away 50% on average over 20 s"
    assert not watch_room(rule, 90, at(0.4))
    assert not watch_room(rule, 90, at(None))


def test_room_with_too_few_readable_people_raises_no_alert_about_expressions() -> None:
    rules = "room valence fell by 1% in 1 min\nroom sad above 1% for 5 s"
    assert watch_room(rules, 60, lambda t: mood(t, 0, 1, readable=4)) == []


def test_person_who_is_negative_for_half_a_minute_raises_one_alert() -> None:
    rule = "person negative above 50% for 30 s"
    raised, ended = watch_seat(rule, 160, lambda t: SAD if 60 <= t < 110 else NEUTRAL)
    assert 60 + 15 <= raised.time <= 60 + 30
    assert raised.seat == 4
    assert raised.reason.startswith("seat 4: negative 5")
    assert ended.ended is not None
    assert 110 < ended.ended < 140


def test_short_negative_expressions_of_a_person_raise_no_alert() -> None:
    rule = "person negative above 50% for 30 s"
    assert watch_seat(rule, 300, lambda t: SAD if t % 10 < 4 else NEUTRAL) == []


def test_unreadable_person_triggers_the_rule_for_unreadable_but_not_for_negative() -> None:
    assert watch_seat("person negative above 10% for 30 s", 200, lambda _: None) == []
    (alert,) = watch_seat(
        "person unreadable above 90% for 2 min", 300, lambda t: NEUTRAL if t < 60 else None
    )
    assert 60 + 100 < alert.time <= 60 + 120


def test_absent_person_counts_as_unreadable_only_after_being_seen_for_half_a_minute() -> None:
    attention = Attention(parse_rules("person unreadable above 90% for 30 s"), people=True)
    alerts = []
    for time in range(120):
        here = {1: NEUTRAL} if time < 60 else {}
        here |= {2: NEUTRAL} if time < 10 else {}
        alerts += attention.update_people(float(time), frame(float(time), here))
    assert [alert.seat for alert in alerts] == [1]


def test_rules_about_a_person_are_off_by_default() -> None:
    attention = Attention(parse_rules("person negative above 1% for 1 s"))
    assert all(
        attention.update_people(float(t), frame(float(t), {1: SAD})) == [] for t in range(60)
    )


def test_long_pause_of_the_source_restarts_the_averaging_window() -> None:
    attention = Attention(parse_rules("room negative above 40% for 30 s"))
    times = [*range(20), *range(100, 120)]
    assert [a for t in times for a in attention.update_room(mood(t, 0, 0.9))] == []


RULES = """room valence below -10% for 5 s
room valence above -90% for 5 s
room valence fell by 0% in 20 s
room negative above 0% for 5 s
room coverage below 100% for 5 s
room happy above 50% for 5 s"""


@settings(max_examples=50)
@given(
    st.lists(
        st.tuples(st.floats(0, 1), st.integers(0, 30), st.sampled_from([1.0, 1.0, 1.0, 30.0])),
        max_size=80,
    )
)
def test_alerts_of_a_rule_begin_and_end_alternately(
    time_series: list[tuple[float, int, float]],
) -> None:
    attention, time = Attention(parse_rules(RULES)), 0.0
    held: dict[str, Alert] = {}
    for sad, readable, step in time_series:
        time += step
        for alert in attention.update_room(mood(time, 0.0, sad, readable=readable)):
            assert 0 <= alert.certainty <= 1
            if alert.ended is None:
                assert alert.rule not in held
                held[alert.rule] = alert
            else:
                begun = held.pop(alert.rule)
                assert (begun.number, begun.time) == (alert.number, alert.time)
                assert alert.ended == pytest.approx(time)
        assert {a.rule for a in attention.held} == set(held)


def test_alert_ends_ten_minutes_after_its_person_left() -> None:
    attention = Attention(parse_rules("person unreadable above 50% for 10 s"), people=True)
    changed = []
    for time in range(1000):
        here = {1: HAPPY, 2: HAPPY} if time < 60 else {1: HAPPY}
        changed += attention.update_people(float(time), frame(float(time), here))
    raised, ended = changed
    assert (raised.seat, raised.ended) == (2, None)
    assert ended.seat == 2
    assert ended.ended == pytest.approx(660, abs=1)
    assert attention.held == []


def test_rules_that_differ_only_in_the_threshold_share_an_averaging_window() -> None:
    lines = [f"person happy above {n}% for 10 s\nroom happy above {n}% for 10 s" for n in range(10)]
    attention = Attention(parse_rules("\n".join(lines)), people=True)
    for time in range(60):
        attention.update_people(float(time), frame(float(time), {1: HAPPY}))
        attention.update_room(mood(float(time), 0.5, 0.1))
    assert len(attention._people_windows) == len(attention._room_windows) == 1
    assert len(attention.held) == 20


def watch_pose(rule: str, seconds: int, yaw: Callable[[int], float | None]) -> list[Alert]:
    """Return the alerts of a rule about one seat whose head is turned, with a frame a second."""
    attention, alerts = Attention(parse_rules(rule), people=True), []
    for time in range(seconds):
        angle = yaw(time)
        pose = None if angle is None else Pose(angle, 0.0, 0.0)
        readings = [replace(each, pose=pose) for each in frame(float(time), {4: NEUTRAL})]
        alerts += attention.update_people(float(time), readings)
    return alerts


def test_person_who_looks_away_for_long_raises_an_alert_that_ends() -> None:
    rule = "person looking_away above 80% for 20 s"
    found = watch_pose(rule, 200, lambda t: 50.0 if 60 <= t < 100 else 5.0)
    assert [alert.ended is None for alert in found] == [True, False]
    assert 75 < found[0].time < 85
    assert found[0].reason == "seat 4: looking away 81% on average over 20 s"


def test_unknown_pose_raises_no_alert() -> None:
    assert not watch_pose("person looking_away above 10% for 20 s", 120, lambda _: None)


def test_eyes_that_are_closed_for_long_raise_an_alert() -> None:
    rules = parse_rules("person eyes_closed above 50% for 30 s")
    attention, alerts = Attention(rules, people=True), []
    for time in range(120):
        units = {"AU45": 0.9 if time > 60 else 0.1}
        readings = [replace(each, action_units=units) for each in frame(float(time), {4: NEUTRAL})]
        alerts += attention.update_people(float(time), readings)
    assert [alert.rule for alert in alerts] == [str(rules[0])]


KILLED_RULES = """
room valence fell by 20% in 1 min
room negative above 40% for 20 s
person unreadable above 50% for 20 s
person sad above 50% for 40 s"""


@pytest.mark.parametrize("killed_at", [10, 145, 170, 190, 215, 260])
def test_alerts_with_a_restart_equal_alerts_without_a_restart(killed_at: int) -> None:
    moods = [mood(t, 0.6, 0) if not 140 <= t < 200 else mood(t, 0.0, 0.6) for t in range(300)]
    frames = [
        (
            float(t),
            frame(float(t), {1: None if 150 < t < 210 else HAPPY, 2: SAD if t > 90 else HAPPY}),
        )
        for t in range(300)
    ]

    def play(attention: Attention, start: int, end: int) -> list[Alert]:
        return [
            alert
            for time in range(start, end)
            for alert in (
                *attention.update_people(*frames[time]),
                *attention.update_room(moods[time]),
            )
        ]

    unbroken = play(Attention(parse_rules(KILLED_RULES), people=True), 0, 300)
    assert {alert.seat for alert in unbroken} == {None, 1, 2}
    before = play(Attention(parse_rules(KILLED_RULES), people=True), 0, killed_at)
    second = Attention(parse_rules(KILLED_RULES), people=True)
    # An alert that has ended is kept once, with its end.
    raised = list({alert.number: alert for alert in before}.values())
    people = round(second.people_past)
    second.resume(
        raised,
        moods[max(killed_at - round(second.past), 0) : killed_at],
        frames[max(killed_at - people, 0) : killed_at],
    )
    assert second.held == [alert for alert in raised if alert.ended is None]
    assert before + play(second, killed_at, 300) == unbroken


def test_alert_ends_if_its_person_is_not_seen_after_a_restart() -> None:
    rule = "person unreadable above 50% for 10 s"
    attention = Attention(parse_rules(rule), people=True)
    attention.resume([Alert(3, 20.0, rule, 0.9, 0.9, 10, seat=2)])
    changed = []
    for time in range(2000, 2700):
        changed += attention.update_people(float(time), frame(float(time), {1: HAPPY}))
    assert [(alert.number, alert.ended) for alert in changed] == [(3, 2601.0)]


def test_rules_about_looking_away_and_closed_eyes_continue_after_a_restart() -> None:
    rules = "person looking_away above 50% for 20 s\nperson eyes_closed above 50% for 20 s"

    def shown(time: int) -> list[Reading]:
        away, shut = 70 <= time < 95, 60 <= time < 85
        pose = Pose(45.0 if away else 5.0, 0.0, 0.0)
        units = {"AU45": 0.9 if shut else 0.1}
        readings = frame(float(time), {1: NEUTRAL})
        return [replace(each, pose=pose, action_units=units) for each in readings]

    def play(attention: Attention, start: int, end: int) -> list[Alert]:
        times = range(start, end)
        return [a for t in times for a in attention.update_people(float(t), shown(t))]

    unbroken = play(Attention(parse_rules(rules), people=True), 0, 120)
    assert [(alert.measure, alert.ended is None) for alert in unbroken] == [
        ("eyes_closed", True),
        ("looking_away", True),
        ("eyes_closed", False),
        ("looking_away", False),
    ]
    # Killed when the windows are half full, so that neither rule has raised its alert.
    second = Attention(parse_rules(rules), people=True)
    second.resume([], [], [(float(time), shown(time)) for time in range(68)])
    assert play(second, 68, 120) == unbroken
