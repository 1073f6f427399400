"""`roomread mcp`: serve tools to a program with a language model."""

from __future__ import annotations

import importlib.util
from contextlib import closing

from roomread.cli.stores import own_sessions
from roomread.errors import MissingExtraError


def command() -> None:
    """Serve tools to a program with a language model, over standard input and output.

    The program starts this command itself, see docs/how-to/agents.md. Over the Model Context
    Protocol it can read pictures on this computer and get the moods and reports of the user's
    sessions.
    """
    if importlib.util.find_spec("mcp") is None:
        raise MissingExtraError("serving MCP tools", extra="mcp")
    with own_sessions() as store:
        from roomread import Analyzer  # noqa: PLC0415 (loads the nets)
        from roomread.agents.server import make_server  # noqa: PLC0415 (needs the extra)
        from roomread.agents.tools import Tools  # noqa: PLC0415 (needs the extra)
        from roomread.jobs.decoder import Decoder  # noqa: PLC0415
        from roomread.settings.environment import load_settings  # noqa: PLC0415 (needs the extra)

        settings = load_settings()
        pixels = settings.max_megapixels * 1_000_000
        with closing(Decoder(max_pixels=pixels, processes=1)) as decoder:
            megabytes = settings.max_picture_mb
            tools = Tools(Analyzer(), decoder, store, max_picture_mb=megabytes)
            make_server(tools).run()
