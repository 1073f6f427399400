"""Print an HTML page as PDF; needs the extra `pdf` and the library Pango."""

from __future__ import annotations

import importlib.util
from functools import cache
from typing import TYPE_CHECKING

from PIL import ImageFile

from roomread.errors import MissingExtraError, MissingLibraryError
from roomread.formats.palette import PAGE

if TYPE_CHECKING:
    # Imported for types only, because WeasyPrint comes with an extra.
    from weasyprint.urls import URLFetcher


def print_page(page: str) -> bytes:
    """Return an HTML page as PDF, laid out with the page's own print styles.

    Nothing is fetched: the page must contain its styles and pictures.

    Args:
        page: The HTML text of a page of `roomread.formats`, such as a session's report.

    Raises:
        MissingExtraError: WeasyPrint is not installed.
        MissingLibraryError: WeasyPrint is installed, but the library Pango is not.
    """
    problem = why_no_pdf()
    if problem is not None:
        raise problem
    import weasyprint  # noqa: PLC0415 (an extra)

    # WeasyPrint draws the lines between the areas of charts black, because their colour is a CSS
    # variable.
    document = weasyprint.HTML(string=page.replace(PAGE, "#fff"), url_fetcher=_refuse())
    content: bytes = document.write_pdf()
    return content


def why_no_pdf() -> MissingExtraError | MissingLibraryError | None:
    """Return the error that names the extra or library missing for PDF; None if none is missing."""
    if importlib.util.find_spec("weasyprint") is None:
        return MissingExtraError("a report as PDF", extra="pdf")
    if not _has_pango():
        return MissingLibraryError("a report as PDF", library="Pango")
    return None


@cache
def _has_pango() -> bool:
    """Return whether WeasyPrint, when it is imported, finds the libraries that it needs.

    Importing WeasyPrint makes Pillow accept truncated pictures silently in the whole process. The
    setting is restored, because Roomread refuses such pictures.
    """
    reads_cut_off = ImageFile.LOAD_TRUNCATED_IMAGES
    try:
        import weasyprint  # noqa: F401, PLC0415 (an extra)
    except OSError:
        return False
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = reads_cut_off
    return True


def _refuse() -> URLFetcher:
    from weasyprint.urls import URLFetcher  # noqa: PLC0415 (an extra)

    return URLFetcher(allowed_protocols=())
