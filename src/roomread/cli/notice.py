"""`roomread notice`: write the notice for people whose expressions are read."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Annotated

import typer

from roomread.classifier import open_model
from roomread.cli.printing import print_line
from roomread.errors import MissingExtraError, RoomreadError
from roomread.media import atomic_path


def command(
    *,
    language: Annotated[
        str, typer.Option(help="The language: en, es, fr, de, pt or hi.", metavar="LANGUAGE")
    ] = "en",
    link: Annotated[
        str,
        typer.Option(
            metavar="URL",
            help="Add a sheet with a QR code of this URL, such as the service's page /notice.",
        ),
    ] = "",
    people: Annotated[
        bool, typer.Option("--people", help="Readings of individual people will be stored.")
    ] = False,
    assessment: Annotated[
        bool,
        typer.Option(
            "--dpia",
            help="Write the draft of a data protection impact assessment instead, in English, "
            "filled in from the settings.",
        ),
    ] = False,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="The file.")] = None,
) -> None:
    """Write the notice that people are given: a page of text, a slide and a QR code to print.

    In the European Union people must be informed before or when their emotions are first inferred
    (AI Act, Article 50(3)). Purpose, retention and responsible person come from the settings
    ROOMREAD_PURPOSE, ROOMREAD_RETENTION_DAYS and ROOMREAD_RESPONSIBLE.
    """
    if assessment and (link or people or language != "en"):
        raise RoomreadError(
            "--dpia can only be combined with --output",
            hint="leave out --language, --link and --people",
        )
    for module in ("babel", "jinja2", "pydantic_settings", "segno", "sqlalchemy"):
        if importlib.util.find_spec(module) is None:
            raise MissingExtraError("writing notices", extra="sessions")
    from roomread.services.notice import impact_assessment, notice_page  # noqa: PLC0415
    from roomread.settings.environment import load_settings  # noqa: PLC0415

    settings = load_settings()
    if assessment:
        text = impact_assessment(settings, open_model())
        target = output or Path("impact-assessment.md")
    else:
        text = notice_page(settings, language, keeps_people=people, link=link)
        target = output or Path(f"notice.{language}.html")
    with atomic_path(target) as draft:
        draft.write_text(text, encoding="utf-8")
    print_line(f"wrote {target}")
