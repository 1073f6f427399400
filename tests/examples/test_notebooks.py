"""Tests that run the notebooks of examples/notebooks as Jupyter does."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).parents[2] / "examples" / "notebooks"
# For each notebook, a text that it prints if it ran correctly.
RESULTS = {
    "photo": "unreadable: too small",
    "video": "drawn.mp4",
    "class_report": "The class was less positive than before from 10:30 to 15:15.",
    "few_shot": "['masked']",
    "training": "mobilenet",
    "api": "happy 99.9%",
    "archive": "4 videos: 4 read before; 480 readings of 400 frames",
}
# The notebook that is run in every test run; the others take longer.
FIRST = "photo"


@pytest.fixture(autouse=True)
def kernel_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Let shell commands of the notebooks find `roomread`, and use new folders for their files."""
    programs = str(Path(sys.executable).parent)
    monkeypatch.setenv("PATH", os.pathsep.join([programs, os.environ["PATH"]]))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    # Ray's sockets are in this folder, and the path of a socket has at most 107 characters.
    with tempfile.TemporaryDirectory(prefix="nb", ignore_cleanup_errors=True) as folder:
        monkeypatch.setenv("TMPDIR", folder)
        yield


def read(name: str) -> Any:
    return nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)  # type: ignore[no-untyped-call]


def printed(notebook: Any) -> str:
    """Return the text that the cells printed, and the text of the values that they returned."""
    outputs = [each for cell in notebook.cells for each in cell.get("outputs", ())]
    return "\n".join(
        each.get("text", "") + str(each.get("data", {}).get("text/plain", "")) for each in outputs
    )


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=() if name == FIRST else pytest.mark.sweep) for name in RESULTS],
)
def test_notebook_runs_from_its_first_cell_to_its_last(name: str) -> None:
    notebook = read(name)
    resources = {"metadata": {"path": str(NOTEBOOKS)}}
    NotebookClient(notebook, timeout=900, resources=resources).execute()
    assert RESULTS[name] in printed(notebook)


def test_list_of_expected_results_covers_every_notebook() -> None:
    assert {path.stem for path in NOTEBOOKS.glob("*.ipynb")} == set(RESULTS)


@pytest.mark.parametrize("name", RESULTS)
def test_notebook_is_stored_without_outputs(name: str) -> None:
    stored = json.loads((NOTEBOOKS / f"{name}.ipynb").read_text(encoding="utf-8"))
    code = [cell for cell in stored["cells"] if cell["cell_type"] == "code"]
    assert [cell for cell in code if cell["outputs"] or cell["execution_count"]] == []
    assert stored["cells"][0]["source"][0].startswith("# ")
