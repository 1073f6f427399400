"""Where the nets compute."""

from __future__ import annotations

from enum import StrEnum


class ComputeEngine(StrEnum):
    """Who computes: this process, or the workers of a Ray cluster."""

    LOCAL = "local"
    RAY = "ray"
