"""The words of the core in the visitor's language, chosen by what they mean."""

from __future__ import annotations

from roomread.readings import Expression, NoPicture, Reading, Unreadable, percent
from roomread.room import Alert, clock
from roomread.services.teaching import PictureCheck
from roomread.web.texts import signed, t


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


def check_text(check: PictureCheck) -> str:
    """Return in the visitor's language why a picture cannot be learnt from; empty if it can."""
    if check.problem:
        return t("cannot be opened: {problem}", problem=check.problem)
    if check.face is None:
        several = t("{n} faces were found", n=check.faces)
        return several if check.faces else t("no face was found")
    return "" if check.is_good else reading_text(check.face.reading)


def alert_text(alert: Alert) -> str:
    """Return in the visitor's language why an alert was raised."""
    values = {
        "who": t("room") if alert.seat is None else t("seat {n}", n=alert.seat),
        "time": _duration(alert.seconds),
    }
    if alert.before is not None:
        return t(
            "{who}: valence fell from {before} to {now} in {time}",
            before=signed(alert.before),
            now=signed(alert.value),
            **values,
        )
    return t(
        "{who}: {measure} {share} on average over {time}",
        measure=_measure_name(alert.measure),
        share=f"{alert.value:.0%}",
        **values,
    )


def _measure_name(measure: str) -> str:
    names = {
        "valence": t("valence"),
        "negative": t("negative"),
        "coverage": t("coverage"),
        "unreadable": t("unreadable"),
        "looking_away": t("looking away"),
        "eyes_closed": t("eyes closed"),
    }
    return names[measure] if measure in names else expression_name(Expression[measure.upper()])


def _duration(seconds: int) -> str:
    if seconds < 120:
        return t("{n} s", n=seconds)
    return t("{time} min", time=clock(seconds))
