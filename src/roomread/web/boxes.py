"""Show a picture with a numbered box around each face; the visitor can choose a face."""

from __future__ import annotations

import base64

from roomread.formats.palette import USUAL, hex_color
from roomread.formats.score_charts import score_bars
from roomread.readings import Reading
from roomread.services.results import PictureResult
from roomread.web.component import component
from roomread.web.core_texts import reading_text
from roomread.web.texts import t, tn, words

_HTML = """
<div class="faces">
  <div class="frame"><img></div>
  <div class="beside"><p class="said" aria-live="polite"></p><div class="scores"></div></div>
</div>
"""
_STYLE = """
.faces { display: grid; gap: 1rem; color: var(--st-text-color); font-family: var(--st-font);
  --chart-page: var(--st-background-color); grid-template-columns: minmax(0, 1fr); }
@media (min-width: 56rem) {
  .faces { grid-template-columns: minmax(0, 3fr) minmax(0, 2fr); }
}
.frame { position: relative; align-self: start; max-height: 80vh; max-width: 100%; }
.frame img { display: block; width: 100%; height: 100%; }
.frame button { position: absolute; box-sizing: border-box; padding: 0; background: none;
  border: 3px solid; outline: 1px solid #000; cursor: pointer; min-width: 24px; min-height: 24px;
  display: flex; align-items: flex-start; }
.frame span { position: absolute; left: -3px; bottom: 100%; background: #000; color: #fff;
  padding: .1rem .3rem; font: 700 .8rem/1.2 sans-serif; }
.frame button[aria-pressed="true"] { border-width: 5px; box-shadow: 0 0 0 3px #fff; }
.frame button:focus-visible { outline: 3px solid #fff; outline-offset: 3px;
  box-shadow: 0 0 0 6px #000; }
.said { margin: 0 0 .5rem; font-weight: 600; }
.scores svg { display: block; width: 100%; max-width: 30rem; height: auto; }
"""


def show_faces(picture: PictureResult, *, key: str) -> Reading | None:
    """Draw a picture with a numbered box for each face, and the scores of the chosen face.

    Args:
        picture: the picture with its readings.
        key: the key of the picture on its page.

    Returns:
        The chosen face; None in a picture without faces.
    """
    height, width = picture.frame.image.shape[:2]
    count = len(picture.readings)
    data = {
        "id": key,
        "picture": f"data:image/jpeg;base64,{base64.b64encode(picture.plain).decode()}",
        "alt": t("{name}: {faces}", name=picture.frame.source, faces=faces_text(count)),
        "width": width,
        "height": height,
        "chosen": 0,
        "faces": [_face(number, each) for number, each in enumerate(picture.readings, start=1)],
        "nothing": t("No face was found. Faces under about 24 pixels or from behind are missed."),
    }
    result = component("boxes", html=_HTML, css=_STYLE)(
        key=key, data=data, default={"chosen": 0}, on_chosen_change=lambda: None
    )
    chosen = result.chosen if isinstance(result.chosen, int) else 0
    return picture.readings[min(max(chosen, 0), count - 1)] if count else None


def faces_text(count: int) -> str:
    """Describe the number of faces that were found."""
    return tn("1 face", "{n} faces", count) if count else t("no face was found")


def _face(number: int, reading: Reading) -> dict[str, object]:
    color = reading.expression.color if reading.expression is not None else USUAL
    return {
        "box": [round(float(edge), 1) for edge in reading.box],
        "color": hex_color(color),
        "text": t("Face {number}: {said}", number=str(number), said=reading_text(reading)),
        "scores": score_bars(reading.scores, words=words()) if reading.scores is not None else "",
    }
