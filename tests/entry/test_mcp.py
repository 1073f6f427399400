"""Tests of `roomread mcp`, started by the client of the MCP SDK."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from typing import Any

import anyio
import pytest

pytest.importorskip("mcp", reason="needs the mcp extra")

from mcp import Client, StdioServerParameters
from mcp.types import TextContent

from program import PROGRAM
from recorded_classes import record_class
from roomread.entry.mcp import command
from roomread.errors import MissingExtraError
from roomread.store import LOCAL_OWNER, Store

EXAMPLE = Path(__file__).parents[2] / "examples" / "astronaut.jpg"


def test_client_calls_each_tool_over_standard_input_and_output(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'roomread.db'}")
    owned = store.owned_by(LOCAL_OWNER)
    session = owned.create("Algebra 7b")
    record_class(owned, session)
    store.close()
    folders = {"ROOMREAD_DATA_FOLDER": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    server = StdioServerParameters(
        command=sys.executable,
        args=[*PROGRAM[1:], "mcp"],
        env=dict(os.environ) | folders,
    )
    answers: dict[str, Any] = {}

    async def run() -> None:
        async with Client(server) as client:
            for tool, arguments in (
                ("analyze_picture", {"path": str(EXAMPLE)}),
                ("list_sessions", {}),
                ("session_mood", {"session_id": session.id}),
                ("session_report", {"session_id": session.id}),
            ):
                result = await client.call_tool(tool, arguments)
                assert not result.is_error, result.content
                answers[tool] = result.structured_content
            refused = await client.call_tool("session_mood", {"session_id": "none"})
            assert refused.is_error
            (content,) = refused.content
            assert isinstance(content, TextContent)
            assert content.text.splitlines() == [content.text]

    anyio.run(run)
    (face,) = answers["analyze_picture"]["faces"]
    assert face["expression"] == "happy"
    assert [each["session"] for each in answers["list_sessions"]["sessions"]] == [session.id]
    assert answers["session_mood"]["mood"]["present"] == 8
    assert answers["session_report"]["parts"][0]["present"] == 8


def test_error_for_missing_mcp_packages_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(MissingExtraError, match="extra 'mcp'"):
        command()
