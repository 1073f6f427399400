"""The MCP server, called in this process by the client of the MCP SDK."""

from __future__ import annotations

import anyio
import pytest

pytest.importorskip("mcp", reason="needs the mcp extra")

from mcp import Client
from mcp.types import CallToolResult, TextContent

from roomread.agents.server import make_server
from roomread.agents.tools import Tools
from roomread.errors import MediaError


class FakeTools(Tools):
    """Tools with fixed results and errors."""

    def __init__(self) -> None:
        pass

    def list_sessions(self) -> dict[str, object]:
        return {"sessions": []}

    def analyze_picture(self, path: str, *, oneself: bool = False) -> dict[str, object]:
        del oneself
        if path == "crash":
            raise ValueError("a secret")
        raise MediaError(f"{path}: no such file\nat all", hint="check the name")


def call(tool: str, **arguments: object) -> CallToolResult:
    async def run() -> CallToolResult:
        async with Client(make_server(FakeTools())) as client:
            return await client.call_tool(tool, arguments)

    return anyio.run(run)


def text(result: CallToolResult) -> str:
    (content,) = result.content
    assert isinstance(content, TextContent)
    return content.text


def test_every_tool_is_read_only_and_describes_its_arguments() -> None:
    async def run() -> None:
        async with Client(make_server(FakeTools())) as client:
            tools = (await client.list_tools()).tools
            assert [tool.name for tool in tools] == [
                "analyze_picture",
                "list_sessions",
                "session_mood",
                "session_report",
            ]
            for tool in tools:
                assert tool.annotations is not None
                assert tool.annotations.read_only_hint
                assert tool.description
                properties = tool.input_schema.get("properties", {})
                assert all("description" in each for each in properties.values())
            assert "not what the person feels" in (client.instructions or "")

    anyio.run(run)


def test_tool_returns_its_result_as_structured_content() -> None:
    assert call("list_sessions").structured_content == {"sessions": []}


def test_error_of_a_tool_is_one_line_and_ends_with_its_hint() -> None:
    result = call("analyze_picture", path="nowhere.jpg")
    assert result.is_error
    assert text(result).endswith(r"nowhere.jpg: no such file\nat all (check the name)")
    assert "\n" not in text(result)


def test_unexpected_error_is_reported_without_details() -> None:
    result = call("analyze_picture", path="crash")
    assert result.is_error
    assert "secret" not in text(result)
