"""`/notice`: the page that informs people that their expressions are read, with a QR code."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from roomread.api.browser_pages import translator_of
from roomread.api.context import Context
from roomread.services.notice import notice_page
from roomread.services.purpose import current_use

router = APIRouter(include_in_schema=False)


@router.get("/notice")
def notice(request: Request, context: Context) -> HTMLResponse:
    """Return the notice in the language of the visitor, with a QR code of its own URL."""
    # The purpose may have been chosen since the service started.
    use = current_use()
    chosen = {"purpose": use.purpose, "region": use.region}
    settings = context.settings.model_copy(update=chosen)
    link = str(request.url.replace(query=""))
    language = translator_of(request).language
    return HTMLResponse(notice_page(settings, language, link=link, offers_languages=True))
