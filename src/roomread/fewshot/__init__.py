"""Learn a person's expressions, or a state such as "confused", from a handful of pictures."""

from roomread.fewshot.adapter import Adapter, ProfileBinding
from roomread.fewshot.evaluate import LeaveOneOutResult, evaluate
from roomread.fewshot.feature_statistics import (
    FeatureStatistics,
    NotPreparedError,
    feature_statistics_of,
)
from roomread.fewshot.profile import Consent, Profile, Reference
from roomread.fewshot.store import ProfileStore

__all__ = [
    "Adapter",
    "Consent",
    "FeatureStatistics",
    "LeaveOneOutResult",
    "NotPreparedError",
    "Profile",
    "ProfileBinding",
    "ProfileStore",
    "Reference",
    "evaluate",
    "feature_statistics_of",
]
