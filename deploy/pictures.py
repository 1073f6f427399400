"""Make the screenshots and the recording for the README and the docs (`make pictures`).

The script starts the app with an empty data folder, operates it in Chromium, and writes
`docs/app-*.png`, `docs/session-report.png` and `docs/demo.gif`. The recording opens the demo class
and an example photo from the page Home.
"""

from __future__ import annotations

import base64
import io
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Locator, Page, expect, sync_playwright

from serving import serving
from visitors import CHROMIUM, wait_until_drawn

DOCS = Path(__file__).parents[1] / "docs"
SIZE = (1280, 800)
# Width of the recording, px, and the shortest and longest time for which a frame is shown, s.
GIF_WIDTH, SHORTEST, LONGEST = 800, 0.12, 2.0
# How long a page is shown before the next click, s.
REST = 1.5
MOST_BYTES = 2_000_000
SLOW = 120_000
# A script that draws a dot at the pointer, because a screencast does not show the pointer.
_POINTER = """
addEventListener("mousemove", (event) => {
  let dot = document.getElementById("pointer");
  if (!dot) {
    dot = document.createElement("div");
    dot.id = "pointer";
    dot.style = "position:fixed;z-index:1000000;width:22px;height:22px;border-radius:50%;" +
      "background:#d6004a99;border:2px solid #fff;pointer-events:none;margin:-13px 0 0 -13px";
    document.body.append(dot);
  }
  dot.style.left = `${event.clientX}px`;
  dot.style.top = `${event.clientY}px`;
});
"""
_NO_POINTER = "#pointer { display: none }"


