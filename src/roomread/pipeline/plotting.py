"""Draw readings with Matplotlib, an optional extra."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from roomread.errors import MissingExtraError
from roomread.media.overlay import FAINT
from roomread.readings import Expression, Reading

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_UNREAD = (150, 150, 150)


def plot_readings(
    readings: Sequence[Reading], picture: NDArray[np.uint8] | None, ax: Axes | None
) -> Axes:
    """Draw a picture with a box and a label for each reading, and return the axes.

    Args:
        readings: The readings of the picture.
        picture: uint8 [H, W, 3] RGB; None to draw the boxes alone.
        ax: The axes to draw on; None for those of a new figure.

    Raises:
        MissingExtraError: Matplotlib is not installed.
    """
    ax = _axes(ax)
    from matplotlib.patches import Rectangle  # noqa: PLC0415 (an extra)

    if picture is not None:
        ax.imshow(picture)
    for reading in readings:
        left, top, right, bottom = reading.box
        color = tuple(part / 255 for part in _color(reading))
        corner, size = (left, top), (right - left, bottom - top)
        ax.add_patch(Rectangle(corner, *size, fill=False, edgecolor=color, linewidth=2))
        ax.annotate(
            str(reading),
            corner,
            xytext=(0, 2),
            textcoords="offset points",
            fontsize="small",
            bbox={"facecolor": color, "edgecolor": "none", "pad": 1.5},
        )
    if picture is None:
        ax.autoscale_view()
        ax.set_aspect("equal")
        # Draw the y axis downwards, as in a picture.
        ax.invert_yaxis()
    ax.set_axis_off()
    return ax


def plot_scores(times: NDArray[np.float64], scores: NDArray[np.float64], ax: Axes | None) -> Axes:
    """Draw the people's mean scores over time, one line per expression, and return the axes.

    Lines are broken where no face was read.

    Args:
        times: [T], seconds.
        scores: [T, 7], in `Expression`'s order; NaN where no face was read.
        ax: The axes to draw on; None for those of a new figure.

    Raises:
        MissingExtraError: Matplotlib is not installed.
    """
    ax = _axes(ax)
    for expression in Expression:
        color = tuple(part / 255 for part in expression.color)
        ax.plot(times, scores[:, expression], color=color, label=str(expression), linewidth=2)
    # The margin keeps the frame from hiding lines at 0 and 1.
    ax.set(xlabel="time, s", ylabel="mean probability", ylim=(-0.02, 1.02))
    ax.grid(alpha=0.3)
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    return ax


def plot_importance(
    crop: NDArray[np.uint8],
    importance: NDArray[np.float32],
    expression: Expression,
    ax: Axes | None,
) -> Axes:
    """Draw a face coloured by the importance of its pixels, red where they support the expression.

    Args:
        crop: The face, grey, uint8 [side, side].
        importance: By how much the log-odds of the expression fall when a pixel is hidden, float32
            [side, side]; negative values are drawn blue.
        expression: The expression that is explained.
        ax: The axes to draw on; None for those of a new figure.

    Raises:
        MissingExtraError: Matplotlib is not installed.
    """
    ax = _axes(ax)
    ax.imshow(crop, cmap="gray", vmin=0, vmax=255)
    # The strongest value has the full colour, but pixels that hardly change the odds stay pale.
    strongest = max(float(np.abs(importance).max()), FAINT)
    ax.imshow(importance, cmap="bwr", vmin=-strongest, vmax=strongest, alpha=0.45)
    ax.set_title(
        f"{expression}: hiding a region lowers its log-odds by up to {max(importance.max(), 0):.1f}"
    )
    ax.set_axis_off()
    return ax


def _axes(ax: Axes | None) -> Axes:
    """Return `ax`, or the axes of a new figure if it is None."""
    try:
        from matplotlib import pyplot as plt  # noqa: PLC0415 (an extra)
    except ImportError as error:
        raise MissingExtraError("plot", extra="plot") from error
    # The layout leaves room for a legend beside the axes.
    return plt.subplots(layout="constrained")[1] if ax is None else ax


def _color(reading: Reading) -> tuple[int, int, int]:
    return reading.expression.color if reading.expression is not None else _UNREAD
