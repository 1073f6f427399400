"""Write the paragraphs about Roomread for the methods section of a paper."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from roomread._version import __version__
from roomread.classifier import Head, ModelFile
from roomread.errors import ModelFileError, RoomreadError
from roomread.faces import choices as detectors
from roomread.formats.excluded import ExcludedShares, excluded_shares
from roomread.pipeline.stream_analyzer import DEFAULT_SMOOTHING
from roomread.readings import Reading
from roomread.room import MIN_PEOPLE, RoomMood
from roomread.room.session import Session
from roomread.room.window_people import NO_REASON

# The evaluations of a model card that the paragraph quotes, and the labels they were made with.
_COMPARISONS = {
    "FER+ majority, official": "the majority of FER+'s ten taggers",
    "FER-2013 label, official": "the label of FER-2013",
}

_HEADS = {
    Head.TAGGERS: "Its head for the majority of FER+'s taggers was used.",
    Head.LABEL: "Its head for FER-2013's label was used.",
    Head.BOTH: "The probabilities of its two heads, for the majority of FER+'s taggers and for "
    "FER-2013's label, were averaged.",
}

# How the faces were found, by the name of the detector.
_FOUND = {
    detectors.DEFAULT: "Faces were found by CenterFace \\cite{xu2020centerface}, turned upright by "
    "their five landmarks, and",
    detectors.HAAR: "Faces were found by the Haar cascade of OpenCV \\cite{viola2001rapid} and",
}


# The text for people who have `NO_REASON` in place of a reason.
_NO_REASON = "no face found or just joined"


class OtherDetectorError(RoomreadError):
    """The faces of the readings were not found by the given detector."""


@dataclass(frozen=True, slots=True)
class ReadingsSummary:
    """The counts of readings that a paper states.

    Attributes:
        faces: The number of readings.
        sources: The number of files, cameras or streams.
        tracks: The number of faces that were followed in videos; 0 for pictures.
        expressions: The number of readings with each expression.
        unsure: The number of readings whose expression was withheld.
        unreadable: The number of unreadable readings, by the reason why they are unreadable.
        thresholds: The confidence thresholds below which expressions were withheld.
        with_landmarks: The number of readings with landmarks.
    """

    faces: int = 0
    sources: int = 0
    tracks: int = 0
    expressions: Counter[str] = field(default_factory=Counter)
    unsure: int = 0
    unreadable: Counter[str] = field(default_factory=Counter)
    thresholds: frozenset[float] = frozenset()
    with_landmarks: int = 0


@dataclass(frozen=True, slots=True)
class MoodsSummary:
    """The proportion of people in a room who could not be read, computed from the room's moods.

    Attributes:
        moods: The number of moods with at least one person present.
        unreadable: The proportion of the people present who could not be read, over all these
            moods, 0..1.
        without_scores: The proportion of these moods without scores, because too few people were
            readable or the scores were withheld, 0..1.
        excluded: The proportions of the people present who could not be read, by reason.
    """

    moods: int = 0
    unreadable: float = 0.0
    without_scores: float = 0.0
    excluded: ExcludedShares = field(default_factory=ExcludedShares)


def summarise_moods(
    moods: Iterable[RoomMood], excluded: Iterable[tuple[int, Mapping[str, int] | None]] = ()
) -> MoodsSummary:
    """Return the proportions of people who could not be read, from the moods of a session.

    Args:
        moods: The moods, rounded for display.
        excluded: For each mood, the number of people present and the number of unreadable people
            for each reason; see `OwnerStore.excluded`.
    """
    inhabited = [mood for mood in moods if mood.present]
    if not inhabited:
        return MoodsSummary()
    present = sum(mood.present for mood in inhabited)
    readable = sum(mood.readable for mood in inhabited)
    without = sum(mood.scores is None for mood in inhabited)
    return MoodsSummary(
        moods=len(inhabited),
        unreadable=1 - readable / present,
        without_scores=without / len(inhabited),
        excluded=excluded_shares(excluded),
    )


def summarise_readings(readings: Iterable[Reading]) -> ReadingsSummary:
    """Count readings by source, expression, and reason for being unreadable."""
    faces = unsure = with_landmarks = 0
    sources, tracks, thresholds = set(), set(), set()
    expressions, unreadable = Counter[str](), Counter[str]()
    for reading in readings:
        faces += 1
        with_landmarks += reading.landmarks is not None
        sources.add(reading.source)
        if reading.track_id is not None:
            tracks.add((reading.source, reading.track_id))
        if reading.scores is None:
            unreadable[str(reading.unreadable)] += 1
            continue
        thresholds.add(reading.scores.threshold)
        if reading.expression is None:
            unsure += 1
        else:
            expressions[reading.expression.display_name] += 1
    return ReadingsSummary(
        faces=faces,
        sources=len(sources),
        tracks=len(tracks),
        expressions=expressions,
        unsure=unsure,
        unreadable=unreadable,
        thresholds=frozenset(thresholds),
        with_landmarks=with_landmarks,
    )


def check_model(model: ModelFile, summary: ReadingsSummary) -> None:
    """Check that readings have the threshold of a model.

    Raises:
        ModelFileError: The thresholds differ, which means that another model made the readings.
    """
    other = sorted(each for each in summary.thresholds if abs(each - model.card.threshold) > 5e-4)
    if other:
        problem = (
            f"these readings have the threshold {other[0]:g}, but the model '{model.name}' has "
            f"{model.card.threshold:g}: another model read them"
        )
        raise ModelFileError(problem)


def check_detector(detector: str, summary: ReadingsSummary) -> None:
    """Check that readings have landmarks if, and only if, a detector gives them.

    Args:
        detector: The name of the detector: "default", "haar", or the name of a plug-in, which is
            not checked.
        summary: The counts of readings of a file. Do not use the counts of a session, which stores
            no landmarks.

    Raises:
        OtherDetectorError: The readings lack expected landmarks or have unexpected landmarks, which
            means that another detector found the faces.
    """
    if detector == detectors.DEFAULT and summary.with_landmarks < summary.faces:
        problem = "these readings have faces without landmarks: another detector found them"
    elif detector == detectors.HAAR and summary.with_landmarks:
        problem = "these readings have landmarks, which the detector 'haar' does not give"
    else:
        return
    raise OtherDetectorError(problem)


def check_session_model(model: ModelFile, session: Session) -> None:
    """Check that a session was read with a model.

    Raises:
        ModelFileError: The session names another model.
    """
    if model.digest not in session.model:
        problem = f"session {session.id} was read with '{session.model}', not '{model.name}'"
        raise ModelFileError(f"{problem} ({model.digest})")


def head_of(session: Session) -> Head:
    """Return the output head with which the net read a session."""
    named = session.model.replace(";", " ").split()
    return next((head for head in Head if f"head:{head}" in named), Head.TAGGERS)


def methods_text(
    model: ModelFile,
    summary: ReadingsSummary,
    *,
    session: Session | None = None,
    moods: MoodsSummary | None = None,
    head: Head = Head.TAGGERS,
    detector: str = detectors.DEFAULT,
) -> str:
    """Return the paragraphs for the methods section of a paper, as text with LaTeX citations.

    Args:
        model: The model that read the faces.
        summary: The counts of readings; without readings, the text leaves these counts out.
        session: The recorded session; None for readings that belong to no session.
        moods: The moods of a session that keeps no readings of individual people.
        head: The output head of the net that was used.
        detector: The name of the detector that found the faces.
    """
    return "\n\n".join(
        part
        for part in (
            _pipeline(model, head, detector, tracked=bool(summary.tracks)),
            _figures(model),
            _shares(summary),
            _shares_of_room(moods) if moods is not None else "",
            _room(session),
        )
        if part
    )


def _pipeline(model: ModelFile, head: Head, detector: str, *, tracked: bool) -> str:
    card = model.card
    found = _FOUND.get(detector, f"Faces were found by the detector '{detector}' and")
    text = (
        f"Facial expressions were read with Roomread {__version__} \\cite{{roomread}}. {found} "
        f"classified into seven expressions ({', '.join(card.labels)}) by the net '{card.net}' "
        f"(model file {model.digest}, {card.precision}), trained on FER-2013 "
        "\\cite{goodfellow2013challenges} with the votes of FER+ \\cite{barsoum2016training}. "
        f"{_HEADS[head]} Probabilities are calibrated by temperature scaling "
        f"({_temperatures(model, head)}) "
        "\\cite{guo2017calibration}; an expression is withheld under a confidence of "
        f"{card.threshold:.2f}, and not read from faces that are too small, cut off, blurred, "
        "badly lit, turned away or covered."
    )
    if tracked:
        text += (
            " In videos faces are followed from frame to frame, and the probabilities of each are "
            f"averaged exponentially with a time constant of {DEFAULT_SMOOTHING:g} s."
        )
    return text + " An expression is what a face shows, not what a person feels."


def _temperatures(model: ModelFile, head: Head) -> str:
    """Return the temperatures by which a head's logits are divided, as text."""
    card = model.card
    taggers, label = f"T = {card.temperature:.2f}", f"T = {card.temperature_fer2013:.2f}"
    return {Head.TAGGERS: taggers, Head.LABEL: label, Head.BOTH: f"{taggers} and {label}"}[head]


