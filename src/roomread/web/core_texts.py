"""Translate values such as expressions, reasons and rules into the visitor's language."""

from __future__ import annotations

from roomread.formats import core_words
from roomread.readings import Expression, NoPicture, Reading, Unreadable
from roomread.room import Alert
from roomread.services.profile_summary import ProfileSummary
from roomread.services.teaching import PictureCheck
from roomread.web.messages import problem_text
from roomread.web.texts import probability, t, words


def expression_name(expression: Expression) -> str:
    """Return the name of an expression in the visitor's language."""
    return core_words.expression_name(expression, words())


def label_text(label: str) -> str:
    """Return the `label` of a reading in the visitor's language."""
    names = {str(each): expression_name(each) for each in Expression}
    return (names | {"unsure": t("unsure"), "unreadable": t("unreadable")})[label]


def unreadable_text(reason: Unreadable) -> str:
    """Explain in the visitor's language why a face cannot be read."""
    return core_words.unreadable_text(reason, words())


def movement_text(unit: str) -> str:
    """Describe an action unit in the visitor's language; return the name of an unknown unit."""
    names = {
        "AU1": t("inner brows raised"),
        "AU2": t("outer brows raised"),
        "AU4": t("brows lowered"),
        "AU5": t("upper lids raised"),
        "AU7": t("lids tightened"),
        "AU63": t("eyes look up"),
        "AU64": t("eyes look down"),
        "AU45": t("eyes closed"),
        "AU10": t("upper lip raised"),
        "AU12": t("lip corners pulled up"),
        "AU14": t("lip corners dimpled"),
        "AU15": t("lip corners pulled down"),
        "AU16": t("lower lip lowered"),
        "AU17": t("chin raised"),
        "AU18": t("lips puckered"),
        "AU20": t("lips stretched"),
        "AU22": t("lips funnelled"),
        "AU24": t("lips pressed"),
        "AU26": t("jaw open"),
        "AU28": t("lips sucked in"),
    }
    return names.get(unit, unit)


def no_picture_text(reason: NoPicture) -> str:
    """Explain in the visitor's language why a source shows no picture."""
    return {
        NoPicture.BLANK: t("No picture: the camera is covered, dark or switched off."),
        NoPicture.FROZEN: t("No picture: it has been frozen for seconds."),
    }[reason]


def reading_text(reading: Reading) -> str:
    """Describe a reading in the visitor's language, for example as "happy 97%"."""
    scores, reason = reading.scores, reading.quality.reason
    if scores is None:
        if reason is None:
            return t("unreadable")
        return t("unreadable: {reason}", reason=unreadable_text(reason))
    top = f"{expression_name(scores.top)} {probability(scores.confidence)}"
    text = top if scores.expression is not None else t("unsure ({reading}?)", reading=top)
    return "".join([text, *(f" + {name}" for name in reading.shown_states)])


def check_text(check: PictureCheck) -> str:
    """Explain in the visitor's language why a picture cannot be used to teach.

    The text is empty if the picture can be used.
    """
    if check.problem:
        return t("cannot be opened: {problem}", problem=problem_text(check.problem))
    if check.face is None:
        several = t("{n} faces were found", n=check.faces)
        return several if check.faces else t("no face was found")
    return "" if check.is_good else reading_text(check.face.reading)


def profile_text(summary: ProfileSummary) -> str:
    """Describe a profile in the visitor's language.

    The text states the kind of the profile, and the number of pictures of each expression or state.
    """
    names = {str(each): expression_name(each) for each in Expression}
    pictures = (f"{count} {names.get(label, label)}" for label, count in summary.pictures.items())
    kind = t("a person")
    if summary.kind == "state":
        person = summary.person
        kind = t("a state") if person is None else t("a state of {person}", person=person)
    return f"{kind}: {', '.join(pictures)}"


def alert_text(alert: Alert) -> str:
    """Explain in the visitor's language why an alert was raised."""
    return core_words.alert_text(alert, words())


def rule_text(rule: str) -> str:
    """Return an alert rule in the visitor's language."""
    return core_words.rule_text(rule, words())
