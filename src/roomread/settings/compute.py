"""The setting that determines where the nets run."""

from __future__ import annotations

from enum import StrEnum


class ComputeEngine(StrEnum):
    """The place where the nets run: this process, or the workers of a Ray cluster."""

    LOCAL = "local"
    RAY = "ray"
