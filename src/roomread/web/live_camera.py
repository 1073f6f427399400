"""Process the frames of one visitor's camera for streamlit-webrtc."""

from __future__ import annotations

from collections.abc import Sequence

import av
import numpy as np
from streamlit_webrtc import VideoProcessorBase

from roomread import Analyzer
from roomread.media import draw_readings
from roomread.services.watch import LiveWatch


class LiveCamera(VideoProcessorBase):
    """The video processor of one connection, which reads frames and draws the readings into them.

    Args:
        watch: the object that reads the frames; it outlives the connection and this object.
        analyzer: the analyzer with the profiles that are switched on now.
        mirrored: whether to show a mirror image.

    Attributes:
        watch: the object that reads the frames.
        mirrored: whether to show a mirror image; may be changed at any time.
    """

    def __init__(self, watch: LiveWatch, analyzer: Analyzer, *, mirrored: bool = True) -> None:
        self.mirrored = mirrored
        self.watch = watch
        watch.connect(analyzer)

    async def recv_queued(self, frames: Sequence[av.VideoFrame]) -> list[av.VideoFrame]:
        """Return the newest of the queued frames with its readings drawn; drop older frames."""
        newest = frames[-1]
        image = np.asarray(newest.to_ndarray(format="rgb24"), dtype=np.uint8)
        if self.mirrored:
            image = np.ascontiguousarray(image[:, ::-1])
        readings = self.watch.push(image, float(newest.time or 0.0), dropped=len(frames) - 1)
        drawn = av.VideoFrame.from_ndarray(draw_readings(image, readings), format="rgb24")
        drawn.pts, drawn.time_base = newest.pts, newest.time_base
        return [drawn]
