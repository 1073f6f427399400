from __future__ import annotations

import numpy as np
import pytest

from roomread.classifier.face_outputs import named_units, pose_of
from roomread.readings import Pose


def test_units_have_the_names_of_the_card_in_its_order() -> None:
    units = named_units(("AU12", "AU26"), np.array([0.12349, 1.0], dtype=np.float32))
    assert units == {"AU12": 0.123, "AU26": 1.0}


def test_net_without_units_or_pose_has_none() -> None:
    assert named_units((), np.zeros(0, np.float32)) is None
    assert pose_of(np.zeros(0, np.float32)) is None


def test_card_with_another_number_of_units_raises_an_error() -> None:
    with pytest.raises(ValueError, match="zip"):
        named_units(("AU12",), np.zeros(2, np.float32))


def test_pose_is_yaw_pitch_and_roll() -> None:
    assert pose_of(np.array([1.04, -2, 3], dtype=np.float32)) == Pose(1.0, -2.0, 3.0)
