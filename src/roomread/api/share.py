"""`/share`, the page that reads the window of a call."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from roomread.api.browser_pages import browser_page
from roomread.api.context import Context, principal_with
from roomread.api.owned_profiles import teaching_service
from roomread.services.accounts import Scope
from roomread.services.purpose import DESCRIPTIONS, Activity, current_use, problem_with

router = APIRouter(include_in_schema=False)


@router.get("/share")
def share(request: Request, context: Context) -> Response:
    """Return the page that reads a call.

    It shows a message if the intended use forbids reading or recording calls.
    """
    principal = principal_with(request, Scope.ANALYZE)
    use = current_use()
    return browser_page(
        request,
        "share.html.j2",
        # The web app's page "Watch now" shows this page in a frame.
        framed=True,
        # Without sign-in the service accepts requests from its own computer only.
        local=not context.auth.sign_in,
        purpose=DESCRIPTIONS[use.purpose] if use.purpose is not None else "",
        states=teaching_service(context, principal).room_states(),
        may_not_read=problem_with(Activity.READ_OTHERS, use),
        may_not_record=problem_with(Activity.RECORD_CLASS, use),
    )
