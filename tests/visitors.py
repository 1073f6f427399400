"""Drive the web app in Chromium, with a video file as its camera."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Browser, BrowserType, Locator, Page, expect, sync_playwright
from playwright.sync_api import TimeoutError as NotInTime

from roomread.bench.scenes import astronaut

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
SECONDS = 1000
SLOW = 60 * SECONDS


def write_camera(path: Path, pictures: list[np.ndarray]) -> Path:
    """Write pictures of 640 x 480 as a Y4M file of 15 frames a second, and return its path."""
    with path.open("wb") as file:
        file.write(b"YUV4MPEG2 W640 H480 F15:1 Ip A1:1 C420jpeg\n")
        for picture in pictures:
            y, cb, cr = (np.asarray(p) for p in Image.fromarray(picture).convert("YCbCr").split())
            file.write(b"FRAME\n" + y.tobytes() + cb[::2, ::2].tobytes() + cr[::2, ::2].tobytes())
    return path


def room(*, left: int | None) -> np.ndarray:
    """Return a grey room with the astronaut at `left`, px; None for an empty room."""
    picture = Image.effect_noise((640, 480), 20).convert("RGB")
    if left is not None:
        picture.paste(Image.fromarray(astronaut()), (left, -20))
    return np.asarray(picture)


@contextmanager
def chromium(folder: Path) -> Iterator[Browser]:
    """Start Chromium; its camera shows the astronaut for 6 s, an empty room for 4 s, and so on."""
    pictures = [room(left=40 + n % 15) for n in range(90)] + [room(left=None)] * 60
    camera = write_camera(folder / "camera.y4m", pictures)
    with sync_playwright() as driver:
        launched = launch(driver.chromium, camera)
        yield launched
        launched.close()


def launch(kind: BrowserType, camera: Path) -> Browser:
    """Start a browser with a file as its camera."""
    return kind.launch(
        executable_path=CHROMIUM,
        args=[
            "--no-sandbox",
            "--use-fake-device-for-media-stream",
            f"--use-file-for-fake-video-capture={camera}",
        ],
    )


def enter(page: Page, address: str) -> Page:
    """Open the app, and answer the question about the purpose if it is asked."""
    page.set_default_timeout(SLOW)
    expect.set_options(timeout=SLOW)
    page.goto(address)
    welcome = page.get_by_role("heading", name="Welcome to Roomread")
    pages = page.get_by_role("link", name="Settings")
    expect(welcome.or_(pages).first).to_be_visible()
    if welcome.count():
        page.get_by_role("button", name="Continue").click()
        expect(page.get_by_text("Choose one of the four")).to_be_visible()
        page.get_by_text("Research, with the consent").click()
        page.get_by_role("button", name="Continue").click()
    expect(pages).to_be_visible()
    return page


def visit(page: Page, name: str) -> None:
    """Go to a page of the app by its link."""
    wait_until_drawn(page)
    title = {"Home": "Roomread"}.get(name, name)
    heading = page.get_by_role("heading", name=title, exact=True)
    press(page.get_by_role("link", name=name), expect(heading).to_be_visible)


def press(button: Locator, becomes: Callable[..., None], *arguments: object) -> None:
    """Click, and click again if nothing happens, as a user would.

    A click may be lost on an element that moves while charts above it are drawn, and on a link
    while the camera appears on the page Watch now.

    Args:
        button: the button or link to click.
        becomes: the Playwright assertion that must be true afterwards.
        arguments: the arguments of the assertion.
    """
    button.click()
    try:
        becomes(*arguments, timeout=SLOW / 3)
    except AssertionError:
        button.click()
        becomes(*arguments)


def wait_until_drawn(page: Page) -> None:
    """Wait until the app has finished drawing the page."""
    expect(
        page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]')
    ).to_be_visible()


def unfold(page: Page, title: str) -> None:
    """Open an expander once the page is drawn; until then it may move."""
    wait_until_drawn(page)
    page.get_by_text(title).click()


def start_camera(page: Page) -> None:
    """Press START and wait for the first frame."""
    page.frame_locator("iframe").first.get_by_role("button", name="START").click()
    expect(page.get_by_role("tab", name="One face")).to_be_visible()


def upload(page: Page, *files: Path) -> None:
    page.locator("input[type=file]").first.set_input_files(list(files))


def download(page: Page, button: str) -> bytes:
    """Press a button that downloads a file, and return its content."""
    with page.expect_download() as started:
        page.get_by_role("button", name=button, exact=True).click()
    return Path(started.value.path()).read_bytes()


def choose(page: Page, label: str, option: str) -> None:
    """Choose an option of a select box."""
    wait_until_drawn(page)
    box = page.get_by_role("combobox", name=label)
    choice = page.get_by_role("option", name=option)

    def take(timeout: float = SLOW) -> None:
        try:
            choice.click(timeout=timeout)
        except NotInTime as error:
            raise AssertionError(f"{label!r} does not offer {option!r}") from error

    # If the page is drawn again in the meantime, the list of options closes.
    press(box, take)
