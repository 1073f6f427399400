from __future__ import annotations

import numpy as np
import pytest

from roomread.classifier.face_outputs import named_units, pose_of
from roomread.readings import Pose


def test_action_units_are_named_in_the_order_of_the_model_card() -> None:
    units = named_units(("AU12", "AU26"), np.array([0.12349, 1.0], dtype=np.float32))
    assert units == {"AU12": 0.123, "AU26": 1.0}


def test_missing_action_unit_and_pose_outputs_are_returned_as_none() -> None:
    assert named_units((), np.zeros(0, np.float32)) is None
    assert pose_of(np.zeros(0, np.float32)) is None


def test_error_is_raised_if_card_and_net_have_different_numbers_of_action_units() -> None:
    with pytest.raises(ValueError, match="zip"):
        named_units(("AU12",), np.zeros(2, np.float32))


def test_pose_output_is_read_as_yaw_pitch_and_roll() -> None:
    assert pose_of(np.array([1.04, -2, 3], dtype=np.float32)) == Pose(1.0, -2.0, 3.0)
