"""The text that students consent to before they join a room, and the receipt for the consent."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from roomread.joining import make_receipt
from roomread.locales import LANGUAGES, Translator, translator

# Increase this number whenever the meaning of the text changes.
_EDITION = "2"
_FACES, _TAPS = "faces", "taps"


@dataclass(frozen=True, slots=True)
class ConsentText:
    """The text that students agree to, in one language.

    Attributes:
        version: The edition, the language and the kind of consent, such as "2-en-taps".
        paragraphs: The text.
    """

    version: str
    paragraphs: tuple[str, ...]

    @property
    def digest(self) -> str:
        """The SHA-256 of the text, in hexadecimal digits."""
        return hashlib.sha256("\n".join(self.paragraphs).encode()).hexdigest()


def consent_text(words: Translator, *, faces: bool) -> ConsentText:
    """Return the text that students agree to in a room.

    Args:
        words: The translator for the language of the text.
        faces: Whether the student's own browser may read their face; otherwise only buttons are
            used.
    """
    kind = _FACES if faces else _TAPS
    version = f"{_EDITION}-{words.language}-{kind}"
    return ConsentText(version, tuple(_with_faces(words) if faces else _with_taps(words)))


def consent_of(version: str) -> ConsentText | None:
    """Return the consent text of a version; None if no current text has this version."""
    edition, _, rest = version.partition("-")
    language, _, kind = rest.partition("-")
    if edition != _EDITION or language not in LANGUAGES or kind not in (_FACES, _TAPS):
        return None
    return consent_text(translator(language), faces=kind == _FACES)


def _with_taps(words: Translator) -> list[str]:
    return [
        words.gettext(
            "You press buttons; your teacher sees how many people press each, but never who."
        ),
        words.gettext("There are no names, and counts are shown only with five people or more."),
        words.gettext(
            "The results of the room are stored with the lesson until your teacher deletes it."
        ),
        words.gettext("Joining is your choice. You can pause or leave at any time."),
    ]


def _with_faces(words: Translator) -> list[str]:
    return [
        words.gettext(
            "Your own browser looks at your face and sends twice a second how likely each of "
            "seven expressions is, or why your face cannot be read. No picture leaves this device."
        ),
        words.gettext(
            "Your teacher sees the average of five people or more in steps of 5 %, never yours. "
            "Your numbers are not kept."
        ),
        words.gettext("An expression is what a face shows, not what the person feels."),
        *_with_taps(words),
    ]


def consent_receipt(
    text: ConsentText, *, room_id: str, room: str, secret: str, now: datetime | None = None
) -> dict[str, Any]:
    """Return the receipt that a student gets for a consent (ISO/IEC TS 27560:2023).

    Args:
        text: The text that the student agreed to.
        room_id: The id of the room.
        room: The name of the room.
        secret: The secret with which the service signs receipts.
        now: The time of the consent, UTC; None for the present.
    """
    given_at = (now or datetime.now(UTC)).isoformat(timespec="seconds")
    data = "button presses, and expression probabilities" if _FACES in text.version else ""
    fields = {
        "schema": "ISO/IEC TS 27560:2023",
        "receipt_id": secrets.token_hex(16),
        "given_at": given_at,
        "room": room,
        "room_id": room_id,
        "purpose": "show the teacher how the whole room follows the lesson",
        "data": data or "button presses",
        "method": "pressed a button that says so, on the page with this text",
        "text_version": text.version,
        "text_sha256": text.digest,
        "text": list(text.paragraphs),
        "withdrawal": "press Leave, or close the page",
        "recipients": "the teacher of the room, who sees figures of five people or more",
    }
    return make_receipt(fields, secret)