class Recording:
    """A screencast of actions on a page, without the times in which the app is busy.

    Args:
        page: The page.
    """

    def __init__(self, page: Page) -> None:
        self._page = page
        self._frames: list[tuple[float, bytes]] = []
        self._newest, self._is_running = b"", False
        page.add_init_script(_POINTER)
        self._session = page.context.new_cdp_session(page)
        self._session.on("Page.screencastFrame", self._add)
        limits = {"maxWidth": GIF_WIDTH, "maxHeight": GIF_WIDTH}
        self._session.send("Page.startScreencast", {"format": "png", **limits})

    def _add(self, event: dict[str, Any]) -> None:
        self._newest = base64.b64decode(event["data"])
        if self._is_running:
            self._frames.append((float(event["metadata"]["timestamp"]), self._newest))
        self._session.send("Page.screencastFrameAck", {"sessionId": event["sessionId"]})

    def click(self, target: Locator) -> None:
        """Scroll to an element, move the pointer to its middle, and click."""
        target.scroll_into_view_if_needed()
        box = target.bounding_box()
        if box is None:
            sys.exit(f"the page does not show {target}")
        self.click_at(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)

    def click_at(self, x: float, y: float) -> None:
        """Move the pointer to a point of the page, px, and click."""
        self._run()
        self._page.mouse.move(x, y, steps=6)
        self._page.wait_for_timeout(300)
        self._page.mouse.click(x, y)
        self._page.wait_for_timeout(300)
        self._is_running = False

    def _run(self) -> None:
        """Resume recording with the newest frame, because an unchanged page sends no new one."""
        if self._newest:
            self._frames.append((time.time(), self._newest))
        self._is_running = True

    def rest(self, name: str = "") -> None:
        """Record the page for a while once it is drawn; with a name, write it as docs/NAME.png."""
        wait_until_drawn(self._page)
        # Streamlit draws grey bars in place of elements that are still loading.
        expect(self._page.get_by_test_id("stSkeleton")).to_have_count(0)
        self._page.wait_for_timeout(500)
        self._run()
        self._page.wait_for_timeout(1000 * REST)
        self._is_running = False
        if name:
            write_picture(self._page, name)

    def write(self, path: Path) -> None:
        """Stop the screencast, and write it as an animated GIF."""
        self._session.send("Page.stopScreencast")
        frames = [self._frames[0]]
        for at, content in self._frames[1:]:
            if at - frames[-1][0] >= SHORTEST:
                frames.append((at, content))
            else:
                # Of frames in quick succession, only the newest is used.
                frames[-1] = (frames[-1][0], content)
        shown = [min(later - earlier, LONGEST) for (earlier, _), (later, _) in pairwise(frames)]
        pictures = [Image.open(io.BytesIO(content)).convert("RGB") for _, content in frames]
        # One palette for all frames prevents flicker. It includes the last frame for its photo.
        palette = _side_by_side(pictures[0], pictures[len(pictures) // 2], pictures[-1])
        palette = palette.quantize(128)
        first, *others = [
            picture.quantize(palette=palette, dither=Image.Dither.NONE) for picture in pictures
        ]
        first.save(
            path,
            save_all=True,
            append_images=others,
            duration=[round(1000 * seconds) for seconds in [*shown, 2 * REST]],
            loop=0,
            optimize=True,
        )
        if path.stat().st_size > MOST_BYTES:
            sys.exit(f"{path} is larger than {MOST_BYTES} bytes")


def _side_by_side(*pictures: Image.Image) -> Image.Image:
    width, height = pictures[0].size
    whole = Image.new("RGB", (width * len(pictures), height))
    for number, picture in enumerate(pictures):
        whole.paste(picture, (number * width, 0))
    return whole


def write_picture(page: Page, name: str) -> None:
    """Write a screenshot of a page as docs/NAME.png."""
    picture = Image.open(io.BytesIO(page.screenshot(style=_NO_POINTER))).convert("RGB")
    picture.quantize(256).save(DOCS / f"{name}.png", optimize=True)


def show_demo(page: Page, url: str) -> None:
    """Open the demo class and a photo from Home, and write the screenshots and the recording."""
    page.goto(url)
    demo = page.get_by_role("button", name="The demo class")
    demo.wait_for()
    wait_until_drawn(page)
    recording = Recording(page)
    page.goto(url)
    demo.wait_for()
    recording.rest()
    recording.click(demo)
    page.wait_for_url("**/lessons?session=*")
    expect(page.get_by_text("The class was less positive than before")).to_be_visible()
    recording.rest("app-answer")
    recording.click(page.get_by_role("tab", name="Timeline"))
    charts = page.locator(".charts svg").first
    expect(charts).to_be_visible()
    charts.scroll_into_view_if_needed()
    box = charts.bounding_box()
    if box is None:
        sys.exit("the timeline has no chart")
    for share in (0.3, 0.62):
        recording.click_at(box["x"] + share * box["width"], box["y"] + 80)
        recording.rest("app-timeline")
    recording.click(page.get_by_role("link", name="Home"))
    photo = page.get_by_role("button", name="An example photo")
    photo.wait_for()
    recording.rest()
    recording.click(photo)
    face = page.get_by_role("button", name="Face 1:")
    expect(face).to_be_visible()
    face.scroll_into_view_if_needed()
    recording.rest("app-photo")
    recording.write(DOCS / "demo.gif")


def show_report(page: Page, url: str) -> None:
    """Write a screenshot of the demo class's report."""
    page.goto(url)
    page.get_by_role("button", name="The demo class").click()
    report = page.get_by_role("button", name="Report", exact=True)
    with page.expect_download() as started:
        report.click()
    content = Path(started.value.path()).read_text(encoding="utf-8")
    page.goto("about:blank")
    page.set_content(content)
    write_picture(page, "session-report")


def main() -> None:
    """Start the app and a browser, and write all pictures."""
    with (
        tempfile.TemporaryDirectory() as name,
        serving(Path(name), "--no-browser", command="app") as app,
        sync_playwright() as driver,
    ):
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": SIZE[0], "height": SIZE[1]})
        page.set_default_timeout(SLOW)
        expect.set_options(timeout=SLOW)
        show_demo(page, app.url)
        show_report(page, app.url)
        browser.close()


if __name__ == "__main__":
    main()
