"""The page Watch now in a real browser, with a fake camera that shows a portrait."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("playwright.sync_api", reason="the dev group has it")
from playwright.sync_api import Browser, Locator, Page, expect

from altered import squeezed
from roomread.bench.scenes import grid
from visitors import (
    CHROMIUM,
    SECONDS,
    SLOW,
    download,
    launch,
    press,
    start_camera,
    unfold,
    visit,
    write_camera,
)

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")


def test_face_is_read_again_after_it_returns_to_the_picture(page: Page) -> None:
    visit(page, "Watch now")
    start_camera(page)
    expect(page.get_by_text("#1: happy")).to_be_visible()
    expect(page.get_by_text("No mood with fewer than 5 readable faces.")).to_be_visible()
    expect(page.get_by_text(re.compile("[01] seen"))).to_be_visible()
    page.get_by_text("Head and face movements").click()
    expect(page.get_by_text("No face is found.")).to_be_visible()
    expect(page.get_by_text(": happy").first).to_be_visible()
    # The panel of the face that came back is still open.
    expect(page.get_by_text("Head: ")).to_be_visible()
    page.get_by_role("button", name="Stop the camera").click()
    expect(page.get_by_text("Press START.")).to_be_visible()
    start_camera(page)


@pytest.mark.parametrize(
    "overtaken", [True, pytest.param(False, marks=pytest.mark.sweep)], ids=["overtaken", "in order"]
)
def test_lost_connection_of_a_camera_is_restored(
    browser: Browser, address: str, page: Page, *, overtaken: bool
) -> None:
    del page  # its fixture has answered the question about the purpose
    context = browser.new_context(permissions=["camera"])
    context.add_init_script(
        "const Free = RTCPeerConnection;"
        "window.RTCPeerConnection = function (settings) {"
        "  return (window.connection = new Free(settings));"
        "};"
        # Simulate a busy computer, on which the app receives the next offer but never the end of
        # the previous connection.
        "window.addEventListener('message', (event) => {"
        "  const value = event.data?.value;"
        "  if (window.overtaken && value && !value.playing && !value.sdpOffer) {"
        "    window.overtaken = false;"
        "    event.stopImmediatePropagation();"
        "  }"
        "});"
    )
    visitor = context.new_page()
    visitor.set_default_timeout(SLOW)
    visitor.goto(address)
    visit(visitor, "Watch now")
    start_camera(visitor)
    visitor.evaluate("(overtaken) => { window.overtaken = overtaken }", overtaken)
    frame = next(frame for frame in visitor.frames if "streamlit_webrtc" in frame.url)
    frame.evaluate(
        # Simulate what the browser reports when the network fails.
        "Object.defineProperty(connection, 'connectionState', { value: 'disconnected' });"
        "connection.dispatchEvent(new Event('connectionstatechange'))"
    )
    expect(visitor.get_by_text("Connecting to the camera")).to_be_visible()
    face = visitor.get_by_role("tab", name="One face")
    # The app tries to reconnect for 90 s.
    expect(face).to_be_visible(timeout=100 * SECONDS)
    assert not visitor.evaluate("window.overtaken")
    context.close()


def test_class_in_front_of_the_webcam_has_a_mood_and_can_be_recorded(
    browser: Browser, address: str, page: Page, tmp_path: Path
) -> None:
    del page  # its fixture has answered the question about the purpose
    image = grid(width=640, height=480, columns=3, rows=3, people=8).image
    # Shift the picture, because a camera never sends exactly the same one twice.
    pictures = [np.roll(image, number % 5 - 2, axis=1) for number in range(45)]
    filmed = launch(browser.browser_type, write_camera(tmp_path / "class.y4m", pictures))
    context = filmed.new_context(permissions=["camera"], accept_downloads=True)
    visitor = context.new_page()
    visitor.set_default_timeout(SLOW)
    visitor.goto(f"{address.rstrip('/')}/watch")
    start_camera(visitor)
    expect(visitor.get_by_text("8 seen, 8 of them readable. Shown most: happy")).to_be_visible()
    chart = visitor.get_by_role("img", name="Valence of the room")
    expect(chart).to_be_visible()
    # On a phone, the state of the room is visible without scrolling, and nothing is wider than the
    # screen.
    visitor.set_viewport_size({"width": 390, "height": 844})
    shown = visitor.get_by_text("8 seen, 8 of them readable.").bounding_box()
    assert shown is not None
    assert shown["y"] + shown["height"] < 844
    assert visitor.evaluate("document.documentElement.scrollWidth <= innerWidth")
    visitor.set_viewport_size({"width": 1280, "height": 720})
    # The name of the recording is filled in, so one press is enough.
    stop = visitor.get_by_role("button", name="Stop recording")
    record = visitor.get_by_role("button", name="Record", exact=True)
    press(record, expect(stop).to_be_visible)
    # A recording computes its own moods, the first of which needs three frames.
    expect(visitor.get_by_text("8 seen, 8 of them readable. Shown most: happy")).to_be_visible()
    activity = visitor.get_by_role("textbox", name="Another activity")
    activity.fill("quiz")
    activity.press("Enter")
    expect(activity).to_have_value("")
    # The new activity has a button of its own, after the others.
    labels = visitor.locator('[class*="st-key-tap"] button')
    expect(labels).to_have_count(5)
    expect(labels.last).to_contain_text("quiz")
    press_while_the_page_moves(visitor, visitor.get_by_role("button", name="group work"))
    expect(visitor.get_by_text(": group work")).to_be_visible()
    # The label of the typed mark is offered as a button.
    expect(visitor.get_by_role("button", name="quiz")).to_be_visible()
    assert is_reachable(stop)
    stop.click()
    expect(visitor.get_by_text("was recorded")).to_be_visible()
    # The camera keeps running, because redrawing the page did not reconnect it.
    expect(visitor.get_by_text("Connecting to the camera")).to_have_count(0)
    visitor.get_by_role("button", name="Open the lesson").click()
    visitor.wait_for_url("**/lessons?session=*")
    kept = json.loads(download(visitor, "JSON"))
    assert kept["name"].startswith("Lesson of ")
    assert kept["source"] == "webcam"
    assert {mark["label"] for mark in kept["marks"]} == {"quiz", "group work"}
    assert {mood["present"] for mood in kept["moods"]} == {8}
    assert all(mood["valence"] is not None for mood in kept["moods"])
    expect(visitor.get_by_text("Readings of individual people")).to_have_count(0)
    visitor.get_by_role("button", name="Delete").click()
    visitor.get_by_role("button", name="Delete permanently").click()
    expect(visitor.get_by_text("No lesson is stored yet.")).to_be_visible()
    filmed.close()


def test_two_visitors_can_each_use_a_camera(browser: Browser, address: str, page: Page) -> None:
    other = browser.new_context(permissions=["camera"]).new_page()
    other.goto(address)
    for visitor in (page, other):
        visit(visitor, "Watch now")
        start_camera(visitor)
    for visitor in (page, other):
        expect(visitor.get_by_text(": happy").first).to_be_visible()
    other.context.close()


def test_denied_camera_permission_is_explained_and_the_camera_can_be_tried_again(
    browser: Browser, address: str, page: Page
) -> None:
    del page  # its fixture has answered the question about the purpose
    context = browser.new_context(permissions=[])
    visitor = context.new_page()
    visitor.set_default_timeout(SLOW)
    visitor.goto(address)
    visit(visitor, "Watch now")
    visitor.frame_locator("iframe").first.get_by_role("button", name="START").click()
    expect(visitor.get_by_text("The browser does not let this page use the camera")).to_be_visible()
    # The help is open, and the browser's own name for the error is not shown.
    expect(visitor.get_by_text("The browser asks for the camera")).to_be_visible()
    expect(visitor.get_by_text("NotAllowedError")).to_have_count(0)
    test = visitor.get_by_role("button", name="Test the connection")
    press(test, expect(visitor.get_by_text("The network is not the cause")).to_be_visible)
    expect(visitor.get_by_text("no relay is needed from here")).to_have_count(0)
    context.grant_permissions(["camera"])
    visitor.get_by_role("button", name="Try again").click()
    face = visitor.get_by_role("tab", name="One face")
    expect(face).to_be_visible(timeout=100 * SECONDS)
    context.close()


def press_while_the_page_moves(page: Page, button: Locator) -> None:
    """Press the mouse on a button, and release it after the page has moved the button down."""
    button.scroll_into_view_if_needed()
    box = button.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    button.evaluate(
        "(button) => button.closest('[class*=st-key-tap]').parentElement.style.marginTop = '120px'"
    )
    page.mouse.up()


def is_reachable(button: Locator) -> bool:
    """Return whether a click on the middle of a button would hit the button."""
    reached: bool = button.evaluate(
        "(button) => {"
        "  const { left, top, width, height } = button.getBoundingClientRect();"
        "  const hit = document.elementFromPoint(left + width / 2, top + height / 2);"
        "  return button.contains(hit);"
        "}"
    )
    return reached


def try_connection(page: Page, says: str) -> None:
    """Press the button of the connection test on the page Watch now until the page says `says`."""
    visit(page, "Watch now")
    # Wait for the camera, because Streamlit then redraws the page, which would lose a click.
    expect(page.frame_locator("iframe").first.get_by_role("button", name="START")).to_be_visible()
    unfold(page, "The camera does not start?")
    test = page.get_by_role("button", name="Test the connection")
    press(test, expect(page.get_by_text(says)).to_be_visible)


def test_connection_test_needs_no_relay_on_a_single_computer(page: Page) -> None:
    try_connection(page, "no relay is needed from here")


def test_browser_behind_a_firewall_is_told_about_the_relay_and_connects_through_it(
    browser: Browser, address: str, page: Page, folder: Path, coturn: int
) -> None:
    del page  # its fixture has answered the question about the purpose
    context = browser.new_context(permissions=["camera"])
    # Simulate the network of a school or company that allows connections only to a relay.
    context.add_init_script(
        "const Free = RTCPeerConnection;"
        "window.RTCPeerConnection = function (settings) {"
        "  return new Free({ ...settings, iceTransportPolicy: 'relay' });"
        "};"
    )
    visitor = context.new_page()
    visitor.set_default_timeout(SLOW)
    visitor.goto(address)
    try_connection(visitor, "none is configured")
    settings = folder / "roomread" / "roomread.toml"
    before = settings.read_text()
    settings.write_text(
        f'ice_service = "coturn"\nturn_urls = ["turn:127.0.0.1:{coturn}?transport=tcp"]\n'
        f'turn_secret = "north"\n{before}'
    )
    visitor.reload()
    try_connection(visitor, "is configured, and works")
    start_camera(visitor)
    expect(visitor.get_by_text(": happy").first).to_be_visible()
    context.close()
    settings.write_text(before)


def test_calibration_on_a_resting_face_raises_its_neutral_score(
    browser: Browser, address: str, page: Page, tmp_path: Path
) -> None:
    del page  # its fixture has answered the question about the purpose
    face = squeezed()[0].resize((254, 480))
    pictures = []
    for n in range(45):
        background = Image.effect_noise((640, 480), 20).convert("RGB")
        background.paste(face, (100 + n % 9, 0))
        pictures.append(np.asarray(background))
    resting = launch(browser.browser_type, write_camera(tmp_path / "resting.y4m", pictures))
    visitor = resting.new_context(permissions=["camera"]).new_page()
    visitor.set_default_timeout(SLOW)
    visitor.goto(address)
    visit(visitor, "Watch now")
    start_camera(visitor)
    learn = visitor.get_by_role("button", name="Learn my neutral face (10 s)")
    press(learn, expect(visitor.get_by_text("Look at the camera, relaxed")).to_be_visible)
    told = visitor.get_by_text("Your neutral face is known until this camera stops")
    expect(told).to_be_visible()
    before, after = map(int, re.findall(r"(\d+)%", told.inner_text()))
    assert after > before
    visitor.get_by_role("button", name="Forget it").click()
    expect(told).to_have_count(0)
    resting.close()
