"""Tests that Chromium reads a student's camera on the device and sends only numbers."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("playwright.sync_api", reason="the dev group has it")
from playwright.sync_api import Browser, Page, Request, expect

from joining_students import open_room
from serving import Service
from visitors import CHROMIUM, SLOW

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
# Firefox does not have this class. Without it, the worker requests frames from the video element.
WITHOUT_FRAMES = "delete window.MediaStreamTrackProcessor"
REFUSED = (
    "navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', '{name}'))"
)
OBSTACLES = [
    (REFUSED.format(name="NotAllowedError"), "The browser may not use the camera."),
    (REFUSED.format(name="NotReadableError"), "another program may be using it"),
    (REFUSED.format(name="NotFoundError"), "No camera was found."),
    ("delete window.OffscreenCanvas", "This browser cannot read faces."),
    (
        "Object.defineProperty(window, 'isSecureContext', { value: false, configurable: true })",
        "only to pages over HTTPS",
    ),
]


def open_mirror(browser: Browser, service: Service, script: str = "") -> Page:
    expect.set_options(timeout=SLOW)
    context = browser.new_context(permissions=["camera"], locale="en-GB")
    if script:
        context.add_init_script(script)
    page = context.new_page()
    page.set_default_timeout(SLOW)
    page.goto(f"{service.url}/mirror")
    return page


@pytest.mark.parametrize(
    "script", ["", pytest.param(WITHOUT_FRAMES, marks=pytest.mark.sweep)], ids=["stream", "video"]
)
def test_face_is_read_on_the_device_and_no_picture_leaves_the_device(
    browser: Browser, service: Service, script: str
) -> None:
    page = open_mirror(browser, service, script)
    said: list[str] = []
    sent: list[Request] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.context.on("request", lambda request: sent.append(request))  # noqa: PLW0108 (playwright takes no builtin)
    page.get_by_role("button", name="Switch my camera on").click()
    expect(page.get_by_text("Last reading: happy")).to_be_visible()
    page.get_by_text("The last reading, exactly").click()
    raw = page.locator("[data-part=raw]")
    expect(raw).to_contain_text('"p":')
    message = json.loads(raw.text_content() or "")
    assert set(message) == {"k", "age", "p"}
    assert abs(sum(message["p"]) - 10_000) <= 4
    assert len(raw.text_content() or "") < 100
    page.get_by_role("button", name="Stop").click()
    expect(raw).to_be_empty()
    expect(page.get_by_text("Your camera is off.")).to_be_visible()
    assert page.locator("video").evaluate("video => video.srcObject") is None
    # Only files are requested from the service, and nothing is sent to it or to another host.
    assert sent
    assert all(request.method == "GET" for request in sent)
    assert all(request.url.startswith(service.url) for request in sent)
    assert said == []
    page.context.close()


def test_student_page_in_a_room_sends_only_short_messages_and_shows_its_last_reading(
    browser: Browser, service: Service
) -> None:
    room = open_room(service.url)
    page = open_mirror(browser, service)
    sent: list[str | bytes] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame)))  # noqa: PLW0108 (playwright takes no builtin)
    page.goto(room["link"])
    page.get_by_role("button", name="I agree: join with my face read").click()
    page.get_by_role("button", name="Switch my camera on").click()
    expect(page.get_by_text("Last reading: happy")).to_be_visible()
    assert page.locator("[data-part=raw]").text_content() in sent
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("Nothing is sent at present.")).to_be_visible()
    page.get_by_role("button", name="Leave").click()
    expect(page.get_by_text("You are no longer counted.")).to_be_visible()
    assert page.locator("video").evaluate("video => video.srcObject") is None
    assert all(isinstance(frame, str) and len(frame) < 1000 for frame in sent)
    assert {json.loads(frame)["k"] for frame in sent} == {"join", "r", "pause", "leave"}
    page.context.close()


def test_each_camera_error_is_explained_and_the_camera_can_be_tried_again(
    browser: Browser, service: Service
) -> None:
    page = open_mirror(browser, service)
    switch = page.get_by_role("button", name="Switch my camera on")
    for change, explanation in OBSTACLES:
        page.evaluate(f"{change}; null")
        switch.click()
        expect(page.get_by_role("alert")).to_contain_text(explanation)
        expect(switch).to_be_focused()
    expect(page.get_by_text("on battery, switch it off")).to_be_visible()
    page.context.close()


def test_unplugged_camera_and_nets_that_fail_to_load_are_explained(
    browser: Browser, service: Service
) -> None:
    keep = (
        "const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);"
        "navigator.mediaDevices.getUserMedia = async (wanted) => {"
        " const stream = await ask(wanted); [window.track] = stream.getVideoTracks();"
        " return stream; }"
    )
    page = open_mirror(browser, service, keep)
    page.get_by_role("button", name="Switch my camera on").click()
    expect(page.get_by_text("Last reading: happy")).to_be_visible()
    page.evaluate("track.dispatchEvent(new Event('ended'))")
    expect(page.get_by_role("alert")).to_contain_text("unplugged or switched off")
    page.route("**/assets/reader", lambda route: route.abort())
    page.reload()
    page.get_by_role("button", name="Switch my camera on").click()
    expect(page.get_by_role("alert")).to_contain_text("does not run in this browser")
    page.context.close()


def test_page_on_a_phone_warns_that_the_camera_stops_in_the_background(
    browser: Browser, service: Service
) -> None:
    context = browser.new_context(user_agent="Mozilla/5.0 (iPhone) Mobile/15E148", locale="en-GB")
    page = context.new_page()
    page.add_init_script("delete Navigator.prototype.userAgentData")
    page.goto(f"{service.url}/mirror")
    expect(
        page.get_by_text("Phones stop the camera of a page that is not in front")
    ).to_be_visible()
    context.close()
