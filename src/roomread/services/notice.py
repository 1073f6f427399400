"""Write the notice for people whose expressions are read, and draft the impact assessment.

The AI Act (Regulation (EU) 2024/1689) obliges the deployer of an emotion recognition system to
inform the people who are exposed to it (Article 50(3)), at the latest at the first exposure. The
GDPR (Regulation (EU) 2016/679) obliges a controller to assess such processing beforehand
(Article 35).
"""

from __future__ import annotations

import io
from datetime import date

import segno
from sqlalchemy.engine import make_url

from roomread import pages
from roomread.classifier import ModelFile
from roomread.errors import RoomreadError
from roomread.locales import LANGUAGES, translator
from roomread.room import MIN_PEOPLE
from roomread.services.purpose import DESCRIPTIONS, REGIONS
from roomread.settings.environment import Settings

# Side of each module of the QR code in the SVG, px.
_SQUARE = 8


def notice_page(
    settings: Settings,
    language: str,
    *,
    keeps_people: bool = False,
    link: str = "",
    offers_languages: bool = False,
) -> str:
    """Return the notice as an HTML page with a text, a slide and a QR code to print.

    Args:
        settings: The settings with the purpose, the retention time and the responsible person.
        language: One of `LANGUAGES`.
        keeps_people: Whether readings of individual people are kept.
        link: The URL at which people can read the notice, drawn as a QR code; empty for no code.
        offers_languages: Whether the page links to the same notice in the other languages.

    Raises:
        RoomreadError: There is no such language, or the link is too long for a QR code.
    """
    if language not in LANGUAGES:
        known = ", ".join(LANGUAGES)
        raise RoomreadError(
            f"there is no notice in '{language}'", hint=f"the languages are {known}"
        )
    words = translator(language)
    return pages.render(
        "roomread.formats",
        "notice.html.j2",
        t=words.gettext,
        tn=words.ngettext,
        language=language,
        languages=LANGUAGES if offers_languages else {},
        purpose=settings.purpose or "",
        keeps_people=keeps_people,
        retention_days=settings.retention_days,
        responsible=settings.responsible,
        link=link,
        code=qr_code(link) if link else "",
    )


def qr_code(text: str) -> str:
    """Return a QR code as an SVG element.

    Raises:
        RoomreadError: The text is too long for a QR code.
    """
    drawing = io.BytesIO()
    try:
        code = segno.make(text, error="m", micro=False)
    except segno.DataOverflowError as error:
        raise RoomreadError("the link is too long for a QR code") from error
    code.save(drawing, kind="svg", scale=_SQUARE, xmldecl=False, svgns=True, omitsize=True)
    return drawing.getvalue().decode()


def impact_assessment(settings: Settings, model: ModelFile) -> str:
    """Return the draft of a data protection impact assessment (GDPR, Article 35(7)) as Markdown.

    Values of the settings are filled in; brackets mark the values that only the controller knows.

    Args:
        settings: The settings of the installation that is assessed.
        model: The net that reads expressions.
    """
    return pages.render_text(
        "roomread.formats",
        "impact_assessment.md.j2",
        settings=settings,
        purpose=DESCRIPTIONS.get(settings.purpose) if settings.purpose else None,
        region=REGIONS.get(settings.region) if settings.region else None,
        database=make_url(settings.store_url).get_backend_name(),
        card=model.card,
        model=f"{model.name} {model.digest}",
        least=MIN_PEOPLE,
        today=date.today().isoformat(),  # noqa: DTZ011 (the day where it is written)
    )
