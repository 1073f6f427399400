"""The order of the stages: pictures in, readings and moments out."""

from roomread.pipeline.analyzer import Analyzer, StreamAnalyzer, analyze
from roomread.pipeline.moment import FrameMoment, Moment
from roomread.pipeline.room_pipeline import RoomPipeline

__all__ = ["Analyzer", "FrameMoment", "Moment", "RoomPipeline", "StreamAnalyzer", "analyze"]
