"""Find and follow the faces of a video, and smooth their scores."""

from roomread.tracking.face_tracker import FaceTracker
from roomread.tracking.matching import TrackMatcher
from roomread.tracking.schedule import stagger
from roomread.tracking.score_cache import ScoreCache
from roomread.tracking.smoothing import ScoreSmoother
from roomread.tracking.tracker import Tracker

__all__ = ["FaceTracker", "ScoreCache", "ScoreSmoother", "TrackMatcher", "Tracker", "stagger"]
