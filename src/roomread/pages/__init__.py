"""Render self-contained HTML pages and plain-text documents from templates."""

from __future__ import annotations

from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from roomread._version import __version__


def render(package: str, page: str, **values: Any) -> str:
    """Render a template from a package's folder `pages/` with escaped values.

    Args:
        package: the package that contains the template, such as `roomread.training`.
        page: file name of the template; it may extend `base.html.j2` of this package.
        values: the values of the template's variables.
    """
    return (
        _environment(package, escaped=True).get_template(page).render(version=__version__, **values)
    )


def render_text(package: str, page: str, **values: Any) -> str:
    """Render a plain-text template, such as Markdown, from a package's folder `pages/`.

    Values are not escaped.

    Args:
        package: the package that contains the template.
        page: file name of the template.
        values: the values of the template's variables.
    """
    return (
        _environment(package, escaped=False)
        .get_template(page)
        .render(version=__version__, **values)
    )


def _environment(package: str, *, escaped: bool) -> Environment:
    return Environment(
        loader=ChoiceLoader(
            [PackageLoader(package, "pages"), PackageLoader("roomread.pages", ".")]
        ),
        autoescape=escaped,  # noqa: S701 (plain text is not HTML)
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
