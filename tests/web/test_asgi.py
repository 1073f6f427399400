from __future__ import annotations

import pytest

pytest.importorskip("streamlit", reason="needs the app extra")

from types import SimpleNamespace
from typing import Any

from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager

from roomread.web import asgi
from roomread.web.asgi import keep_uploads, load_libraries


class FakeUploads:
    """A fake store of uploads, which keeps the limits and the manager that it is given."""

    def __init__(self, **limits: int) -> None:
        self.limits = limits
        self.manager: object = None

    def serve(self, manager: object) -> None:
        self.manager = manager


def served(monkeypatch: pytest.MonkeyPatch, manager: object) -> None:
    monkeypatch.setattr(asgi, "UploadedFiles", FakeUploads)
    monkeypatch.setattr(asgi, "get_instance", lambda: SimpleNamespace(uploaded_file_mgr=manager))


@pytest.mark.parametrize(("all_mb", "kept"), [(1000, 1000), (100, 400)])
def test_quotas_allow_at_least_two_uploads_of_the_maximum_size(
    monkeypatch: pytest.MonkeyPatch, all_mb: int, kept: int
) -> None:
    manager = MemoryUploadedFileManager("/upload")
    served(monkeypatch, manager)
    uploads: Any = keep_uploads(max_upload_mb=200, all_mb=all_mb)
    assert uploads.limits == {"principal_mb": 400, "all_mb": kept}
    assert uploads.manager is manager


def test_unsupported_uploaded_file_manager_of_streamlit_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    served(monkeypatch, object())
    with pytest.raises(TypeError, match="uploaded-file manager"):
        keep_uploads(max_upload_mb=200, all_mb=1000)


def test_preloading_imports_large_libraries_but_no_page_modules(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names: list[str] = []
    monkeypatch.setattr(asgi, "import_module", names.append)
    load_libraries()
    assert names == ["aiortc", "altair", "pandas"]
