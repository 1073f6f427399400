from __future__ import annotations

import numpy as np
import pytest

from roomread.faces.orientation import UPRIGHT, rotated
from roomread.faces.pose import combined_pose, landmark_yaw
from roomread.readings import Pose


def landmarks(*, nose: float = 0.0, roll: float = 0.0) -> np.ndarray:
    """Return landmarks of a face 100 px high; `nose` moves the nose sideways, in face heights."""
    points = 100 * UPRIGHT.copy()
    points[2, 0] += 100 * nose
    return (200 + rotated(points, roll)).astype(np.float32)


def test_face_that_looks_at_the_camera_has_no_yaw() -> None:
    assert landmark_yaw(landmarks()) == pytest.approx(0, abs=0.1)


@pytest.mark.parametrize("roll", [0, 40, 180])
def test_nose_shifted_to_the_right_gives_a_positive_yaw_at_any_roll(roll: float) -> None:
    assert 15 < landmark_yaw(landmarks(nose=0.08, roll=roll)) < 30
    mirrored = landmark_yaw(landmarks(nose=-0.08, roll=roll))
    assert mirrored == pytest.approx(-landmark_yaw(landmarks(nose=0.08, roll=roll)), abs=0.5)


def test_yaw_stays_within_90_degrees_even_if_landmarks_coincide() -> None:
    assert -90 <= landmark_yaw(np.full((5, 2), 7, dtype=np.float32)) <= 90
    assert landmark_yaw(landmarks(nose=2.0)) == 90


def test_yaw_and_roll_average_net_and_landmark_estimates_and_pitch_comes_from_the_net() -> None:
    points = landmarks(nose=0.08, roll=10)
    pose = combined_pose(Pose(10, -7, 4), points, turned=0)
    assert pose.yaw == pytest.approx((10 + landmark_yaw(points)) / 2, abs=0.1)
    assert pose.pitch == -7
    assert pose.roll == pytest.approx(7, abs=0.6)


def test_roll_in_a_turned_crop_is_converted_to_the_roll_in_the_picture() -> None:
    pose = combined_pose(Pose(0, 0, 2), landmarks(roll=60), turned=58)
    assert pose.roll == pytest.approx(60, abs=0.1)


def test_rolls_of_176_and_minus_176_degrees_average_to_180_degrees() -> None:
    pose = combined_pose(Pose(0, 0, 0), landmarks(roll=176), turned=-176)
    assert abs(pose.roll) == pytest.approx(180, abs=0.1)


def test_pose_without_landmarks_is_the_clamped_estimate_of_the_net() -> None:
    assert combined_pose(Pose(12.34, -100, 3), None, turned=0) == Pose(12.3, -90, 3)
