from __future__ import annotations

from pathlib import Path

import pytest

testing = pytest.importorskip("streamlit.testing.v1", reason="needs the app extra")

SCRIPT = Path(__file__).parents[2] / "streamlit_app.py"


@pytest.fixture
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "ROOMREAD_DATA_FOLDER"):
        monkeypatch.setenv(name, str(tmp_path))


@pytest.mark.usefixtures("own_folders")
def test_app_without_the_service_lists_the_missing_features(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ROOMREAD_PURPOSE", "personal")
    script = testing.AppTest.from_file(str(SCRIPT), default_timeout=60).run()
    (notice,) = script.sidebar.info
    for missing in ("lessons", "HTTP API", "sign-in", "a video that is being read is lost"):
        assert missing in notice.value


@pytest.mark.usefixtures("own_folders")
def test_app_without_the_service_asks_for_the_purpose_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("ROOMREAD_PURPOSE")
    script = testing.AppTest.from_file(str(SCRIPT), default_timeout=60).run()
    assert [title.value for title in script.title] == ["Welcome to Roomread"]
    assert not script.sidebar.info
