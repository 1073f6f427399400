"""The same face as before, and steady scores."""

from roomread.tracking.recent import Recent
from roomread.tracking.smoothing import ScoreSmoother
from roomread.tracking.tracker import Tracker

__all__ = ["Recent", "ScoreSmoother", "Tracker"]