def _figures(model: ModelFile) -> str:
    """Return a sentence with the accuracy that the model card states; "" without an accuracy."""
    sentences = []
    for comparison, truth in _COMPARISONS.items():
        values = {
            name: figure.split(" | ")[0]
            for name in ("accuracy", "macro-F1", "ECE")
            if (figure := model.card.figures.get(f"{comparison}: {name}")) is not None
        }
        if values:
            conditions = model.card.figures[f"{comparison}: {next(iter(values))}"].split(" | ")
            split = conditions[1].removeprefix("fer2013:")
            count = next((c.removeprefix("n:") for c in conditions if c.startswith("n:")), "?")
            listed = ", ".join(f"{name} {value}" for name, value in values.items())
            sentences.append(f"{listed} against {truth} (n = {count})")
    if not sentences:
        return ""
    return (
        f"On the {split} split of FER-2013 the net reached {'; '.join(sentences)}. What follows "
        "± is half of a 95 % interval."
    )


def _shares(summary: ReadingsSummary) -> str:
    if not summary.faces:
        return ""
    read = summary.expressions.total()
    followed = f" of {_counted(summary.tracks, 'tracked face')}" if summary.tracks else ""
    sources = _counted(summary.sources, "source")
    text = (
        f"Of {_counted(summary.faces, 'reading')}{followed} in {sources}, "
        f"{_percent(read, summary)} have an expression, {_percent(summary.unsure, summary)} were "
        f"withheld as unsure and {_percent(summary.unreadable.total(), summary)} were unreadable"
    )
    reasons = [
        f"{reason} {_percent(count, summary)}" for reason, count in summary.unreadable.most_common()
    ]
    return f"{text} ({', '.join(reasons)})." if reasons else f"{text}."


