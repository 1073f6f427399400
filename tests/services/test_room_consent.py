from __future__ import annotations

from datetime import UTC, datetime

import pytest

from roomread.joining import check_receipt
from roomread.locales import LANGUAGES, translator
from roomread.services.room_consent import consent_of, consent_receipt, consent_text

NOON = datetime(2026, 9, 1, 12, 30, 15, 999, tzinfo=UTC)


@pytest.mark.parametrize("faces", [False, True])
@pytest.mark.parametrize("language", LANGUAGES)
def test_consent_text_is_found_by_its_version(language: str, *, faces: bool) -> None:
    text = consent_text(translator(language), faces=faces)
    assert consent_of(text.version) == text
    assert len(text.digest) == 64


def test_consent_texts_of_every_language_and_kind_have_different_digests() -> None:
    texts = [consent_text(translator(name), faces=f) for name in LANGUAGES for f in (False, True)]
    assert (
        len({text.digest for text in texts}) == len({text.version for text in texts}) == len(texts)
    )


@pytest.mark.parametrize(
    "version", ["", "2", "1-en-taps", "2-xx-taps", "2-en-", "2-en-taps-", "2-en-face"]
)
def test_unknown_or_outdated_version_has_no_consent_text(version: str) -> None:
    assert consent_of(version) is None


def test_consent_text_for_faces_includes_the_consent_text_for_button_presses() -> None:
    words = translator("en")
    taps, faces = (consent_text(words, faces=each).paragraphs for each in (False, True))
    assert faces[-len(taps) :] == taps
    assert any("No picture leaves this device" in sentence for sentence in faces)
    assert not any("face" in sentence for sentence in taps)


@pytest.mark.parametrize(
    ("faces", "data"),
    [(False, "button presses"), (True, "button presses, and expression probabilities")],
)
def test_consent_receipt_is_signed_and_names_the_consent_text_and_the_data(
    *, faces: bool, data: str
) -> None:
    text = consent_text(translator("en"), faces=faces)
    receipts = [
        consent_receipt(text, room_id="0a1b2c3d", room="Algebra 7b", secret="s", now=NOON)  # noqa: S106
        for _ in range(2)
    ]
    first, second = receipts
    assert check_receipt(first, "s")
    assert not check_receipt(first | {"data": "nothing"}, "s")
    assert (first["given_at"], first["data"]) == ("2026-09-01T12:30:15+00:00", data)
    assert (first["text_version"], first["text_sha256"]) == (text.version, text.digest)
    assert first["receipt_id"] != second["receipt_id"]
