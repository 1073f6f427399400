"""The words of the core in the visitor's language, chosen by what they mean."""

from __future__ import annotations

from roomread.readings import Expression, NoPicture, Reading, Unreadable, percent
from roomread.web.texts import t


def expression_name(expression: Expression) -> str:
    """Return the name of an expression in the visitor's language."""
    return {
        Expression.ANGRY: t("angry"),
        Expression.DISGUST: t("disgust"),
        Expression.FEAR: t("fear"),
        Expression.HAPPY: t("happy"),
        Expression.SAD: t("sad"),
        Expression.SURPRISE: t("surprise"),
        Expression.NEUTRAL: t("neutral"),
    }[expression]


def unreadable_text(reason: Unreadable) -> str:
    """Return in the visitor's language why a face cannot be read."""
    return {
        Unreadable.TOO_SMALL: t("too small"),
        Unreadable.CUT_OFF: t("cut off by the picture's edge"),
        Unreadable.TOO_DARK: t("too dark"),
        Unreadable.TOO_BRIGHT: t("too bright"),
        Unreadable.FLAT: t("no contrast"),
        Unreadable.BLURRED: t("blurred"),
        Unreadable.TURNED_AWAY: t("turned away"),
        Unreadable.TILTED: t("tilted"),
        Unreadable.COVERED: t("covered"),
    }[reason]


def no_picture_text(reason: NoPicture) -> str:
    """Return in the visitor's language why a source shows no picture."""
    return {
        NoPicture.BLANK: t("No picture: the camera is covered, dark or switched off."),
        NoPicture.FROZEN: t("No picture: it has been frozen for seconds."),
    }[reason]


def reading_text(reading: Reading) -> str:
    """Return a reading in the visitor's language, such as "happy 97%" or why it has no scores."""
    scores, reason = reading.scores, reading.quality.reason
    if scores is None:
        if reason is None:
            return t("unreadable")
        return t("unreadable: {reason}", reason=unreadable_text(reason))
    top = f"{expression_name(scores.top)} {percent(scores.confidence)}"
    text = top if scores.expression is not None else t("unsure ({reading}?)", reading=top)
    return "".join([text, *(f" + {name}" for name in reading.shown_states)])
