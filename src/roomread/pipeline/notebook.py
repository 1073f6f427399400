"""Render readings as HTML for notebooks."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from roomread.media import draw_readings
from roomread.readings import Reading

# Limits of the picture's longer side, px, and of the number of rows, because a notebook file stores
# both the picture and the table.
_SIDE, _ROWS = 900, 50


def to_html(title: str, readings: Sequence[Reading], picture: NDArray[np.uint8] | None) -> str:
    """Return an HTML fragment with the annotated picture and a table of its faces.

    Args:
        title: One line of text.
        readings: The readings of the picture.
        picture: uint8 [H, W, 3] RGB; None to show the table alone.
    """
    parts = [f"<p>{html.escape(title)}</p>"]
    if picture is not None:
        parts.append(_image(draw_readings(picture, readings)))
    if readings:
        parts.append(_table(readings))
    return f"<div>{''.join(parts)}</div>"


def _image(picture: NDArray[np.uint8]) -> str:
    shown = Image.fromarray(picture)
    shown.thumbnail((_SIDE, _SIDE))
    file = io.BytesIO()
    shown.save(file, "JPEG", quality=88)
    data = base64.b64encode(file.getvalue()).decode("ascii")
    return f'<img alt="the picture with its readings" src="data:image/jpeg;base64,{data}">'


def _table(readings: Sequence[Reading]) -> str:
    rows = [
        "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in _cells(number, each)) + "</tr>"
        for number, each in enumerate(readings[:_ROWS], start=1)
    ]
    if len(readings) > _ROWS:
        rows.append(f'<tr><td colspan="4">and {len(readings) - _ROWS} more</td></tr>')
    heads = "".join(f"<th>{head}</th>" for head in ("", "expression", "confidence", "person"))
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _cells(number: int, reading: Reading) -> tuple[str, str, str, str]:
    scores = reading.scores
    shown = str(reading.expression or "unsure") if scores is not None else str(reading)
    return str(number), shown, scores.percent if scores is not None else "", reading.person or ""
