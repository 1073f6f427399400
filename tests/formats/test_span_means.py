from __future__ import annotations

from dataclasses import replace

import pytest

from classes import reading, showing
from roomread.formats.span_means import SpanMeans
from roomread.readings import Expression, Pose, StateScore
from roomread.wire.schema import FACE

HAPPY = reading(1, 0.0, showing(Expression.HAPPY))


def test_average_of_readings_has_every_face_field_except_the_expression() -> None:
    means = SpanMeans()
    means.add(HAPPY)
    fields = means.fields()
    assert fields.keys() == FACE.fields.keys() - {"expression"}
    assert (fields["seat"], fields["pose"], fields["states"]) == (None, None, {})


def test_averaged_number_is_the_mean_over_the_readings_with_a_value() -> None:
    means = SpanMeans()
    means.add(replace(HAPPY, pose=None, action_units={"AU12": 0.5}))
    for yaw, unit in ((10.0, 0.2), (20.0, 0.2)):
        means.add(replace(HAPPY, pose=Pose(yaw, 0, 0), action_units={"AU12": unit}))
    means.add(replace(HAPPY, pose=None))
    fields = means.fields()
    assert fields["pose"] == {"pitch": 0.0, "roll": 0.0, "yaw": 15.0}
    assert fields["action_units"] == {"AU12": 0.3}
    assert fields["scores"]["happy"] == pytest.approx(0.9, abs=1e-4)


def test_average_of_readings_has_the_last_known_ids_strings_and_flags() -> None:
    means = SpanMeans()
    means.add(replace(HAPPY, seat=4, person="Ada", states=(StateScore("confused", 0.2, 0.9),)))
    means.add(replace(HAPPY, seat=5, states=(StateScore("confused", 1.0, 0.9),)))
    fields = means.fields()
    assert (fields["seat"], fields["person"]) == (5, "Ada")
    assert fields["states"]["confused"] == {"percentile": 0.6, "shown": True, "threshold": 0.9}
