"""Tests of the service in a browser: sign-in, the web app, the page without JavaScript."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("playwright.sync_api", reason="the dev group has it")
from playwright.sync_api import Browser, Page, expect

from roomread.bench.scenes import grid
from roomread.client import Client
from roomread.media import VideoWriter
from roomread.pipeline import Readings
from roomread.services.accounts import Scope
from serving import Service, accounts_of, serving
from visitors import CHROMIUM, SLOW, chromium, press, room, start_camera, upload, visit

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
EXAMPLE = Path(__file__).parents[2] / "examples" / "astronaut.jpg"
PASSWORD = "a few words for all"  # noqa: S105 (a made-up password)
PEOPLE = ("anna", "ben")


@pytest.fixture(scope="module")
def key_and_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Service]]:
    folder = tmp_path_factory.mktemp("service")
    with accounts_of(folder) as accounts:
        for name in PEOPLE:
            accounts.add_user(name, PASSWORD, [Scope.READ, Scope.ANALYZE])
        key = accounts.add_key("ten clients", [Scope.ANALYZE])
    with serving(folder, "--sign-in") as service:
        yield key, service


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with chromium(tmp_path_factory.mktemp("camera")) as launched:
        yield launched


def sign_in(page: Page, name: str, *, password: str = PASSWORD) -> None:
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


@pytest.fixture
def people(browser: Browser, key_and_service: tuple[str, Service]) -> Iterator[list[Page]]:
    """Return the pages of Anna and Ben, who are signed in, each in a browser of their own."""
    expect.set_options(timeout=SLOW)
    pages = []
    for name in PEOPLE:
        page = browser.new_context(permissions=["camera"]).new_page()
        page.set_default_timeout(SLOW)
        page.goto(key_and_service[1].url)
        sign_in(page, name)
        expect(page.get_by_role("link", name="Settings")).to_be_visible()
        pages.append(page)
    yield pages
    for page in pages:
        page.context.close()


def test_camera_photo_and_ten_api_clients_are_served_on_one_port(
    people: list[Page], key_and_service: tuple[str, Service]
) -> None:
    key, service = key_and_service
    found: list[Readings] = []

    def ask() -> None:
        with Client(service.url, key=key) as client:
            found.append(client.analyze(EXAMPLE))

    anna, ben = people
    visit(anna, "Watch now")
    start_camera(anna)
    visit(ben, "Photos and videos")
    clients = [threading.Thread(target=ask) for _ in range(10)]
    for client in clients:
        client.start()
    upload(ben, EXAMPLE)
    for client in clients:
        client.join()
    assert [len(readings) for readings in found] == [1] * 10
    expect(ben.get_by_role("img", name="astronaut.jpg: 1 face")).to_be_visible()
    expect(anna.get_by_text(": happy").first).to_be_visible()


def test_video_of_one_user_is_hidden_from_another_user(people: list[Page], tmp_path: Path) -> None:
    anna, ben = people
    clip = tmp_path / "lesson.mp4"
    with VideoWriter(clip) as writer:
        for number in range(15):
            writer.write(room(left=40 + number), number / 15)
    visit(anna, "Photos and videos")
    upload(anna, clip)
    expect(anna.get_by_text("All people together")).to_be_visible()
    visit(ben, "Photos and videos")
    expect(
        ben.get_by_text("astronaut.jpg").or_(ben.get_by_text("Add photos")).first
    ).to_be_visible()
    expect(ben.get_by_text("lesson.mp4")).to_have_count(0)
    anna.reload()
    expect(anna.get_by_text("All people together")).to_be_visible()


def test_session_of_one_user_is_hidden_from_another_user(
    people: list[Page], tmp_path: Path
) -> None:
    anna, ben = people
    clip = tmp_path / "lesson.mp4"
    call = grid(width=960, height=540, columns=4, rows=3, people=8)
    with VideoWriter(clip) as writer:
        for number in range(20):
            writer.write(np.roll(call.image, number % 5 - 2, axis=1), number / 2)
    visit(anna, "Lessons")
    # Visitors may not open files or cameras of the computer that runs the service.
    expect(anna.get_by_role("textbox", name="or a path")).to_have_count(0)
    upload(anna, clip)
    anna.get_by_role("textbox", name="Name").fill("Algebra 7b")
    anna.get_by_role("textbox", name="Name").press("Enter")
    start = anna.get_by_role("button", name="Start")
    # Repeat the press, because the page asks for a file until the upload has arrived.
    press(start, expect(anna).to_have_url, re.compile(r"/lessons\?session="))
    expect(anna.get_by_role("heading", name="Take it with you")).to_be_visible()
    expect(anna.get_by_role("heading", name="Algebra 7b")).to_be_visible()
    visit(ben, "Lessons")
    expect(ben.get_by_text("No lesson is stored yet.")).to_be_visible()
    ben.goto(anna.url)
    expect(ben.get_by_text("is no session")).to_be_visible()
    expect(ben.get_by_text("Algebra")).to_have_count(0)
    anna.reload()
    expect(anna.get_by_role("heading", name="Algebra 7b")).to_be_visible()
    anna.get_by_role("button", name="All lessons").click()
    expect(anna.get_by_role("button", name="Algebra 7b")).to_be_visible()
    # Deleting old lessons would affect all users, so the page does not offer it.
    expect(anna.get_by_text("Delete old lessons")).to_have_count(0)


def test_upload_page_reads_a_picture_without_javascript(
    browser: Browser, key_and_service: tuple[str, Service], tmp_path: Path
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{key_and_service[1].url}/upload")
    sign_in(page, "anna", password="a wrong password")  # noqa: S106
    expect(page.get_by_role("alert")).to_have_text("This name or password is wrong.")
    sign_in(page, "anna")
    expect(page.get_by_role("heading", name="Read a picture")).to_be_visible()
    upload(page, EXAMPLE)
    page.get_by_role("button", name="Read it").click()
    expect(page.get_by_role("heading", name="astronaut.jpg: 1 face")).to_be_visible()
    expect(page.get_by_role("cell", name="happy 99%")).to_be_visible()
    drawn = page.get_by_alt_text("The picture with boxes and labels").bounding_box()
    assert drawn is not None
    assert drawn["width"] == 512
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(EXAMPLE.read_bytes()[:2000])
    upload(page, broken)
    page.get_by_role("button", name="Read it").click()
    expect(page.get_by_role("alert")).to_contain_text("broken.jpg: is damaged")
    context.close()
