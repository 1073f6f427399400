"""Compute the luminance and the contrast of colours."""

from __future__ import annotations

RGB = tuple[int, int, int]


def luminance(color: RGB) -> float:
    """Return the relative luminance of an sRGB colour, 0..1 (WCAG 2.2)."""
    red, green, blue = (_linear(part / 255) for part in color)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: RGB, other: RGB) -> float:
    """Return the contrast ratio of two sRGB colours, 1..21 (WCAG 2.2)."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _linear(part: float) -> float:
    """Return the linear intensity of an sRGB component, both 0..1."""
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)
