"""A fake page that replaces Streamlit in tests of functions that draw.

Each widget returns the value that the test gives for its label, or else its default.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, NoReturn, Self


class RerunError(Exception):
    """The tested function requested that the page be drawn again."""


class Drawn(NamedTuple):
    """One element of a page.

    Attributes:
        kind: The name of the function that drew it, such as "button".
        text: Its text or label.
        values: Its other arguments by position.
        options: Its other arguments by name.
    """

    kind: str
    text: str
    values: Sequence[Any]
    options: Mapping[str, Any]


class FakePage:
    """A fake page that records the drawn elements; each of its containers is the page itself.

    Args:
        answers: The values of widgets by their labels; a button is pressed if its value is True.
    """

    def __init__(self, answers: Mapping[str, object] | None = None) -> None:
        self.answers = answers or {}
        self.drawn: list[Drawn] = []
        self.session_state: dict[str, Any] = {}
        self.query_params: dict[str, str] = {}
        self.context: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Do nothing, because a container is the page itself."""

    def texts(self, kind: str) -> list[str]:
        """Return the texts of all elements of a kind, from top to bottom."""
        return [each.text for each in self.drawn if each.kind == kind]

    def element(self, text: str) -> Drawn:
        """Return the only element with a text."""
        (found,) = (each for each in self.drawn if each.text == text)
        return found

    def columns(self, spec: int | Sequence[float], **_: object) -> list[Self]:
        """Return the page once for each column."""
        return [self] * (spec if isinstance(spec, int) else len(spec))

    def tabs(self, names: Sequence[str], **_: object) -> list[Self]:
        """Return the page once for each tab."""
        return [self] * len(names)

    def fragment(
        self, function: Callable[..., Any] | None = None, **_: object
    ) -> Callable[..., Any]:
        """Return the function unchanged, so that calling it draws the fragment once."""
        return function if function is not None else lambda inner: inner

    def rerun(self, **_: object) -> NoReturn:
        """End the script, as Streamlit does."""
        raise RerunError

    def __getattr__(self, kind: str) -> Callable[..., Any]:
        def draw(text: object = "", /, *values: Any, **options: Any) -> Any:
            self.drawn.append(Drawn(kind, str(text), values, options))
            return self._answer(kind, str(text), values, options)

        return draw

    def _answer(self, kind: str, text: str, values: Sequence[Any], options: dict[str, Any]) -> Any:
        if kind in _CONTAINERS:
            return self
        if text in self.answers:
            return self.answers[text]
        default = _DEFAULTS.get(kind)
        if default is not None:
            return default(values, options)
        return options.get("value", options.get("default"))


def _at_index(values: Sequence[Any], options: Mapping[str, Any]) -> Any:
    index = options.get("index", 0)
    return values[0][index] if index is not None and values[0] else None


_CONTAINERS = frozenset({"container", "empty", "expander", "form", "popover", "spinner"})
# Functions that return the value of a widget for which the test gives no value.
_DEFAULTS: dict[str, Callable[[Sequence[Any], Mapping[str, Any]], Any]] = {
    **dict.fromkeys(("button", "download_button", "form_submit_button"), lambda *_: False),
    **dict.fromkeys(("selectbox", "radio"), _at_index),
    **dict.fromkeys(("toggle", "checkbox"), lambda _, options: options.get("value", False)),
    **dict.fromkeys(("text_input", "text_area"), lambda values, _: values[0] if values else ""),
    "slider": lambda values, _: values[2],
    "select_slider": lambda values, _: values[1],
}
