"""The web app in a real browser, with a fake camera that shows a package's portrait."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

playwright = pytest.importorskip("playwright.sync_api", reason="the dev group has it")
from playwright.sync_api import Browser, Page, Playwright, expect  # noqa: E402

from program import PROGRAM  # noqa: E402
from roomread.media import VideoWriter  # noqa: E402
from scenes import astronaut, grid, masked, portraits, tilted, variants  # noqa: E402

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
SECONDS = 1000
SLOW = 60 * SECONDS
EXAMPLE = Path(__file__).parents[2] / "examples" / "astronaut.jpg"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app, run as a user runs it, its settings in a folder of the test's."""
    folder = tmp_path_factory.mktemp("app")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            # Streamlit has deprecation warnings of its own; they are not errors of ours.
            [arg for arg in PROGRAM if arg not in ("-W", "error")]
            + ["app", "--no-browser", "--port", str(port)],
            env=os.environ
            | {"XDG_CONFIG_HOME": str(folder), "XDG_DATA_HOME": str(folder), "HOME": str(folder)},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    url = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + 100
    while True:
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=5):  # noqa: S310
                break
        except OSError:
            assert process.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.1)
    yield url
    os.killpg(process.pid, 15)
    process.wait(timeout=30)
    assert "Traceback" not in (folder / "log").read_text()


def write_camera(path: Path, pictures: list[np.ndarray]) -> Path:
    """A Y4M file of 640 x 480 at 15 frames a second."""
    with path.open("wb") as file:
        file.write(b"YUV4MPEG2 W640 H480 F15:1 Ip A1:1 C420jpeg\n")
        for picture in pictures:
            y, cb, cr = (np.asarray(p) for p in Image.fromarray(picture).convert("YCbCr").split())
            file.write(b"FRAME\n" + y.tobytes() + cb[::2, ::2].tobytes() + cr[::2, ::2].tobytes())
    return path


def room(*, left: int | None) -> np.ndarray:
    """A grey room, with the astronaut in it at `left` or nobody."""
    picture = Image.effect_noise((640, 480), 20).convert("RGB")
    if left is not None:
        picture.paste(Image.fromarray(astronaut()), (left, -20))
    return np.asarray(picture)


@pytest.fixture(scope="module")
def driver() -> Iterator[Playwright]:
    with playwright.sync_playwright() as started:
        yield started


