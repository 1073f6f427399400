"""Make the pictures and the recording of the README and the docs: `make pictures`.

Start the app with a folder of its own, drive it in Chromium, and write `docs/app-*.png` and
`docs/demo.gif`, which shows the way from Home to the answer of the demo class and to a photo.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright

DOCS = Path(__file__).parents[1] / "docs"
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
SIZE = (1280, 800)
# Width of the recording, px; milliseconds of each of its pictures.
GIF_WIDTH, GIF_MS = 900, 1800
MOST_BYTES = 2_000_000
SLOW = 120_000


@contextmanager
def app(folder: Path) -> Iterator[str]:
    """Run the app with an empty folder, and yield its URL."""
    own = {
        "ROOMREAD_DATA_FOLDER": str(folder / "data"),
        "ROOMREAD_PURPOSE": "research",
        "XDG_CONFIG_HOME": str(folder),
        "HOME": str(folder),
    }
    command = [sys.executable, "-c", "from roomread.entry.main import run; run()"]
    log = folder / "log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            [*command, "app", "--port", "0", "--no-browser"],
            env=os.environ | own,
            stdout=file,
            stderr=file,
        )
    try:
        yield _url(log, process)
    finally:
        process.terminate()
        process.wait()


def _url(log: Path, process: subprocess.Popen[bytes]) -> str:
    while process.poll() is None:
        found = re.search(r"https?://[^\s\"]+:\d+", log.read_text())
        if found is not None:
            return found[0]
        time.sleep(0.1)
    sys.exit(f"the app ended: {log.read_text()}")


class Recording:
    """Pictures of a page, kept as frames of an animation and, some, as files.

    Args:
        page: The page.
    """

    def __init__(self, page: Page) -> None:
        self._page = page
        self._frames: list[Image.Image] = []

    def take(self, name: str = "") -> None:
        """Add a frame once the page is drawn, and write it as docs/NAME.png if it has a name."""
        state = '[data-testid="stApp"][data-test-script-state="notRunning"]'
        expect(self._page.locator(state)).to_be_visible()
        self._page.wait_for_timeout(1500)
        content = self._page.screenshot()
        if name:
            picture = Image.open(io.BytesIO(content)).convert("RGB")
            picture.quantize(256).save(DOCS / f"{name}.png", optimize=True)
        frame = Image.open(io.BytesIO(content)).convert("RGB")
        frame.thumbnail((GIF_WIDTH, GIF_WIDTH))
        self._frames.append(frame)

    def write(self, path: Path) -> None:
        """Write the animation."""
        # One palette for all frames, so that colours do not flicker.
        first = self._frames[0].quantize(128)
        frames = [frame.quantize(palette=first, dither=Image.Dither.NONE) for frame in self._frames]
        frames[0].save(
            path,
            save_all=True,
            append_images=frames[1:],
            duration=GIF_MS,
            loop=0,
            optimize=True,
        )
        if path.stat().st_size > MOST_BYTES:
            sys.exit(f"{path} is larger than {MOST_BYTES} bytes")


def show_demo(page: Page, url: str) -> None:
    """Go from Home to the demo class and to a photo, and write the pictures."""
    recording = Recording(page)
    page.goto(url)
    page.get_by_role("button", name="The demo class").wait_for()
    recording.take()
    page.get_by_role("button", name="The demo class").click()
    page.wait_for_url("**/lessons?session=*")
    expect(page.get_by_text("The class was less positive than before")).to_be_visible()
    recording.take("app-answer")
    page.get_by_role("tab", name="Timeline").click()
    charts = page.locator(".charts svg").first
    expect(charts).to_be_visible()
    charts.scroll_into_view_if_needed()
    box = charts.bounding_box()
    if box is not None:
        page.mouse.click(box["x"] + 0.62 * box["width"], box["y"] + 80)
    recording.take("app-timeline")
    page.goto(f"{url}/files?example=1")
    face = page.get_by_role("button", name="Face 1:")
    expect(face).to_be_visible()
    face.scroll_into_view_if_needed()
    recording.take("app-photo")
    recording.write(DOCS / "demo.gif")


def show_report(page: Page, url: str) -> None:
    """Write the picture of the demo class's report."""
    page.goto(url)
    page.get_by_role("button", name="The demo class").click()
    report = page.get_by_role("button", name="Report")
    with page.expect_download() as started:
        report.click()
    content = Path(started.value.path()).read_text(encoding="utf-8")
    page.goto("about:blank")
    page.set_content(content)
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    picture.quantize(256).save(DOCS / "session-report.png", optimize=True)


def main() -> None:
    """Write all pictures."""
    with tempfile.TemporaryDirectory() as name, app(Path(name)) as url, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": SIZE[0], "height": SIZE[1]})
        page.set_default_timeout(SLOW)
        expect.set_options(timeout=SLOW)
        show_demo(page, url)
        show_report(page, url)
        browser.close()


if __name__ == "__main__":
    main()
