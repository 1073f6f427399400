"""Estimate the pose of a head from its landmarks, and combine it with a net's estimate."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from roomread.faces.orientation import CREDIBLE_MISFIT, orientation
from roomread.readings import Pose

# Yaw in degrees for a nose that lies one face height beside the centre of eyes and mouth. Fitted to
# MediaPipe's yaw on half of 684 PublicTest pictures in which CenterFace found a face; on the other
# half the mean absolute error is 3.6 degrees.
_YAW_OF_OFFSET = 258.8
# Largest absolute yaw and pitch, degrees.
_WIDEST = 90.0


def combined_pose(net: Pose, landmarks: NDArray[np.float32] | None, *, turned: float) -> Pose:
    """Return the pose of a head in the picture from a net's estimate and the landmarks.

    Yaw and roll are the means of both estimates, because the mean errors of the two are similar
    (yaw 3.7 and 3.7, roll 3.1 and 2.8 degrees) and partly cancel each other. Pitch comes from the
    net alone, because five landmarks contain little information about pitch. Landmarks that do not
    fit a face, such as those of a face in profile, are not used for the roll.

    Args:
        net: the net's estimate for a crop.
        landmarks: float32 [5, 2], see `Face`; None if they are not known.
        turned: the angle by which the crop was rotated to make the face upright, degrees, positive
            for a face that is tilted clockwise.
    """
    roll = net.roll + turned
    if landmarks is None:
        return _within(net.yaw, net.pitch, roll)
    seen = orientation(landmarks)
    if seen.misfit <= CREDIBLE_MISFIT:
        # Take the shorter way round, as 170 and -170 degrees are 20 apart.
        roll += ((seen.roll - roll + 180) % 360 - 180) / 2
    return _within((net.yaw + landmark_yaw(landmarks)) / 2, net.pitch, roll)


def landmark_yaw(landmarks: NDArray[np.float32]) -> float:
    """Return the yaw estimated from the nose's position between eyes and mouth, -90..90 degrees.

    Args:
        landmarks: float32 [5, 2], see `Face`.
    """
    seen = orientation(landmarks)
    points = landmarks.astype(np.float64)
    offset = points[2] - points[[0, 1, 3, 4]].mean(axis=0)
    along = np.array([np.cos(np.radians(seen.roll)), np.sin(np.radians(seen.roll))])
    share = float(offset @ along) / max(seen.height, 1e-6)
    return float(np.clip(_YAW_OF_OFFSET * share, -_WIDEST, _WIDEST))


def _within(yaw: float, pitch: float, roll: float) -> Pose:
    """Round a pose to 0.1 degrees, clip yaw and pitch to -90..90, and wrap roll to -180..180."""
    yaw, pitch = (min(max(angle, -_WIDEST), _WIDEST) for angle in (yaw, pitch))
    return Pose(round(yaw, 1), round(pitch, 1), round((roll + 180) % 360 - 180, 1))
