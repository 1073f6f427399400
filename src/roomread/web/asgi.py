"""The web app as an ASGI app, to be mounted into a service."""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from streamlit import config
from streamlit.web.server.starlette import App

_SCRIPT = Path(__file__).parent / "main.py"


def make_app(*, max_upload_mb: int) -> App:
    """Return the app, whose `lifespan()` the mounting service must run.

    Args:
        max_upload_mb: maximum size of an uploaded picture or video, MB.
    """
    app: App = st.App(_SCRIPT)
    config.set_option("server.maxUploadSize", max_upload_mb)
    config.set_option("server.fileWatcherType", "none")
    # The options repeat .streamlit/config.toml, which is not read if Streamlit does not run the
    # app.
    config.set_option("runner.postScriptGC", False)  # noqa: FBT003 (Streamlit's own)
    return app
