"""Teaches a person's face or a new state from a handful of pictures."""

from roomread.fewshot.adapter import Adapter, Use
from roomread.fewshot.evaluate import Trial, evaluate
from roomread.fewshot.ground import Ground, ground_of
from roomread.fewshot.profile import Consent, Profile, Shot
from roomread.fewshot.store import ProfileStore

__all__ = [
    "Adapter",
    "Consent",
    "Ground",
    "Profile",
    "ProfileStore",
    "Shot",
    "Trial",
    "Use",
    "evaluate",
    "ground_of",
]