def _shares_of_room(moods: MoodsSummary) -> str:
    if not moods.moods:
        return ""
    return (
        f"Averaged over {moods.moods:,} figures of the class, {_share(moods.unreadable)} of the "
        f"people present were unreadable; {_share(moods.without_scores)} of the figures were "
        f"withheld, as those with fewer than {MIN_PEOPLE} readable people are. "
        f"{_reasons_of_room(moods.excluded)}"
    )


def _reasons_of_room(excluded: ExcludedShares) -> str:
    if not excluded.moods:
        return f"Reasons are not stated where fewer than {MIN_PEOPLE} people are present."
    if not excluded.known:
        return (
            "By which reasons is not known: the version of Roomread that recorded the session did "
            "not keep them."
        )
    if not excluded.shares:
        return f"Where at least {MIN_PEOPLE} people were present, all could be read."
    listed = ", ".join(
        f"{_NO_REASON if reason == NO_REASON else reason} "
        f"{f'{share:.0%}'.replace('%', ' %') if share else 'under 5 %'}"
        for reason, share in excluded.shares.items()
    )
    part = (
        f" The reasons are those of {excluded.known:,} of {excluded.moods:,} figures; an earlier "
        "version of Roomread did not keep those of the others."
    )
    return (
        f"By reason, in steps of 5 % of the people present where these were at least {MIN_PEOPLE}: "
        f"{listed}.{part if excluded.known < excluded.moods else ''}"
    )


def _room(session: Session | None) -> str:
    if session is None:
        return ""
    kept = (
        "Readings were kept by seat, with consent"
        if session.keeps_people
        else "Figures of the class alone were kept, in steps of 5 %"
    )
    day = session.started_at.date().isoformat()
    return f"{kept} (session {session.id} of {day}); no frame was stored."


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _percent(count: int, summary: ReadingsSummary) -> str:
    return _share(count / summary.faces)


def _share(share: float) -> str:
    return f"{share:.1%}".replace("%", " %")
