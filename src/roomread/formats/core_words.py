"""Describe expressions, alerts, rules and other values of the core in the reader's language."""

from __future__ import annotations

from roomread.errors import RulesError
from roomread.formats.excluded import ExcludedShares
from roomread.locales import Translator
from roomread.readings import Expression, Unreadable
from roomread.room import MIN_PEOPLE, Alert, clock, parse_rules
from roomread.room.rules import Relation, Rule
from roomread.room.window_people import NO_REASON
from roomread.store.summary import FROM_START


def expression_name(expression: Expression, words: Translator) -> str:
    """Return the translated name of an expression."""
    t = words.gettext
    return {
        Expression.ANGRY: t("angry"),
        Expression.DISGUST: t("disgust"),
        Expression.FEAR: t("fear"),
        Expression.HAPPY: t("happy"),
        Expression.SAD: t("sad"),
        Expression.SURPRISE: t("surprise"),
        Expression.NEUTRAL: t("neutral"),
    }[expression]


def unreadable_text(reason: Unreadable, words: Translator) -> str:
    """Return the translated reason why a face cannot be read."""
    t = words.gettext
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


def excluded_text(excluded: ExcludedShares, words: Translator) -> str:
    """Return one sentence on why people of a session could not be read, or "" if all were read."""
    t = words.gettext
    if not excluded.known:
        if excluded.moods:
            return t(
                "It is not known why people could not be read: this lesson was recorded with an "
                "earlier version of Roomread."
            )
        return t(
            "Why people could not be read is shown where at least {n} people are present.",
            n=MIN_PEOPLE,
        )
    if not excluded.shares:
        return ""
    listed = ", ".join(
        f"{_reason(reason, words)} {_step(share, words)}"
        for reason, share in excluded.shares.items()
    )
    if excluded.known < excluded.moods:
        return t("Why people could not be read, as far as it was kept: {reasons}.", reasons=listed)
    return t("Why people could not be read: {reasons}.", reasons=listed)


def _reason(reason: str, words: Translator) -> str:
    if reason == NO_REASON:
        return words.gettext("no face found, or just joined")
    return unreadable_text(Unreadable(reason), words)


def _step(share: float, words: Translator) -> str:
    """Format a share that was rounded to a multiple of 5 %; 0 becomes "under 5%"."""
    if not share:
        return words.gettext("under {share}", share=words.percent(0.05))
    return words.percent(share)


def probability(share: float, words: Translator) -> str:
    """Format a probability as a percentage, at most 99 % because no reading is certain."""
    return words.percent(min(share, 0.99))


def alert_text(alert: Alert, words: Translator) -> str:
    """Describe in the reader's language why an alert was raised."""
    t = words.gettext
    values = {
        "who": t("room") if alert.seat is None else t("seat {n}", n=alert.seat),
        "time": _duration(alert.seconds, words),
    }
    if alert.before is not None:
        return t(
            "{who}: valence fell from {before} to {now} in {time}",
            before=words.signed(alert.before),
            now=words.signed(alert.value),
            **values,
        )
    return t(
        "{who}: {measure} {share} on average over {time}",
        measure=measure_name(alert.measure, words),
        share=words.percent(alert.value),
        **values,
    )


def rule_text(rule: str, words: Translator) -> str:
    """Describe an alert rule in the reader's language.

    Args:
        rule: The text of a rule, such as "room valence fell by 20% in 3 min". A rule of another
            version of Roomread that cannot be parsed is returned unchanged.
        words: The translator for the reader's language.
    """
    try:
        (parsed,) = parse_rules(rule)
    except RulesError:
        return rule
    return _sentence(parsed, words)


def _sentence(rule: Rule, words: Translator) -> str:
    t = words.gettext
    values = {
        "who": t("room") if rule.subject == "room" else t("one person"),
        "measure": measure_name(rule.measure, words),
        "threshold": words.percent(rule.threshold),
        "time": _duration(rule.seconds, words),
    }
    if rule.relation is Relation.FELL:
        return t("{who}: {measure} falls by {threshold} within {time}", **values)
    if rule.relation is Relation.ABOVE:
        return t("{who}: {measure} above {threshold} for {time}", **values)
    return t("{who}: {measure} below {threshold} for {time}", **values)


def part_name(label: str, words: Translator) -> str:
    """Return the label of a part of a lesson.

    The label of the part before all marks is translated. Other labels are returned unchanged.
    """
    return words.gettext("from the start") if label == FROM_START else label


def measure_name(measure: str, words: Translator) -> str:
    """Return the translated name of a measure of `roomread.room.rules.MEASURES`.

    A measure that this version of Roomread does not know is returned unchanged.
    """
    t = words.gettext
    names = {
        "valence": t("valence"),
        "negative": t("negative"),
        "coverage": t("coverage"),
        "unreadable": t("unreadable"),
        "looking_away": t("looking away"),
        "eyes_closed": t("eyes closed"),
    }
    if measure in names:
        return names[measure]
    expression = Expression.__members__.get(measure.upper())
    return expression_name(expression, words) if expression is not None else measure


def _duration(seconds: int, words: Translator) -> str:
    if seconds < 120:
        return words.gettext("{n} s", n=seconds)
    return words.gettext("{time} min", time=clock(seconds))
