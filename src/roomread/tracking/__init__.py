"""The same face as before, and steady scores."""

from roomread.tracking.smoothing import ScoreSmoother
from roomread.tracking.tracker import Tracker

__all__ = ["ScoreSmoother", "Tracker"]
