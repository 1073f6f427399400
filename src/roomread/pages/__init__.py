"""HTML pages that need no other file."""

from __future__ import annotations

from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from roomread._version import __version__


def render(package: str, page: str, **values: Any) -> str:
    """Return a page from a package's folder `pages/` with its values filled in and escaped.

    Args:
        package: that has the page, such as `roomread.training`.
        page: file name of the template; it may extend `base.html.j2` of this package.
        values: the values of the template's variables.
    """
    environment = Environment(
        loader=ChoiceLoader(
            [PackageLoader(package, "pages"), PackageLoader("roomread.pages", ".")]
        ),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(page).render(version=__version__, **values)
