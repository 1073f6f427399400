"""Tests that the commands of the README and the tutorials run as they are written.

The commands of a page run in order in one folder, which contains the files that they name. Inputs
that need a camera, a network or a cluster are replaced, and commands that cannot run in a test are
listed with the reason.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

import altered
from fer_files import tiny_fer, write_folder
from roomread.bench import scenes
from roomread.media import VideoWriter, write_image
from serving import environment

ROOT = Path(__file__).parent.parent
PAGES = (
    "README.md",
    *(f"docs/tutorials/{name}.md" for name in ("teacher", "python", "training", "operator")),
)
# Why a command does not run here.
INSTALLS = "changes the machine; `make release` rehearses an installation in an empty environment"
NOT_RUN = {
    "make run": "sets up a whole environment; CI and tests/entry/test_app.py do what it does",
    "make test": "is what runs this test",
    "roomread session report ID -o lesson.pdf": "needs Pango; tests/formats/test_pdf.py prints one",
    "python -m venv .venv": INSTALLS,
    "pip install .": INSTALLS,
    'pip install ".[train]"': INSTALLS,
    "python -m venv roomread-env": INSTALLS,
    'pip install ".[app]"': INSTALLS,
    "roomread app": "opens a browser; tests/entry/test_app.py starts it without one",
    "python -m venv /opt/roomread": INSTALLS,
    'pip install --constraint constraints.txt ".[app]"': INSTALLS,
    "apt-get install coturn": "changes the machine",
    "turnserver -n --log-file=stdout --use-auth-secret --static-auth-secret=SECRET "
    "--realm=example.org --no-tls --no-dtls": "tests/web/test_live_in_browser.py starts it",
}
# Replacements in commands for inputs that a test machine does not have.
STAND_INS = {
    "analyze 0": "analyze class.mp4",
    "rtsp://camera/stream": "class.mp4",
    "'s3://bucket/lessons/*.mp4'": "'lessons/*.mp4'",
    "--address 0.0.0.0 --port 8501": "--port 0",
    "serve --sign-in": "serve --sign-in --port 0",
}
# Parts of commands that take longer than a few seconds, and therefore run only in the sweep.
SLOW = ("--engine ray", "--annotated out.mp4", "rtsp://", "analyze 0", "teach --state")
SERVER = re.compile(r"roomread serve\b")

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="no bash on this machine")


def commands_of(page: str) -> list[str]:
    """Return the commands in the code blocks of a page, and inline commands with arguments."""
    text = (ROOT / page).read_text(encoding="utf-8")
    found = []
    pattern = r"^```(\w*)\n(.*?)^```|`(roomread (?:[^`\s]+ ){2}[^`]+)`"
    for language, block, inline in re.findall(pattern, text, flags=re.DOTALL | re.MULTILINE):
        if language not in ("", "bash", "console", "sh"):
            continue
        joined = re.sub(r"\\\n\s*", "", block or inline)
        lines = (re.sub(r"(^|\s+)#.*", "", line) for line in joined.splitlines())
        found += [re.sub(r"(?<!\S)\S*/bin/", "", line) for line in lines if line]
    return found


@dataclass(slots=True)
class Shell:
    """A shell that runs the commands of one page.

    Attributes:
        folder: The folder in which they run.
        session: The id of the session that was recorded last.
        url: The URL of the service that was started last.
        service: The service that was started last; None if there is none.
        logs: The number of services that were started.
    """

    folder: Path
    session: str = ""
    url: str = ""
    service: subprocess.Popen[bytes] | None = None
    logs: int = 0

    def run(self, command: str) -> None:
        for name, other in STAND_INS.items():
            command = command.replace(name, other)
        command = re.sub(r"\bID\b", self.session, command)
        command = command.replace("http://127.0.0.1:8501", self.url)
        if SERVER.search(command):
            self._serve(command)
            return
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", command],
            cwd=self.folder,
            env=self._environment(),
            input="correct horse battery staple\n",
            capture_output=True,
            text=True,
            timeout=500,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        for path in re.findall(r"(?:-o|--out|--annotated|--report) (\S+)", command):
            assert (self.folder / path).exists(), command
        if "session record" in command:
            (self.session,) = re.findall(r"\b[0-9a-f]{8,}\b", done.stdout)[:1]

    def _serve(self, command: str) -> None:
        self.end()
        self.logs += 1
        log = self.folder / f"service-{self.logs}.log"
        with log.open("wb") as written:
            self.service = subprocess.Popen(
                ["bash", "-c", f"exec env {command}"],
                cwd=self.folder,
                env=self._environment(),
                stdout=written,
                stderr=written,
            )
        deadline = time.monotonic() + 200
        while (found := re.search(r"https?://[^\s\"]+:\d+", log.read_text())) is None:
            assert self.service.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        self.url = found[0]

    def end(self) -> None:
        service, self.service = self.service, None
        if service is not None and service.poll() is None:
            service.send_signal(signal.SIGTERM)
            assert service.wait(timeout=60) == 0

    def _environment(self) -> dict[str, str]:
        own = {"PATH": os.pathsep.join([str(self.folder / "bin"), os.environ["PATH"]])}
        return environment(self.folder) | own


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    """Yield a shell in a folder with the files that the pages name, and stop its service."""
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "roomread"
    program.write_text(
        f"#!{sys.executable}\nfrom roomread.entry.main import run\nrun()\n", encoding="utf-8"
    )
    program.chmod(0o755)
    for folder in ("photos", "lessons"):
        (tmp_path / folder).mkdir()
    for name in ("examples", "configs"):
        shutil.copytree(ROOT / name, tmp_path / name)
    for name in ("photo.jpg", "photos/a.jpg"):
        write_image(tmp_path / name, scenes.astronaut())
    portrait, face = scenes.portraits()[1]
    for number, picture in enumerate(altered.variants(altered.masked(portrait, face))[:3], 1):
        write_image(tmp_path / f"c{number}.jpg", np.asarray(picture))
    call = scenes.grid(width=960, height=540, columns=3, rows=2, people=6)
    for name in ("class.mp4", "lesson.mp4", "lessons/monday.mp4"):
        with VideoWriter(tmp_path / name) as writer:
            for frame in scenes.moving(call, 10, rate=5):
                writer.write(frame.image, frame.time)
    started = Shell(tmp_path)
    with contextlib.ExitStack() as stack:
        stack.callback(started.end)
        yield started


@pytest.mark.parametrize("page", PAGES)
def test_all_commands_are_extracted_from_a_page(page: str) -> None:
    known = ("roomread ", "pip ", "python ", "make ", "curl ", "cat ", "apt-get ", "turnserver ")
    commands = commands_of(page)
    assert commands
    assert [
        each for each in commands if not each.startswith(known) and "ROOMREAD_" not in each
    ] == []


def test_every_command_in_the_list_of_skipped_commands_is_in_the_docs() -> None:
    commands = [command for page in PAGES for command in commands_of(page)]
    assert [name for name in NOT_RUN if name not in commands] == []
    for part in (*STAND_INS, *SLOW):
        assert any(part in command for command in commands), part


def test_commands_in_the_readme_succeed(shell: Shell) -> None:
    for command in commands_of("README.md"):
        if command not in NOT_RUN and not any(part in command for part in SLOW):
            shell.run(command)


@pytest.mark.sweep
@pytest.mark.training
@pytest.mark.parametrize("page", PAGES)
def test_all_commands_on_a_page_of_the_docs_succeed(page: str, shell: Shell) -> None:
    data = write_folder(tiny_fer(each=4), shell.folder / "fer")
    for command in commands_of(page):
        if command not in NOT_RUN:
            shell.run(command.replace("DATA", str(data)))
