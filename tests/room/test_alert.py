from __future__ import annotations

from roomread.room import Alert

AVERAGE = Alert(1, 30.0, "room looking_away above 50% for 30 s", 0.625, 0.9, 30)


def test_reason_of_an_alert_about_an_average_states_the_measure_value_and_duration() -> None:
    assert AVERAGE.measure == "looking_away"
    assert AVERAGE.reason == "room: looking away 62% on average over 30 s"


def test_reason_of_an_alert_about_a_person_names_the_seat() -> None:
    alert = Alert(1, 150.0, "person unreadable above 90% for 150 s", 1.0, 1.0, 150, seat=4)
    assert alert.reason == "seat 4: unreadable 100% on average over 2:30 min"


def test_reason_of_an_alert_about_a_fall_states_both_valences_and_the_duration() -> None:
    rule = "room valence fell by 20% in 3 min"
    alert = Alert(1, 30.0, rule, -0.1, 0.99, 119, before=0.25)
    assert alert.reason == "room: valence fell from +0.25 to -0.10 in 119 s"
