"""The example frame of the documentation."""

from __future__ import annotations

import numpy as np

from roomread.readings import Box, EyeActivity, Pose, Quality, Reading, Scores
from roomread.wire.codec import FrameReadings


def example_frame() -> FrameReadings:
    """Return a frame with one face whose expression is happy."""
    probabilities = [0.0002, 0.0001, 0.0003, 0.9923, 0.0004, 0.0032, 0.0035]
    scores = Scores(np.array(probabilities, dtype=np.float32), 0.4532)
    reading = Reading(
        source="lesson.mp4",
        time=12.5,
        frame_index=312,
        box=Box(180.21, 61.4, 268.9, 178.35),
        detection_confidence=0.9871,
        quality=Quality(116.95, 1.0, 0.5812, 0.2107, 0.3544, 0.8721),
        scores=scores,
        track_id=1,
        seat=3,
        valence=scores.valence,
        pose=Pose(-2.3, -7.1, 4.3),
        action_units={"AU12": 0.996, "AU26": 0.035, "AU45": 0.043},
        eyes=EyeActivity(0.0412, 14.0),
    )
    return FrameReadings("lesson.mp4", 12.5, 312, 1920, 1080, (reading,))
