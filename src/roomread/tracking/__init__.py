"""The same face as before, and steady scores."""

from roomread.tracking.score_cache import ScoreCache
from roomread.tracking.smoothing import ScoreSmoother
from roomread.tracking.tracker import Tracker

__all__ = ["ScoreCache", "ScoreSmoother", "Tracker"]
