from __future__ import annotations

from pathlib import Path

import pytest

from program import Program


@pytest.fixture(autouse=True)
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("ROOMREAD_DATA_FOLDER", str(tmp_path / "data"))
    monkeypatch.setenv("ROOMREAD_RESPONSIBLE", "Ms Lee, room 12")


def test_privacy_notice_and_impact_assessment_are_written_from_the_settings(
    roomread: Program, tmp_path: Path
) -> None:
    done = roomread("notice", "--language", "hi", "--link", "https://school.example/notice")
    assert done.stdout.decode() == "wrote notice.hi.html\n"
    page = (tmp_path / "notice.hi.html").read_text(encoding="utf-8")
    assert '<html lang="hi">' in page
    assert "Ms Lee, room 12" in page
    assert "<svg" in page
    done = roomread("notice", "--dpia", "-o", "draft.md")
    assert done.stdout.decode() == "wrote draft.md\n"
    assert "| Controller | Ms Lee, room 12 |" in (tmp_path / "draft.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("options", [("--language", "it"), ("--dpia", "--people")])
def test_contradictory_options_are_refused_in_one_line(
    roomread: Program, tmp_path: Path, options: tuple[str, ...]
) -> None:
    done = roomread("notice", *options)
    assert done.returncode == 2
    assert len(done.stderr.decode().splitlines()) == 1
    assert not list(tmp_path.glob("notice*"))
