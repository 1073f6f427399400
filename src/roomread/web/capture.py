"""Take pictures with the visitor's camera while a button is held."""

from __future__ import annotations

import base64
import binascii

from roomread.web.component import component
from roomread.web.texts import t

_HTML = """
<div class="capture">
  <video class="preview" muted playsinline hidden></video>
  <p class="said" role="status"></p>
  <button class="on" type="button"></button>
  <button class="hold" type="button" hidden></button>
</div>
"""
_STYLE = """
.capture { color: var(--st-text-color); font-family: var(--st-font); }
.preview { display: block; width: 100%; max-width: 24rem; border-radius: .5rem;
  transform: scaleX(-1); }
.said { margin: .25rem 0; min-height: 1.5em; }
button { font: inherit; color: inherit; background: var(--st-secondary-background-color);
  border: 1px solid currentColor; border-radius: .5rem; padding: .5rem 1rem;
  margin: 0 .5rem .5rem 0; min-height: 2.5rem; cursor: pointer; touch-action: none;
  user-select: none; }
/* A button has no text before the script runs, which a change of the theme delays. */
button:empty { visibility: hidden; }
button:active { border-width: 2px; }
button:focus-visible { outline: 3px solid #3b82c4; outline-offset: 2px; }
"""
# Maximum number of pictures while the button is held once, the same as in the JavaScript, and
# maximum size of a picture, bytes.
_MOST, _LARGEST = 10, 2_000_000


def take_pictures(*, key: str) -> list[bytes]:
    """Draw the camera, and return the pictures taken since the page was last drawn, as JPEG.

    Args:
        key: the key of the camera on its page.
    """
    texts = {
        "on": t("Turn the camera on"),
        "off": t("Turn the camera off"),
        "hold": t("Hold to take pictures"),
        "denied": t(
            "The browser does not allow the camera: allow it by the symbol in the address bar, "
            "then turn it on again."
        ),
        "missing": t("No camera was found."),
        "busy": t("Another program uses the camera: close it, then turn the camera on again."),
        "other": t("The camera cannot be used here."),
    }
    taken = component("capture", html=_HTML, css=_STYLE)(
        key=key, data={"texts": texts}, on_pictures_change=lambda: None
    )
    return _decoded(taken.pictures)


def _decoded(sent: object) -> list[bytes]:
    """Decode the pictures that a browser sent; leave out pictures that are invalid or too large."""
    pictures = []
    for text in sent[:_MOST] if isinstance(sent, list) else ():
        if isinstance(text, str) and len(text) <= 4 * _LARGEST // 3:
            try:
                pictures.append(base64.b64decode(text, validate=True))
            except binascii.Error:
                continue
    return pictures
