from __future__ import annotations

import ast
from pathlib import Path

import pytest

pytest.importorskip("streamlit", reason="needs the app extra")

import roomread.web

# The Tab key cannot leave the first two; the last one does not show that it scrolls.
OF_STREAMLIT = {"dataframe", "data_editor", "table"}


def test_no_page_uses_a_table_of_streamlit() -> None:
    for path in Path(roomread.web.__file__).parent.glob("*.py"):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
                assert call.func.attr not in OF_STREAMLIT, f"{path.name}:{call.lineno}"
