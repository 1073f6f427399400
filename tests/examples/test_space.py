"""Tests of the demo in examples/space, which runs only in the browser."""

from __future__ import annotations

import functools
import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright

from roomread import Expression, analyze
from roomread.bench import scenes
from visitors import CHROMIUM, SLOW

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the demo into a subfolder of a website, and return this subfolder."""
    folder = tmp_path_factory.mktemp("site") / "demos" / "space"
    command = [sys.executable, str(EXAMPLES / "space" / "build.py"), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


def test_demo_refers_only_to_files_in_its_own_folder(site: Path) -> None:
    named = re.findall(r'(?:href|src)="([^"]+)"', (site / "index.html").read_text())
    for script in (site / "space.js", *(site / "student").iterdir()):
        imports = re.findall(r'^import .* from "(.+)";', script.read_text(), flags=re.MULTILINE)
        named += [(script.parent / name).relative_to(site).as_posix() for name in imports]
    settings = json.loads((site / "settings.json").read_text())
    named += [settings["runtime"], settings["wasm"], *settings["nets"].values()]
    assert [name for name in named if name != "data:," and not (site / name).is_file()] == []
    assert set(settings["colors"]) == {each.display_name for each in Expression}


def test_build_into_a_folder_that_is_not_empty_is_refused(site: Path) -> None:
    command = [sys.executable, str(EXAMPLES / "space" / "build.py"), str(site)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "is not empty" in done.stderr


@pytest.fixture
def page(site: Path) -> Iterator[Page]:
    """Open the demo in Chromium from a static file server, at a path below the root."""
    handler = functools.partial(SimpleHTTPRequestHandler, directory=str(site.parents[1]))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server, sync_playwright() as driver:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        opened = browser.new_page()
        opened.set_default_timeout(SLOW)
        expect.set_options(timeout=SLOW)
        opened.goto(f"http://127.0.0.1:{server.server_port}/demos/space/")
        yield opened
        browser.close()
        server.shutdown()


@pytest.mark.sweep
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_browser_demo_gives_the_same_readings_of_a_photo_as_the_python_program(
    page: Page, tmp_path: Path
) -> None:
    expect(page.get_by_role("status")).to_have_text("Ready.")
    page.get_by_role("button", name="Read the example").click()
    row = page.locator("#rows tr")
    (face,) = analyze(EXAMPLES / "astronaut.jpg")
    assert face.scores is not None
    expect(row).to_have_count(1)
    expect(row.locator("td").nth(1)).to_have_text(f"{face.expression} {face.scores.percent}")

    both = tmp_path / "both.png"
    Image.fromarray(np.hstack([scenes.astronaut(), scenes.hopper()[:512]])).save(both)
    page.get_by_label("Choose a photo").set_input_files(both)
    expect(page.get_by_role("status")).to_contain_text("2 faces")
    cells = page.locator("#rows tr td:nth-child(2)").all_inner_texts()
    assert [text.split()[0] for text in cells] == ["neutral", "happy"]

    nothing = tmp_path / "nothing.png"
    nothing.write_bytes(b"no picture")
    page.get_by_label("Choose a photo").set_input_files(nothing)
    expect(page.get_by_role("alert")).to_contain_text("cannot be read")
    expect(page.locator("#faces")).to_be_hidden()
