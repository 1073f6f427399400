"""Reads a source into a session: what the command line and the web app share."""

from __future__ import annotations

from collections.abc import Iterator

from roomread.classifier import ExpressionClassifier
from roomread.errors import SessionError
from roomread.identity import FaceEmbedder, People
from roomread.media import SignalCheck, Source
from roomread.pipeline.analyzer import Analyzer
from roomread.readings import Frame
from roomread.store import OwnerStore, Recorder, Session


def new_session(  # noqa: PLR0913 (a session's fields)
    store: OwnerStore,
    analyzer: Analyzer,
    name: str,
    *,
    source: str,
    rules: str,
    consent: str = "",
    embedder: FaceEmbedder | None = None,
) -> Session:
    """A session for a source; it keeps people where a consent is given.

    Args:
        store: where it is kept.
        analyzer: what reads it.
        name: for people.
        source: what is read.
        rules: of attention.
        consent: who consented, and how; nobody: only the room's figures are kept.
        embedder: what tells people apart by their faces; None: their places do.

    Raises:
        SessionError: it cannot be made; people cannot be told apart without a consent.
        RulesError: the rules are none.
    """
    if embedder is not None and not consent.strip():
        raise SessionError(
            "people are told apart by their faces only with their consent",
            hint="say who consented and how; it must cover that",
        )
    nets = [net_of(analyzer)] if net_of(analyzer) else []
    nets += [f"people told apart by {embedder.name}"] if embedder is not None else []
    return store.create(
        name,
        source=source,
        model="; ".join(nets),
        threshold=analyzer.classifier.threshold,
        rules=rules,
        keeps_people=bool(consent),
        consent=consent,
    )


def net_of(analyzer: Analyzer) -> str:
    """The net's name and digest; empty where it is not of a model file."""
    classifier = analyzer.classifier
    if not isinstance(classifier, ExpressionClassifier):
        return ""
    return f"{classifier.model.name} {classifier.model.digest}"


def record(
    analyzer: Analyzer,
    source: Source,
    recorder: Recorder,
    *,
    embedder: FaceEmbedder | None = None,
) -> Iterator[Frame]:
    """Reads a source to its end, and yields each frame once it is recorded or passed over.

    A session that was interrupted goes on after what it has; a camera's after a second more. What
    a covered or frozen camera sends counts as an empty room.

    Args:
        analyzer: what reads it.
        source: opened; not a picture.
        recorder: of the session.
        embedder: what tells people apart by their faces; what it says of them goes when the
            recording ends. None: their places do.

    Raises:
        MediaError: the source cannot be read to its end; what came before is recorded.
        SessionError: the session can no longer be written.
    """
    follower, signal = analyzer.follow(), SignalCheck()
    people = People(embedder, places=recorder.places) if embedder is not None else None
    done = recorder.resumed_at
    offset = done + 1.0 if done is not None and source.live else 0.0
    for frame in source:
        time = frame.time + offset
        if done is None or time > done:
            readings = follower.update(frame) if signal.update(frame) is None else []
            if people is not None:
                readings = people.update(frame, readings)
            recorder.add(time, readings, numbered=people is not None)
        yield frame


def refuse_picture(source: Source, *, hint: str) -> None:
    """To be called before a session is made.

    Args:
        source: opened.
        hint: what takes pictures.

    Raises:
        SessionError: it is a picture, which has no course in time.
    """
    if source.is_picture:
        raise SessionError(f"{source.name}: is a picture", hint=hint)
