"""Every text that a page shows comes from the message catalogues."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import roomread

WEB = Path(roomread.__file__).parent / "web"
# Streamlit's functions whose first argument is a text, and the arguments that are texts by name.
SHOWS = frozenset(
    {"title", "header", "subheader", "markdown", "write", "caption", "text", "info", "warning"}
    | {"error", "success", "button", "link_button", "download_button", "checkbox", "toggle"}
    | {"radio", "selectbox", "text_input", "text_area", "number_input", "slider", "select_slider"}
    | {"file_uploader", "camera_input", "expander", "popover", "metric", "spinner", "toast"}
    | {"form_submit_button", "tabs", "segmented_control", "pills", "page_link"}
)
NAMED = frozenset({"help", "placeholder", "caption", "label", "text"})
# What needs no translation: icons, colours, addresses, code, names.
NEUTRAL = re.compile(
    r":material/\w+:|:red\[|\]\([^)]*\)|`[^`]*`|Roomread|Apache|\w+\.mp4"
    r"|room happy below 10% for 5 min"
)


def texts_of(source: str) -> list[str]:
    """Return the texts that a module shows without translating them."""
    found = []
    for call in ast.walk(ast.parse(source)):
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
            continue
        shown = call.args[:1] if call.func.attr in SHOWS else []
        shown += [each.value for each in call.keywords if each.arg in NAMED]
        found += [text for argument in shown for text in _literals(argument) if _has_words(text)]
    return found


def _literals(node: ast.expr) -> list[str]:
    """Return the literal parts of an argument that no function has translated."""
    if isinstance(node, ast.Constant):
        return [node.value] if isinstance(node.value, str) else []
    if isinstance(node, ast.JoinedStr):
        return [text for part in node.values for text in _literals(part)]
    if isinstance(node, ast.IfExp):
        return _literals(node.body) + _literals(node.orelse)
    if isinstance(node, ast.List):
        return [text for each in node.elts for text in _literals(each)]
    if isinstance(node, ast.BinOp):
        return _literals(node.left) + _literals(node.right)
    return []


def _has_words(text: str) -> bool:
    return re.search(r"[^\W\d_]{2}", NEUTRAL.sub("", text)) is not None


MODULES = sorted(path.name for path in WEB.glob("*.py"))


@pytest.mark.parametrize("module", MODULES)
def test_page_shows_no_untranslated_text(module: str) -> None:
    assert texts_of((WEB / module).read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("line", "texts"),
    [
        ('st.info("Two words")', ["Two words"]),
        ('left.button(f"Add {n} pictures")', ["Add ", " pictures"]),
        ('st.text_input(t("Name"), placeholder="your name")', ["your name"]),
        ('st.button("Yes" if sure else t("No"))', ["Yes"]),
        ('st.tabs(["One face", t("Diagnostics")])', ["One face"]),
        ('st.title(t("Home"))', []),
        ('st.markdown(f"### {text}")', []),
        ('st.query_params.get("session", "")', []),
    ],
)
def test_checker_finds_the_untranslated_texts_of_a_line(line: str, texts: list[str]) -> None:
    assert texts_of(line) == texts


def errors_as_text(source: str) -> list[int]:
    """Return the lines of a module that write an error of the core out in English."""
    tree, found = ast.parse(source), []
    # An error that is raised is translated where it is caught.
    raised = {
        part for each in ast.walk(tree) if isinstance(each, ast.Raise) for part in ast.walk(each)
    }
    for node in ast.walk(tree):
        if node in raised:
            continue
        written: list[ast.expr] = []
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "str":
            written = node.args
        elif isinstance(node, ast.FormattedValue):
            written = [node.value]
        found += [each.lineno for each in written if ast.unparse(each).split(".")[-1] == "error"]
    return found


@pytest.mark.parametrize("module", MODULES)
def test_page_shows_no_untranslated_error(module: str) -> None:
    assert errors_as_text((WEB / module).read_text(encoding="utf-8")) == []


def test_checker_finds_errors_that_are_shown_untranslated() -> None:
    lines = "st.error(str(error))\nst.error(f'{name}: {preview.error}')\nmessage_for(error)"
    assert errors_as_text(lines) == [1, 2]
