"""Serve the tools for language models over standard input and output, with the MCP SDK."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any, ParamSpec

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations
from pydantic import Field

from roomread._version import __version__
from roomread.agents.tools import Tools
from roomread.errors import RoomreadError

P = ParamSpec("P")
_INSTRUCTIONS = (
    "Reads the facial expressions in pictures and in sessions that were recorded on this computer. "
    "An expression is what a face shows, not what the person feels. It is null where the net is "
    "not sure enough, and a face that cannot be read has a reason: do not guess in their place. "
    "Figures of a room describe at least five people. In sessions that store no readings of "
    "individual people, they are rounded to steps of 5 %."
)
# All tools are read-only, and use data of this computer only.
_READ_ONLY = ToolAnnotations(
    read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
)
_SessionId = Annotated[str, Field(description="The id of the session, from list_sessions.")]


def make_server(tools: Tools) -> MCPServer[Any]:
    """Return an MCP server with the tools, whose `run()` serves until standard input ends."""
    server = MCPServer[Any](
        "roomread", instructions=_INSTRUCTIONS, version=__version__, log_level="ERROR"
    )

    @server.tool(annotations=_READ_ONLY)
    @_as_tool_errors
    def analyze_picture(
        path: Annotated[str, Field(description="The path of a picture on this computer.")],
        oneself: Annotated[  # noqa: FBT002 (the protocol has no positions)
            bool,
            Field(description="The picture shows the user: only its largest face is read."),
        ] = False,
    ) -> dict[str, Any]:
        """Read the faces of a picture: boxes in pixels, expressions with their probabilities."""
        return tools.analyze_picture(path, oneself=oneself)

    @server.tool(annotations=_READ_ONLY)
    @_as_tool_errors
    def list_sessions() -> dict[str, Any]:
        """List the recorded sessions of this computer's user, newest first."""
        return tools.list_sessions()

    @server.tool(annotations=_READ_ONLY)
    @_as_tool_errors
    def session_mood(session_id: _SessionId) -> dict[str, Any]:
        """Return the latest mood of the room and the active alerts of a session; times are in s."""
        return tools.session_mood(session_id)

    @server.tool(annotations=_READ_ONLY)
    @_as_tool_errors
    def session_report(session_id: _SessionId) -> dict[str, Any]:
        """Return a session's report: falls and lasting changes of the valence, parts and alerts."""
        return tools.session_report(session_id)

    return server


def _as_tool_errors(tool: Callable[P, dict[str, Any]]) -> Callable[P, dict[str, Any]]:
    """Report the errors of Roomread to the client in one line, and other errors without details."""

    @wraps(tool)
    def call(*args: P.args, **kwargs: P.kwargs) -> dict[str, Any]:
        try:
            return tool(*args, **kwargs)
        except RoomreadError as error:
            raise ToolError(str(error)) from error

    return call
