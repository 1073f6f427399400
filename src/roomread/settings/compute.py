"""The engine that runs the nets."""

from __future__ import annotations

from enum import StrEnum


class ComputeEngine(StrEnum):
    """What runs the nets: this process, or the workers of a Ray cluster."""

    LOCAL = "local"
    RAY = "ray"
