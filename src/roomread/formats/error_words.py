"""Translate the most frequent errors of users into the reader's language.

The core raises its errors in English, as `problem` and `hint`. This module lists the English
sentences with which the app shows errors and the results of teaching a profile. All other sentences
stay English, including messages of the operating system and of libraries.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from roomread.errors import RoomreadError
from roomread.locales import SOURCE, Translator, Value


def t(message: str) -> str:
    """Mark a message for extraction by `make texts`; it is translated when an error is shown."""
    return message


_PURPOSE = (
    t(
        "work and education in the European Union must not infer the emotions of others from "
        "their faces (Article 5(1)(f) of the AI Act)"
    ),
    t("{reason}, and no region was chosen"),
    t("no purpose was chosen for this installation, so it records no class"),
    t("this installation is for its user alone ('personal'), so it records no class"),
    t("this setting is fixed to '{value}' by the environment variable {variable}"),
    t("change that variable"),
)
# In an error, the name of a file or camera and a colon precede these problems.
_FILES = (
    t("no such file"),
    t("is not a picture"),
    t("is not a video"),
    t("is empty"),
    t("is empty (0 bytes)"),
    t("is damaged: a part of the picture is missing"),
    t("is damaged: {cause}"),
    t("is damaged or no supported picture or video"),
    t("has too many pixels"),
    t("{width} x {height} is too many pixels"),
    t("is over {n} MB"),
    t("permission to read it is denied"),
    t("is a folder, not a picture"),
    t("is a picture"),
    t("is a picture of an unsupported kind"),
    t("is not a supported kind of video"),
    t("has no video track"),
    t("no frame can be decoded"),
    t("is cut off: {seconds} s of {whole} s could be read"),
    t("stopped after {seconds} s"),
    t("{n} damaged packets could not be read"),
    t("is longer than {n} minutes"),
    t("took over {seconds} s"),
    t("crashed the decoder"),
    t("made no progress"),
    t("crashed the process that reads it"),
    t("needs too much memory"),
    t("copy or download it again"),
    t("copy or download it again; what could be read was analysed"),
    t("check the name"),
    t("check its permissions"),
    t("check whether it is damaged"),
    t("save it as JPEG or PNG"),
    t("save it again as JPEG or PNG"),
    t("scale it down first"),
    t("at most {n} megapixels; scale it down first"),
    t("JPEG, PNG, WebP, BMP, TIFF, GIF, AVIF and HEIC can be read"),
    t("MP4, WebM, MKV, AVI, MOV, MPEG, WMV and FLV can be read; copy or download it again"),
    t("give a file with a video track"),
    t("submit it as a picture instead"),
    t("cut it into parts"),
    t("try again later"),
    t("name a picture in it"),
)
_CAMERAS = (
    t("no such camera"),
    t("no such screen"),
    t("the source sends no pictures"),
    t("no answer"),
    t("the stream ended after {seconds} s"),
    t("the stream stopped after {seconds} s: {cause}"),
    t("is a file, not a camera or a stream"),
    t("no camera is connected"),
    t("cameras here: {cameras}"),
    t("{n} cameras are connected"),
    t("{n} screens are connected"),
    t("check that it is switched on and reachable"),
    t("check the address, the permissions and the network"),
    t("the frames before that were analysed; start again when it is back"),
    t("open it as a recording"),
)
_FACES = (
    t("no face was found"),
    t("{n} faces were found"),
    t("the face cannot be read: {reason}"),
    t("too small"),
    t("cut off by the picture's edge"),
    t("too dark"),
    t("too bright"),
    t("no contrast"),
    t("blurred"),
    t("turned away"),
    t("tilted"),
    t("covered"),
    t("use a picture that shows one face"),
    t("take another picture"),
    t("'{name}' cannot be a profile's name"),
    t("use up to 40 lower-case letters, digits, - and _"),
    t("'{name}' is one of the seven expressions"),
    t("choose another name"),
    t("there is already a profile '{name}'"),
    t("there is no profile '{name}'"),
    t("is the same picture as {other}"),
    t("use a different picture for each reference"),
    t("{n} profiles are already stored"),
    t("delete one that is not used"),
    t("'{name}' does not help and was not kept: {result}"),
    t("add clearer or more pictures"),
    t("It helps: {result}."),
    t("It does not help: {result}."),
    t("Already read right: there is nothing to learn. {result}."),
    t("Not tested: {result}."),
    t("taught with one picture, so that no other is left for a test"),
    t(
        "{n} of {all} left-out pictures are read correctly; the general model calls most of them "
        "{expression}"
    ),
    t(
        "{n} of {all} left-out pictures are read correctly, {before} by the general model; "
        "probability of what they show {earlier} before, {later} after"
    ),
    t("angry"),
    t("disgust"),
    t("fear"),
    t("happy"),
    t("sad"),
    t("surprise"),
    t("neutral"),
)
_LESSONS = (
    t("a session needs a name"),
    t('give it a name such as "Algebra 7b"'),
    t("readings of individual people are stored only with their consent"),
    t('say who consented and how, such as "all 28, in writing, 2 September"'),
    t("naming a seat needs the person's consent and a name"),
    t("give the name, and record how the person consented"),
    t("distinguishing people by their faces needs their consent"),
    t("record who consented and how; the consent must cover this"),
    t("session {id} is being recorded"),
    t("stop it first"),
    t("there is no session '{id}'"),
    t("session {id} has no readings of seat {seat}"),
    t("{n} sessions are already being recorded"),
    t("stop one of them"),
    t("is not a transcript that can be read"),
    t("its first message is at {time}, but the offset to the session is unknown"),
    t("begins at {start}, and no part of it lies within the session, which is {length} long"),
    t("no slide lies within the session, which is {length} long"),
    t("check the offset"),
    t("line {line}: '{text}' is not a rule"),
    t("line {line}: {percent}% is not between {lowest}% and 100%"),
    t("write {form}"),
)
_LOAD = (
    t("{n} {what} are being processed or waiting"),
    t("too many {what} are being processed or waiting"),
    t("too many {what} are being processed for other users"),
    t("pictures"),
    t("try again in {when}"),
    t("a moment"),
    t("a minute"),
    t("{n} videos are already stored"),
    t("delete some, or wait until the oldest expire"),
    t("the waiting videos take all the space"),
    t("{n} videos are already waiting"),
    t("{what} needs the extra '{extra}'"),
    t("{what} needs the library {library}"),
    t("the Haar detector"),
    t("an HEIC picture"),
    t("reading a screen"),
    t("reading slides"),
    t("a report as PDF"),
    t("install {library} with the system's package manager"),
)
SENTENCES = (*_PURPOSE, *_FILES, *_CAMERAS, *_FACES, *_LESSONS, *_LOAD)
"""The English sentences that can be translated, with `{name}` in place of each value."""

_PLACEHOLDER = re.compile(r"\\\{(\w+)\\\}")
# Values that are numbers, and values that are translated as sentences of their own.
_NUMBERS = frozenset({"n", "all", "before", "earlier", "later", "seconds", "whole"})
_PARTS = frozenset({"reason", "what", "when", "result", "expression"})


def error_text(error: RoomreadError, words: Translator) -> str:
    """Return the problem and the hint of an error, each translated if a translation is known."""
    problem, hint = problem_text(error.problem, words), problem_text(error.hint, words)
    return f"{problem} ({hint})" if hint else problem


def problem_text(problem: str, words: Translator) -> str:
    """Translate the problem or the hint of an error of the core.

    Args:
        problem: The English text of `RoomreadError.problem`, `RoomreadError.hint` or `str(error)`.
        words: The translator for the reader's language.

    Returns:
        The translated text; a problem or hint that is not known stays English.
    """
    if words.language == SOURCE:
        return problem
    pairs = list(_pairs(problem))
    for fact, hint in pairs:
        told = _translated(hint, words)
        if told is not None:
            return f"{_translated(fact, words) or fact} ({told})"
    whole = _translated(problem, words)
    if whole is not None:
        return whole
    for fact, hint in pairs:
        told = _translated(fact, words)
        if told is not None:
            return f"{told} ({hint})"
    return problem


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    """Yield every way to split the text of `str(error)` into a problem and a hint."""
    if text.endswith(")"):
        for found in re.finditer(r" \(", text):
            yield text[: found.start()], text[found.end() : -1]


def _translated(text: str, words: Translator) -> str | None:
    """Translate a sentence that may follow a name and a colon; return None if it is unknown."""
    start = 0
    while True:
        translated = _sentence(text[start:], words)
        if translated is not None:
            return text[:start] + translated
        colon = text.find(": ", start)
        if colon < 0:
            return None
        start = colon + len(": ")


def _sentence(text: str, words: Translator) -> str | None:
    for sentence, pattern in _patterns():
        found = pattern.fullmatch(text)
        if found is None:
            continue
        values: dict[str, Value] = {}
        for name, value in found.groupdict().items():
            values[name] = float(value) if name in _NUMBERS else value
            if name in _PARTS:
                part = _translated(value, words)
                if part is None:
                    break
                values[name] = part
        else:
            return words.gettext(sentence, **values)
    return None


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Return each known sentence with the regular expression that captures its values."""
    return tuple((sentence, re.compile(_pattern(sentence))) for sentence in SENTENCES)


def _pattern(sentence: str) -> str:
    def group(found: re.Match[str]) -> str:
        kind = r"\d+(?:\.\d+)?" if found[1] in _NUMBERS else r".+?"
        return f"(?P<{found[1]}>{kind})"

    return _PLACEHOLDER.sub(group, re.escape(sentence))