@pytest.fixture(scope="module")
def browser(driver: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Chromium whose camera shows the astronaut for 6 s, nobody for 4 s, and so on."""
    pictures = [room(left=40 + n % 15) for n in range(90)] + [room(left=None)] * 60
    camera = write_camera(tmp_path_factory.mktemp("camera") / "camera.y4m", pictures)
    launched = launch(driver, camera)
    yield launched
    launched.close()


def launch(driver: Playwright, camera: Path) -> Browser:
    """Chromium with a file as its camera."""
    return driver.chromium.launch(
        executable_path=CHROMIUM,
        args=[
            "--no-sandbox",
            "--use-fake-device-for-media-stream",
            f"--use-file-for-fake-video-capture={camera}",
        ],
    )


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """A visitor; the first one ever answers the question about the purpose."""
    context = browser.new_context(permissions=["camera"], accept_downloads=True)
    visitor = context.new_page()
    visitor.set_default_timeout(SLOW)
    expect.set_options(timeout=SLOW)
    visitor.goto(address)
    welcome = visitor.get_by_role("heading", name="Welcome to Roomread")
    pages = visitor.get_by_role("link", name="Photo")
    expect(welcome.or_(pages).first).to_be_visible()
    if welcome.count():
        visitor.get_by_role("button", name="Go on").click()
        expect(visitor.get_by_text("Choose one of the four")).to_be_visible()
        visitor.get_by_text("Myself: my own face").click()
        visitor.get_by_role("button", name="Go on").click()
    expect(pages).to_be_visible()
    yield visitor
    context.close()


def visit(page: Page, name: str) -> None:
    page.get_by_role("link", name=name).click()
    heading = {"Model": "The model"}.get(name, name)
    expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible()


def start_camera(page: Page) -> None:
    """Presses START; now and then the connection ends as it begins: a visitor presses again."""
    start = page.frame_locator("iframe").first.get_by_role("button", name="START")
    start.click()
    try:
        expect(page.get_by_text("Frames/s")).to_be_visible(timeout=20 * SECONDS)
    except AssertionError:
        start.click()
        expect(page.get_by_text("Frames/s")).to_be_visible()


def upload(page: Page, *files: Path) -> None:
    page.locator("input[type=file]").first.set_input_files(list(files))


def download(page: Page, button: str) -> bytes:
    with page.expect_download() as started:
        page.get_by_role("button", name=button, exact=True).click()
    return Path(started.value.path()).read_bytes()


def test_a_photo_with_one_face_is_boxed_read_and_offered(page: Page) -> None:
    visit(page, "Photo")
    upload(page, EXAMPLE)
    expect(page.get_by_text("astronaut.jpg: 1 face")).to_be_visible()
    scores_of = page.get_by_role("combobox", name="Scores of")
    expect(scores_of).to_have_value(re.compile("face 1: happy"))
    (picture,) = json.loads(download(page, "JSON"))
    assert picture["source"] == "astronaut.jpg"
    assert picture["faces"][0]["expression"] == "happy"
    assert download(page, "CSV").startswith(b"source,time,")
    assert download(page, "Annotated picture").startswith(b"\x89PNG")


def test_many_faces_none_and_what_is_no_picture_at_once(page: Page, tmp_path: Path) -> None:
    call = tmp_path / "call.png"
    call_of_12 = grid(columns=4, rows=3)
    Image.fromarray(call_of_12.image).save(call)
    empty = tmp_path / "empty.png"
    Image.new("RGB", (300, 200), (90, 120, 150)).save(empty)
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(EXAMPLE.read_bytes()[:2000])
    text = tmp_path / "letter.png"
    text.write_text("Dear Sir or Madam")
    visit(page, "Photo")
    upload(page, call, empty, broken, text)
    expect(page.get_by_text(f"call.png: {len(call_of_12.people)} faces")).to_be_visible()
    expect(page.get_by_text("empty.png: No face was found.")).to_be_visible()
    expect(page.get_by_text("broken.jpg:")).to_be_visible()
    expect(page.get_by_text("letter.png:").first).to_be_visible()
    expect(page.get_by_text("Traceback")).to_have_count(0)


def test_the_live_camera_is_read_the_face_leaves_and_comes_back(page: Page) -> None:
    visit(page, "Live")
    start_camera(page)
    expect(page.get_by_text("#1: happy")).to_be_visible()
    expect(page.get_by_text("No face is seen.")).to_be_visible()
    expect(page.get_by_text(": happy").first).to_be_visible()
    page.frame_locator("iframe").first.get_by_role("button", name="STOP").click()
    expect(page.get_by_text("Press START.")).to_be_visible()


def test_two_visitors_have_a_camera_each(browser: Browser, address: str, page: Page) -> None:
    other = browser.new_context(permissions=["camera"]).new_page()
    other.goto(address)
    for visitor in (page, other):
        visit(visitor, "Live")
        start_camera(visitor)
    for visitor in (page, other):
        expect(visitor.get_by_text(": happy").first).to_be_visible()
    other.context.close()


def test_a_refused_camera_is_told_and_the_page_says_how_to_fix_it(
    browser: Browser, address: str, page: Page
) -> None:
    del page  # the purpose is answered
    context = browser.new_context(permissions=[])
    visitor = context.new_page()
    visitor.goto(address)
    visit(visitor, "Live")
    frame = visitor.frame_locator("iframe").first
    frame.get_by_role("button", name="START").click()
    expect(frame.get_by_text("NotAllowedError").or_(frame.get_by_text("ermission"))).to_be_visible()
    visitor.get_by_text("The camera does not start?").click()
    expect(visitor.get_by_text("The browser asks for the camera")).to_be_visible()
    context.close()


def test_a_video_is_read_survives_a_reload_and_is_offered(page: Page, tmp_path: Path) -> None:
    clip = tmp_path / "lesson.mp4"
    with VideoWriter(clip) as writer:
        for number in range(45):
            writer.write(room(left=40 + number), number / 15)
    visit(page, "Video")
    upload(page, clip)
    page.get_by_role("button", name="Read it").click()
    page.wait_for_url("**/video?job=*")
    page.reload()
    expect(page.get_by_role("heading", name="The room")).to_be_visible()
    assert download(page, "CSV").count(b"happy") >= 40
    assert b"ftyp" in download(page, "Annotated video")[:16]
    page.get_by_role("button", name="Another video").click()
    expect(page.get_by_role("button", name="Read it")).to_be_visible()


def test_a_video_can_be_cancelled(page: Page, tmp_path: Path) -> None:
    clip = tmp_path / "long.mp4"
    picture = room(left=40)
    with VideoWriter(clip) as writer:
        for number in range(900):
            writer.write(picture, number / 15)
    visit(page, "Video")
    upload(page, clip)
    page.get_by_role("button", name="Read it").click()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("Cancelled after")).to_be_visible()


def test_what_is_no_video_is_told(page: Page, tmp_path: Path) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no video at all" * 50)
    visit(page, "Video")
    upload(page, broken)
    page.get_by_role("button", name="Read it").click()
    expect(page.get_by_text("broken.mp4:")).to_be_visible()


def test_the_model_page_shows_the_card_and_the_about_page_the_law(page: Page) -> None:
    visit(page, "Model")
    expect(page.get_by_text("Abstains under")).to_be_visible()
    expect(page.get_by_text("roomread train DATA --config compact")).to_be_visible()
    visit(page, "About and privacy")
    expect(page.get_by_text("Article 5(1)(f)")).to_be_visible()
    expect(page.get_by_text("Nothing is stored")).to_be_visible()


def test_a_state_is_taught_tried_used_switched_off_and_deleted(page: Page, tmp_path: Path) -> None:
    covered = [tmp_path / f"m{n}.png" for n in range(4)]
    for path, picture in zip(covered, variants(masked(*portraits()[0])), strict=False):
        picture.save(path)
    other = tmp_path / "other.png"
    masked(*portraits()[1]).save(other)
    visit(page, "Teach")
    page.get_by_text("A new state").click()
    expect(page.get_by_text("It stands beside the seven expressions")).to_be_visible()
    page.get_by_label("Name", exact=True).fill("masked")
    page.get_by_label("Name", exact=True).press("Enter")
    upload(page, EXAMPLE, covered[0])
    page.get_by_role("button", name="Add 2 pictures").click()
    expect(page.get_by_text("It does not help: ")).to_be_visible()
    expect(page.get_by_role("button", name="Keep", exact=True)).to_be_disabled()
    page.get_by_role("button", name="Start again").click()
    expect(page.get_by_text("It does not help: ")).to_have_count(0)
    upload(page, *covered)
    page.get_by_role("button", name="Add 4 pictures").click()
    expect(page.get_by_text("It helps: 4 of 4 left-out pictures read right")).to_be_visible()
    page.get_by_role("button", name="Keep", exact=True).click()
    expect(page.get_by_text("'masked' is kept and switched on.")).to_be_visible()
    visit(page, "Photo")
    upload(page, other)
    expect(page.get_by_text("Profiles: masked.")).to_be_visible()
    (picture,) = json.loads(download(page, "JSON"))
    assert picture["faces"][0]["states"]["masked"]["shown"] is True
    visit(page, "Teach")
    page.get_by_text("masked", exact=True).click()
    expect(page.get_by_text("in this visit: none.")).to_be_visible()
    visit(page, "Photo")
    upload(page, other)
    expect(page.get_by_text("other.png: 1 face")).to_be_visible()
    (picture,) = json.loads(download(page, "JSON"))
    assert "states" not in picture["faces"][0]
    visit(page, "Teach")
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("None yet.")).to_be_visible()


def test_ten_seconds_of_a_resting_face_make_it_more_neutral(
    driver: Playwright, address: str, page: Page, tmp_path: Path
) -> None:
    del page  # the purpose is answered
    face = tilted()[0].resize((410, 480))
    pictures = []
    for n in range(45):
        background = Image.effect_noise((640, 480), 20).convert("RGB")
        background.paste(face, (100 + n % 9, 0))
        pictures.append(np.asarray(background))
    browser = launch(driver, write_camera(tmp_path / "resting.y4m", pictures))
    visitor = browser.new_context(permissions=["camera"]).new_page()
    visitor.set_default_timeout(SLOW)
    visitor.goto(address)
    visit(visitor, "Live")
    start_camera(visitor)
    visitor.get_by_role("button", name="Learn my neutral face (10 s)").click()
    expect(visitor.get_by_text("Look at the camera, relaxed")).to_be_visible()
    told = visitor.get_by_text("Your neutral face is known until this camera stops")
    expect(told).to_be_visible()
    before, after = map(int, re.findall(r"(\d+)%", told.inner_text()))
    assert after > before
    visitor.get_by_role("button", name="Forget it").click()
    expect(told).to_have_count(0)
    browser.close()
