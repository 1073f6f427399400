from __future__ import annotations

from pathlib import Path

import pytest

from program import Program

EXAMPLE = Path(__file__).parent.parent.parent / "examples" / "astronaut.jpg"


def test_methods_paragraph_and_references_are_written_for_a_file_of_readings(
    roomread: Program, tmp_path: Path
) -> None:
    assert roomread("analyze", EXAMPLE, "-o", "readings.csv").returncode == 0
    other = roomread("methods", "readings.csv", "--detector", "haar")
    assert other.returncode == 2
    assert b"name the detector that found the faces with --detector" in other.stderr
    result = roomread("methods", "readings.csv", "-o", "methods.txt")
    assert result.returncode == 0
    assert "Of 1 reading in 1 source, 100.0 % have an expression" in (
        tmp_path / "methods.txt"
    ).read_text(encoding="utf-8")
    assert "@software{roomread" in (tmp_path / "methods.bib").read_text(encoding="utf-8")


def test_unknown_session_is_reported_in_one_line(
    roomread: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROOMREAD_DATABASE_URL", f"sqlite:///{tmp_path / 'sessions.db'}")
    result = roomread("methods", "nothing-such")
    assert result.returncode == 2
    assert b"there is no session 'nothing-such'" in result.stderr
