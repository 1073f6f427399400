"""Roomread reads the facial expressions in a room."""

from roomread._version import __version__

__all__ = ["__version__"]
