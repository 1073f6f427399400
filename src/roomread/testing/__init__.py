"""Helpers for tests: fakes for cameras and nets, and the contracts that plug-ins must fulfil.

Import `roomread.testing.contracts` separately, because it needs pytest and the extra `bench`.
"""

from roomread.testing.fakes import (
    FixedClassifier,
    FixedDetector,
    synthetic_frames,
    temporary_store,
)

__all__ = ["FixedClassifier", "FixedDetector", "synthetic_frames", "temporary_store"]
