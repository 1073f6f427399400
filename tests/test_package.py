from __future__ import annotations

import inspect
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import roomread
from program import Program

ROOT = Path(__file__).parent.parent
# The pages of docs/reference that `make docs` generates.
GENERATED = {"python.md", "cli.md", "http.md", "settings.md"}
HEAVY = (
    *("torch", "lightning", "kornia", "cv2", "pyarrow", "streamlit", "onnx", "scipy", "pandas"),
    *("sqlalchemy", "alembic", "jinja2", "ray", "fsspec"),
)


@pytest.mark.parametrize("code", ["import roomread", "import roomread.entry.main"])
def test_import_loads_no_heavy_library(code: str) -> None:
    check = f"{code}; import sys; print([m for m in {HEAVY} if m in sys.modules])"
    out = subprocess.check_output([sys.executable, "-W", "error", "-c", check], text=True)
    assert out.strip() == "[]"


def test_reading_a_photo_loads_no_heavy_library() -> None:
    check = f"""
import sys, roomread
assert len(roomread.analyze({str(ROOT / "examples" / "astronaut.jpg")!r})) == 1
print([m for m in {HEAVY} if m in sys.modules])
"""
    assert subprocess.check_output([sys.executable, "-c", check], text=True).strip() == "[]"


def test_reading_a_photo_writes_no_file_to_the_home_folder(tmp_path: Path) -> None:
    photo = str(ROOT / "examples" / "astronaut.jpg")
    kept = ("PYTHONPATH", "PATH", "SYSTEMROOT")
    environment = {name: os.environ[name] for name in kept if name in os.environ}
    environment |= {"HOME": str(tmp_path), "USERPROFILE": str(tmp_path)}
    code = f"import roomread; roomread.analyze({photo!r})"
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)
    assert list(tmp_path.rglob("*")) == []


def test_python_code_in_the_readme_runs_unchanged() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    out = subprocess.check_output([sys.executable, "-c", block], text=True, cwd=ROOT)
    assert out.startswith("happy")


def test_python_code_in_the_tutorials_runs_unchanged() -> None:
    page = ROOT / "docs" / "tutorials" / "python.md"
    blocks = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    printed = [
        subprocess.check_output([sys.executable, "-c", block], text=True, cwd=ROOT)
        for block in blocks
    ]
    assert printed[0].startswith("happy")
    assert "<Readings of examples/astronaut.jpg: 1 face (happy 99%)>" in printed[1]
    assert printed[2].startswith("README.md: ")
    assert printed[3].splitlines() == [
        "<Readings of examples/astronaut.jpg: 1 face (happy 99%)>",
        "happy",
    ]
    assert re.search(r"Pose\(yaw=.*\) False\n0.9\d* of 1: the lip corners", printed[4])
    assert printed[5] == "happy True\n"
    assert printed[6].splitlines()[2].startswith("0.08 s [(1, ")
    assert "blurred" in printed[6]
    assert "<FrameMoment at 0.08 s: 1 face>" in printed[7]
    assert "1 s: 0 of 1 faces readable" in printed[8]
    assert "room: coverage 0% on average over 10 s" in printed[8]


def test_reference_has_every_public_name_command_route_and_setting(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "deploy" / "reference.py"), str(tmp_path)]
    subprocess.run(command, check=True, cwd=ROOT)
    pages = {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()}
    assert set(pages) == GENERATED
    classes = [name for name in roomread.__all__ if inspect.isclass(getattr(roomread, name))]
    assert [name for name in classes if f"### roomread.{name}\n" not in pages["python.md"]] == []
    assert "## roomread session report\n" in pages["cli.md"]
    assert "| `--min-face` |  | Smallest face to read, in pixels. |" in pages["cli.md"]
    assert "## POST /api/v1/analyze\n" in pages["http.md"]
    assert (
        "| `max_upload_mb` | `200` | The maximum size of an uploaded video, MB. |"
        in (pages["settings.md"])
    )


def test_navigation_lists_exactly_the_pages_of_the_docs() -> None:
    settings = (ROOT / "zensical.toml").read_text(encoding="utf-8")
    pages = {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    generated = {f"reference/{name}" for name in GENERATED}
    assert set(re.findall(r'"([\w/-]+\.md)"', settings)) == pages | generated


def test_every_command_is_in_the_docs(roomread: Program) -> None:
    help_text = roomread("--help").stdout.decode()
    commands = re.findall(r"^  ([a-z]+)  ", help_text, flags=re.MULTILINE)
    assert {"analyze", "train", "evaluate", "models", "data"} <= set(commands)
    docs = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "docs").rglob("*.md"))
    assert [name for name in commands if f"roomread {name}" not in docs] == []


def test_every_option_of_analyze_is_on_its_page_of_the_docs(roomread: Program) -> None:
    options = set(re.findall(r"--[a-z-]+", roomread("analyze", "--help").stdout.decode()))
    page = (ROOT / "docs" / "analyze.md").read_text(encoding="utf-8")
    missing = {name for name in options if name not in page}
    assert missing <= {"--help", "--output"}


def test_links_between_the_docs_are_valid() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.md")]
    pages.append(ROOT / "docs" / "llms.txt")
    for page in pages:
        for target in re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8")):
            if "://" not in target:
                made = target.startswith("reference/") and Path(target).name in GENERATED
                assert made or (page.parent / target).exists(), f"{page.name}: {target}"
                # The website contains only the folder docs.
                in_site = (page.parent / target).resolve().is_relative_to(ROOT / "docs")
                assert in_site or ROOT / "docs" not in page.parents, f"{page.name}: {target}"
