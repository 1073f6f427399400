"""Draw readings into pictures."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from roomread.readings import Box, Reading
from roomread.readings.colors import RGB, contrast

_UNREAD = (150, 150, 150)
_BLACK, _WHITE = (0, 0, 0), (255, 255, 255)
# Size of the text as a fraction of the picture's longer side and of the face's width; the smaller
# size is used, within the limits below.
_TEXT_OF_PICTURE, _TEXT_OF_FACE = 1 / 45, 1 / 5
# Colours of pixels that support an expression and that oppose it, and their maximum opacity.
_RED, _BLUE, _OPACITY = (220, 30, 30), (40, 80, 230), 0.7
# Importance, in log-odds, up to which a pixel is drawn pale even if no other pixel is stronger.
FAINT = 0.2
_SMALLEST_TEXT, _LARGEST_TEXT = 10, 64


def draw_readings(
    image: NDArray[np.uint8], readings: Sequence[Reading], *, numbered: bool = False
) -> NDArray[np.uint8]:
    """Return a copy of a picture, uint8 [H, W, 3], with a box and a label for each reading.

    Args:
        image: uint8 [H, W, 3].
        readings: The readings of the faces in the picture.
        numbered: Whether each label begins with the number of the reading in `readings`, from 1.
    """
    canvas = Image.fromarray(image)
    draw = ImageDraw.Draw(canvas)
    for reading in readings:
        _draw_box(draw, reading, canvas.size)
    # Labels come after all boxes, so that no box crosses out a word.
    for number, reading in enumerate(readings, start=1):
        text = f"{number} {label_text(reading)}" if numbered else label_text(reading)
        _draw_label(draw, reading, text, canvas.size)
    return np.asarray(canvas)


def draw_importance(
    crop: NDArray[np.uint8], importance: NDArray[np.float32], side: int
) -> NDArray[np.uint8]:
    """Return a grey face coloured by the importance of its pixels, uint8 [side, side, 3] RGB.

    Args:
        crop: The face, grey, uint8 [S, S].
        importance: By how much the log-odds of the expression fall when a pixel is hidden, float32
            [S, S]. Positive values are drawn red, negative values blue.
        side: The width and height of the result, px.
    """
    size, smooth = (side, side), Image.Resampling.BICUBIC
    grey = np.asarray(Image.fromarray(crop).resize(size, smooth), np.float32)[..., None]
    # The strongest value has the full colour, but pixels that hardly change the odds stay pale.
    strongest = max(float(np.abs(importance).max()), FAINT)
    shares = Image.fromarray((importance / strongest).astype(np.float32)).resize(size, smooth)
    share = np.asarray(shares)[..., None].clip(-1, 1)
    color = np.where(share > 0, np.array(_RED, np.float32), np.array(_BLUE, np.float32))
    opacity = _OPACITY * np.abs(share)
    mixed: NDArray[np.float32] = grey * (1 - opacity) + color * opacity
    return mixed.round().astype(np.uint8)


def label_text(reading: Reading) -> str:
    """Return a face's label: its id, expression, confidence and states, or why it is unreadable."""
    number = f"#{reading.person_key} " if reading.person_key is not None else ""
    if reading.scores is None:
        return f"{number}{reading.quality.reason}"
    states = "".join(f" + {name}" for name in reading.shown_states)
    if reading.expression is None:
        return f"{number}unsure{states}"
    return f"{number}{reading.scores}{states}"


def _color(reading: Reading) -> RGB:
    return reading.expression.color if reading.expression is not None else _UNREAD


def _text_color(background: RGB) -> RGB:
    """Return black or white, whichever has more contrast with the background: 4.5:1 or more."""
    return max(_BLACK, _WHITE, key=lambda color: contrast(color, background))


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def _text_size(box: Box, picture: tuple[int, int]) -> int:
    wanted = min(max(picture) * _TEXT_OF_PICTURE, box.width * _TEXT_OF_FACE)
    return round(min(max(wanted, _SMALLEST_TEXT), _LARGEST_TEXT))


def _line_width(picture: tuple[int, int]) -> int:
    return max(1, round(max(picture) / 500))


def _draw_box(draw: ImageDraw.ImageDraw, reading: Reading, picture: tuple[int, int]) -> None:
    left, top, right, bottom = reading.box
    if right - left < 1 or bottom - top < 1:
        return
    width = _line_width(picture)
    # A dark line around the coloured one makes it visible on any background.
    draw.rectangle((left, top, right, bottom), outline=_BLACK, width=width + 2)
    draw.rectangle((left, top, right, bottom), outline=_color(reading), width=width)


def _draw_label(
    draw: ImageDraw.ImageDraw, reading: Reading, text: str, picture: tuple[int, int]
) -> None:
    size = _text_size(reading.box, picture)
    font = _font(size)
    pad = max(2, size // 4)
    width, height = draw.textlength(text, font=font) + 2 * pad, size + 2 * pad
    left = min(max(reading.box.left, 0), max(picture[0] - width, 0))
    top = reading.box.top - height
    if top < 0:
        # Without room above, the label goes below the chin, so that the face stays visible.
        top = min(reading.box.bottom, picture[1] - height)
    background = _color(reading)
    draw.rectangle((left, top, left + width, top + height), fill=background)
    middle = (left + width / 2, top + height / 2)
    draw.text(middle, text, font=font, fill=_text_color(background), anchor="mm")
