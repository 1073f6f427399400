"""The web app as an ASGI app, to be mounted into a service."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import streamlit as st
from streamlit import config
from streamlit.runtime import get_instance
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.web.server.starlette import App

from roomread.web.uploaded_files import UploadedFiles

_LARGE = ("aiortc", "altair", "pandas")
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


def load_libraries() -> None:
    """Import the large libraries of the pages.

    Streamlit would import them at the first visit, which takes seconds in which this process
    answers all other requests late. The pages themselves stay to be imported by Streamlit: the
    camera's component is drawn only if it is declared in a visitor's script.
    """
    for name in _LARGE:
        import_module(name)


def keep_uploads(*, max_upload_mb: int, all_mb: int) -> UploadedFiles:
    """Let the app keep uploads on disk, and return them; the caller closes them.

    Args:
        max_upload_mb: Largest file, MB; a principal may have two such files at once.
        all_mb: The size of all files, MB.
    """
    manager = get_instance().uploaded_file_mgr
    if not isinstance(manager, MemoryUploadedFileManager):
        raise TypeError("this version of Streamlit has no uploaded-file manager in memory")
    uploads = UploadedFiles(principal_mb=2 * max_upload_mb, all_mb=max(all_mb, 2 * max_upload_mb))
    uploads.serve(manager)
    return uploads
