"""`roomread methods`: write the methods paragraph of a paper."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from roomread.classifier import Head, ModelFile, open_model
from roomread.cli.options import DetectorName
from roomread.cli.stores import find_session, own_sessions
from roomread.errors import ModelFileError, OutputError
from roomread.faces import choices as detectors
from roomread.formats.reading_files import SUFFIXES, read_readings
from roomread.media import atomic_path
from roomread.services.methods import (
    MoodsSummary,
    OtherDetectorError,
    ReadingsSummary,
    check_detector,
    check_model,
    check_session_model,
    head_of,
    methods_text,
    summarise_moods,
    summarise_readings,
)
from roomread.services.references import bibtex

if TYPE_CHECKING:
    # SQLAlchemy is an extra.
    from roomread.store import Session


def command(
    target: Annotated[
        str,
        typer.Argument(
            metavar="FILE|ID",
            help="A file of `roomread analyze -o`, or the beginning of a session's id.",
        ),
    ],
    *,
    model: Annotated[
        str, typer.Option(help="The model that read the faces: a bundled name, or a file.")
    ] = "compact",
    head: Annotated[
        Head,
        typer.Option(
            help="The head of the net that the scores came from; ignored for a session, which "
            "records its head."
        ),
    ] = Head.TAGGERS,
    detector: DetectorName = detectors.DEFAULT,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="Write the text here, and the BibTeX beside it."),
    ] = None,
) -> None:
    """Write the methods paragraph of a paper, and its references as BibTeX."""
    opened = open_model(model)
    try:
        text = _text(target, opened, head, detector)
    except ModelFileError as error:
        raise ModelFileError(
            error.problem, hint="name the model that made the readings with --model"
        ) from error
    except OtherDetectorError as error:
        raise OtherDetectorError(
            error.problem, hint="name the detector that found the faces with --detector"
        ) from error
    if output is None:
        typer.echo(f"{text}\n\n{bibtex(text)}", nl=False)
        return
    if output.suffix.lower() == ".bib":
        raise OutputError(
            f"{output}: a .bib file is for the references, not for the text",
            hint="name a .txt or .md file; the references are written beside it",
        )
    for path, content in ((output, f"{text}\n"), (output.with_suffix(".bib"), bibtex(text))):
        with atomic_path(path) as draft:
            draft.write_text(content, encoding="utf-8")


def _text(target: str, model: ModelFile, head: Head, detector: str) -> str:
    if Path(target).suffix.lower() in SUFFIXES or Path(target).exists():
        summary = summarise_readings(read_readings(Path(target)))
        check_model(model, summary)
        check_detector(detector, summary)
        return methods_text(model, summary, head=head, detector=detector)
    session, summary, moods = _session(target)
    check_session_model(model, session)
    return methods_text(
        model, summary, session=session, moods=moods, head=head_of(session), detector=detector
    )


def _session(prefix: str) -> tuple[Session, ReadingsSummary, MoodsSummary | None]:
    """Return a session, a summary of its readings, and a summary of its moods.

    The summary of moods is None if the session contains readings of faces.
    """
    with own_sessions() as store:
        from roomread.formats.figures import shown_moods  # noqa: PLC0415 (an extra)

        session = find_session(store, prefix)
        summary = summarise_readings(store.readings(session.id))
        moods = (
            None
            if summary.faces
            else summarise_moods(shown_moods(store, session), store.excluded(session.id))
        )
        return session, summary, moods
