from __future__ import annotations

import ast
from pathlib import Path

import pytest

pytest.importorskip("streamlit", reason="needs the app extra")

import roomread.web

# Tab does not leave the first two; the last one does not show that it scrolls.
OF_STREAMLIT = {"dataframe", "data_editor", "table"}


def test_no_page_has_a_table_that_keeps_the_keyboard() -> None:
    for path in Path(roomread.web.__file__).parent.glob("*.py"):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
                assert call.func.attr not in OF_STREAMLIT, f"{path.name}:{call.lineno}"
