"""Turn pictures and videos into readings, and readings into the state of a room at each time."""

from roomread.pipeline.analyzer import Analyzer, analyze
from roomread.pipeline.explanation import Explanation
from roomread.pipeline.moment import FrameMoment, Moment
from roomread.pipeline.readings import Readings
from roomread.pipeline.room_pipeline import RoomPipeline
from roomread.pipeline.stream_analyzer import (
    DEFAULT_CADENCE,
    EVERY_FRAME,
    Cadence,
    StreamAnalyzer,
)

__all__ = [
    "DEFAULT_CADENCE",
    "EVERY_FRAME",
    "Analyzer",
    "Cadence",
    "Explanation",
    "FrameMoment",
    "Moment",
    "Readings",
    "RoomPipeline",
    "StreamAnalyzer",
    "analyze",
]
