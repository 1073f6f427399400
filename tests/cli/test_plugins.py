from __future__ import annotations

import pytest

from program import Program
from roomread.cli import plugins


def test_command_says_that_no_plugin_is_installed(roomread: Program) -> None:
    assert roomread("plugins").stdout.decode().strip() == "no plug-ins are installed"


@pytest.mark.usefixtures("plugins")
def test_each_plugin_is_listed_with_its_option_package_and_state(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    plugins.command()
    lines = capsys.readouterr().out.splitlines()
    (working,) = (line for line in lines if line.startswith("--detector blobs"))
    assert working.split() == ["--detector", "blobs", "room-blobs", "1.2", "can", "be", "imported"]
    (broken,) = (line for line in lines if line.startswith("--detector lost"))
    assert "No module named 'no_such_module_anywhere'" in broken
    assert any(line.startswith("--model fixed") for line in lines)
    assert any(line.startswith("--tracker nothing") for line in lines)
