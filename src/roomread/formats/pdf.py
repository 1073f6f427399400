"""Print an HTML page as PDF; needs the extra `pdf` and the library Pango."""

from __future__ import annotations

import importlib.util
from functools import cache
from typing import TYPE_CHECKING

from PIL import ImageFile

from roomread.errors import MissingExtraError, MissingLibraryError
from roomread.formats.palette import PAGE

if TYPE_CHECKING:
    # Imported for types only, because it is an extra.
    from weasyprint.urls import URLFetcher


def print_page(page: str) -> bytes:
    """Return an HTML page as PDF, laid out by its own rules for print.

    Nothing is fetched: the page must contain its styles and pictures.

    Args:
        page: A page of `roomread.formats`.

    Raises:
        MissingExtraError: WeasyPrint is not installed.
        MissingLibraryError: WeasyPrint is installed, and the library Pango is not.
    """
    problem = why_no_pdf()
    if problem is not None:
        raise problem
    import weasyprint  # noqa: PLC0415 (an extra)

    # The charts' lines between areas have a variable colour, which WeasyPrint draws black.
    document = weasyprint.HTML(string=page.replace(PAGE, "#fff"), url_fetcher=_refuse())
    content: bytes = document.write_pdf()
    return content


def why_no_pdf() -> MissingExtraError | MissingLibraryError | None:
    """Return the extra or library that is missing for writing PDF; None if none is."""
    if importlib.util.find_spec("weasyprint") is None:
        return MissingExtraError("a report as PDF", extra="pdf")
    if not _has_pango():
        return MissingLibraryError("a report as PDF", library="Pango")
    return None


@cache
def _has_pango() -> bool:
    """Return whether WeasyPrint finds its libraries, which it loads when it is imported.

    Importing it makes Pillow accept truncated pictures silently, for the whole process; that is
    undone, because such pictures are refused.
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
