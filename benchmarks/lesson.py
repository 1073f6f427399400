"""Run a simulated lesson in real browsers with all pages open at once, and print the results.

    python benchmarks/lesson.py [--before 80] [--during 80] [--after 80] [--shots FOLDER]

Chromium on a virtual screen (Xvfb) shares a call of 25 people. A second Chromium shows the
teacher's board and two students with a camera file. Twenty more students are simulated with the
protocol alone. During `--during` people stop smiling and eight students press "I am lost". With
`--shots` a screenshot of each page is written: light, dark and 390 px wide.
"""

from __future__ import annotations

import argparse
import base64
import json
import sys
import tempfile
import time
from pathlib import Path

import psutil
from playwright.sync_api import Page

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from roomread.room import clock  # noqa: E402
from serving import Service, serving  # noqa: E402
from whole_lesson import Outcome, Plan, Stage, hold_lesson, new_page, open_lesson  # noqa: E402

_LOOKS = (("light", 1280), ("dark", 1280), ("light", 390))


def photograph(page: Page, folder: Path, name: str, *, height: int = 800) -> None:
    """Write screenshots of a whole page: light, dark, and on a narrow screen.

    Args:
        page: The page.
        folder: The folder for the screenshots.
        name: The prefix of their file names.
        height: The height of the browser, px; of a page of the app, only this height is visible.
    """
    for scheme, width in _LOOKS:
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.set_viewport_size({"width": width, "height": height})
        # The board draws its chart with the next event.
        page.wait_for_timeout(1500)
        page.screenshot(path=folder / f"{name}-{scheme}-{width}.png", full_page=True)


def photograph_open_room(stage: Stage, service: Service, folder: Path) -> None:
    """Write screenshots of the pages of an open room."""
    photograph(stage.board, folder, "board")
    photograph(stage.students[0], folder, "student")
    visitor = new_page(stage.browser)
    link = stage.board.locator("#link").get_attribute("href") or ""
    for name, address in (
        ("join", link),
        ("mirror", f"{service.url}/mirror"),
        ("rooms", f"{service.url}/room"),
        ("share", f"{service.url}/share"),
    ):
        visitor.goto(address)
        photograph(visitor, folder, name)
    visitor.context.close()
    # The page that shares is hidden behind the call, but its layout is complete.
    shown = stage.share.call("Page.captureScreenshot", format="png", captureBeyondViewport=True)
    (folder / "share-shared.png").write_bytes(base64.b64decode(shown["data"]))


def photograph_ended_room(stage: Stage, service: Service, outcome: Outcome, folder: Path) -> None:
    """Write screenshots of the end of a lesson, its report, and its page in the app."""
    photograph(stage.board, folder, "board-ended")
    photograph(stage.students[0], folder, "student-ended")
    visitor = new_page(stage.browser)
    visitor.goto(f"{service.url}/api/v1/sessions/{outcome.session_id}/report")
    photograph(visitor, folder, "report")
    visitor.goto(f"{service.url}/lessons?session={outcome.session_id}")
    visitor.get_by_text("less positive than before").first.wait_for()
    photograph(visitor, folder, "lesson", height=2400)
    visitor.context.close()


def main() -> None:
    """Run the lesson, and print the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--before", type=float, default=80.0)
    parser.add_argument("--during", type=float, default=80.0)
    parser.add_argument("--after", type=float, default=80.0)
    parser.add_argument("--shots", type=Path, help="a folder for pictures of the pages")
    options = parser.parse_args()
    plan = Plan(options.before, options.during, options.after)
    shots: Path | None = options.shots
    if shots is not None:
        shots.mkdir(parents=True, exist_ok=True)
    begun = time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="roomread-lesson-") as folder,
        serving(Path(folder), command="app", purpose="research") as service,
        open_lesson(service, Path(folder)) as (stage, outcome),
    ):

        def look() -> None:
            if shots is not None:
                photograph_open_room(stage, service, shots)

        hold_lesson(service, stage, outcome, plan, look)
        if shots is not None:
            photograph_ended_room(stage, service, outcome, shots)
    _show(outcome, time.monotonic() - begun)


def _show(outcome: Outcome, seconds: float) -> None:
    print(f"{seconds:.0f} s; load of the machine {psutil.getloadavg()[0]:.1f}")
    print(f"board: {outcome.covers}")
    begins, ends = (clock(each) for each in outcome.stretch)
    print(f"bad stretch: {begins} to {ends}")
    fell = [f"{clock(start)} to {clock(end)}" for start, end in outcome.fell]
    print(f"report names: {' and '.join(fell) or 'no stretch'}")
    for number, line in enumerate(outcome.listed, start=1):
        print(f"hardest {number}: {line}")
    for page in outcome.pages:
        longest = max(len(frame) for frame in page.frames)
        kinds = sorted({json.loads(frame)["k"] for frame in page.frames})
        bodies = sum(size for _, _, size in page.requests)
        print(
            f"a student's page: {len(page.requests)} requests with bodies of {bodies} bytes; "
            f"{len(page.frames)} messages {kinds}, the longest {longest} bytes"
        )
    print(f"consoles: {outcome.said or 'silent'}")


if __name__ == "__main__":
    main()
