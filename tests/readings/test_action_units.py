from __future__ import annotations

from roomread.classifier import open_model
from roomread.readings.action_units import DESCRIPTIONS, EYES_CLOSED, MOUTH_OPEN


def test_action_units_of_the_net_have_descriptions_and_correlate_with_the_teacher_net() -> None:
    units = open_model().card.action_units
    assert len(units) >= 15
    assert units.keys() <= DESCRIPTIONS.keys()
    assert {MOUTH_OPEN, EYES_CLOSED} <= units.keys()
    assert all(each["r"] >= 0.5 for each in units.values())
