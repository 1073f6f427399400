"""The version number of the package, which hatchling reads when it builds a release."""

__version__ = "0.1.0"
