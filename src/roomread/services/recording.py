"""Record a source into a session."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from roomread.classifier import ExpressionClassifier, Head
from roomread.errors import SessionError
from roomread.identity import FaceEmbedder, People
from roomread.media import SignalCheck, Source
from roomread.pipeline import Analyzer, RoomPipeline
from roomread.readings import Frame
from roomread.room import Attention, RoomMeter, Seats, parse_rules
from roomread.services import purpose
from roomread.services.alerts import AlertSender
from roomread.services.audit import audit
from roomread.store import OwnerStore, Recorder, Session

# A session's field `model` contains this text if a net compared faces; the net's name follows.
_BY_FACE = "people distinguished by"


def new_session(  # noqa: PLR0913 (a session's fields)
    store: OwnerStore,
    analyzer: Analyzer,
    name: str,
    *,
    source: str,
    rules: str,
    consent: str = "",
    notice: str = "",
    embedder: FaceEmbedder | None = None,
) -> Session:
    """Create a session for a source; readings of people are stored only if they consented.

    Args:
        store: The store of the owner.
        analyzer: The analyzer that will read the source.
        name: The title of the session.
        source: The name of the source.
        rules: The alert rules, one per line; see `roomread.room.parse_rules`.
        consent: A text that records who consented and how. If it is empty, only moods of the room
            are stored.
        notice: How the people were informed that their expressions are read.
        embedder: The net that distinguishes people by their faces; None to use people's places.

    Raises:
        PurposeError: The purpose of this installation does not allow recording a class.
        SessionError: The session cannot be created, or `embedder` is given without consent.
        RulesError: The rules are invalid.
    """
    use = purpose.require(purpose.Activity.RECORD_CLASS)
    session = store.create(
        name,
        source=source,
        model=nets_of(net_of(analyzer), embedder, consent=consent),
        threshold=analyzer.classifier.threshold,
        rules=rules,
        keeps_people=bool(consent),
        consent=consent,
        notice=notice,
        purpose=use.purpose or "",
        region=use.region or "",
    )
    audit_session(session)
    return session


def audit_session(session: Session) -> None:
    """Write into the audit log that a session was created, and for which purpose."""
    audit(
        "session made",
        who=session.owner,
        session=session.id,
        keeps_people=session.keeps_people,
        purpose=session.purpose,
        region=session.region,
    )


def nets_of(net: str, embedder: FaceEmbedder | None, *, consent: str) -> str:
    """Return the text of the session's field `model`, which names its nets.

    Args:
        net: The name and digest of the net that reads expressions; may be empty.
        embedder: The net that distinguishes people by their faces; None without such a net.
        consent: A text that records who consented and how.

    Raises:
        SessionError: There is an embedder, but no consent.
    """
    if embedder is not None and not consent.strip():
        raise SessionError(
            "distinguishing people by their faces needs their consent",
            hint="record who consented and how; the consent must cover this",
        )
    nets = [net] if net else []
    nets += [f"{_BY_FACE} {embedder.name}"] if embedder is not None else []
    return "; ".join(nets)


def compares_faces(session: Session) -> bool:
    """Return whether a session distinguishes people by their faces, and not by their places."""
    return _BY_FACE in session.model


def net_of(analyzer: Analyzer) -> str:
    """Return an analyzer's net as text: name, digest and, unless it is the default, output head.

    The result is empty for a classifier without a model file.
    """
    classifier = analyzer.classifier
    if not isinstance(classifier, ExpressionClassifier):
        return ""
    net = f"{classifier.model.name} {classifier.model.digest}"
    return net if classifier.head is Head.TAGGERS else f"{net} head:{classifier.head}"


def session_pipeline(
    recorder: Recorder,
    analyzer: Analyzer | None = None,
    *,
    every: float = 0.5,
    embedder: FaceEmbedder | None = None,
    continues: bool = True,
    alerts: AlertSender | None = None,
) -> RoomPipeline:
    """Return the pipeline for the recorder of a session.

    It continues an interrupted session: known people keep their seats (their numbers), and the
    moods and alerts are the same as without the interruption. If the session compares faces and
    there is no embedder, the readings keep the seats that their sender assigned.

    Args:
        recorder: The recorder of the session.
        analyzer: The analyzer; None for readings that are sent without pictures.
        every: Approximate time between two frames, seconds.
        embedder: The net that distinguishes people by their faces; its vectors are discarded when
            the recording ends. None to distinguish people by their places.
        continues: Whether the times of the source continue the times of the session. Use False for
            a camera, whose interruption has an unknown length. The moods and the averages of the
            alert rules then start again, but active alerts continue.
        alerts: The sender of alerts to other programs; None to send no alerts.

    Raises:
        PurposeError: The purpose of this installation does not allow recording a class; it may
            have changed since the session was created.
        SessionError: The session was deleted, or the database does not respond.
    """
    purpose.require(purpose.Activity.RECORD_CLASS)
    session = recorder.session
    by_place = embedder is None and not compares_faces(session)
    meter = RoomMeter.for_interval(every)
    rules = parse_rules(session.rules)
    attention = Attention(rules, people=session.keeps_people, every=every)
    recorder.resume(meter, attention, continues=continues)
    return RoomPipeline(
        analyzer.stream_analyzer() if analyzer is not None else None,
        signal=SignalCheck(),
        seats=Seats(recorder.places) if by_place else None,
        people=People(embedder, places=recorder.places) if embedder is not None else None,
        meter=meter,
        attention=attention,
        on_alerts=alerts.of_session(session.id) if alerts is not None else None,
    )


def record(pipeline: RoomPipeline, source: Source, recorder: Recorder) -> Iterator[Frame]:
    """Record a source to its end, and yield each frame after it is recorded or skipped.

    Frames that an interrupted session already contains are skipped. A live source's clock restarts,
    so its frames are appended after a gap of one second.

    Args:
        pipeline: The pipeline of the session, see `session_pipeline`.
        source: An opened source other than a picture.
        recorder: The recorder of the session.

    Raises:
        MediaError: The source cannot be read to its end; the earlier frames are recorded.
        SessionError: The session can no longer be written.
    """
    done = recorder.resumed_at
    offset = done + 1.0 if done is not None and source.live else 0.0
    for frame in source:
        time = frame.time + offset
        if done is None or time > done:
            recorder.add(pipeline.push(replace(frame, time=time)))
        yield frame


def refuse_picture(source: Source, *, hint: str = "read it as a picture instead") -> None:
    """Raise an error if the source is a picture, which has no duration to record.

    Call this function before the session is created.

    Args:
        source: An opened source.
        hint: The advice to the user, in the terms of the interface.

    Raises:
        SessionError: The source is a picture.
    """
    if source.is_picture:
        raise SessionError(f"{source.name}: a picture cannot be recorded", hint=hint)
