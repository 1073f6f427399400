"""The web app as an ASGI app, to be mounted into a service."""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from streamlit import config
from streamlit.web.server.starlette import App

_SCRIPT = Path(__file__).parent / "main.py"


def make_app(*, max_upload_mb: int) -> App:
    """The app; its `lifespan()` is the service's to run.

    Args:
        max_upload_mb: the largest picture or video that it takes, MB.
    """
    app: App = st.App(_SCRIPT)
    # As `roomread app` sets them on Streamlit's command line.
    config.set_option("server.maxUploadSize", max_upload_mb)
    config.set_option("server.fileWatcherType", "none")
    # See .streamlit/config.toml, which is read where Streamlit itself is run.
    config.set_option("runner.postScriptGC", False)  # noqa: FBT003 (Streamlit's own)
    return app
