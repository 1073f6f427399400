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
    # Repeat this option of .streamlit/config.toml, which Streamlit does not read for a mounted app.
    config.set_option("runner.postScriptGC", False)  # noqa: FBT003 (Streamlit's signature)
    return app


def load_libraries() -> None:
    """Import the large libraries of the pages in advance.

    Otherwise Streamlit would import the libraries at the first visit, which takes seconds and
    delays all other requests of this process. The modules of the pages must not be imported in
    advance, because the camera's component is drawn only if a visitor's script imports its module.
    """
    for name in _LARGE:
        import_module(name)


def keep_uploads(*, max_upload_mb: int, all_mb: int) -> UploadedFiles:
    """Make the app store uploads on disk, and return the store, which the caller must close.

    Args:
        max_upload_mb: Maximum size of a file, MB. The files of one user may together be twice as
            large.
        all_mb: Maximum size of all files together, MB. Two files of the maximum size are always
            allowed.

    Raises:
        TypeError: This version of Streamlit does not have the in-memory store of uploads that this
            function replaces.
    """
    manager = get_instance().uploaded_file_mgr
    if not isinstance(manager, MemoryUploadedFileManager):
        raise TypeError("this version of Streamlit has no in-memory uploaded-file manager")
    uploads = UploadedFiles(principal_mb=2 * max_upload_mb, all_mb=max(all_mb, 2 * max_upload_mb))
    uploads.serve(manager)
    return uploads
