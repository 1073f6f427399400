"""A lesson in real browsers: a teacher opens a room, a student joins it and presses buttons."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

pytest.importorskip("playwright.sync_api", reason="the dev group has it")

from playwright.sync_api import Browser, WebSocketRoute, sync_playwright

from joining_students import joined, open_room
from serving import Service, serving

CHROMIUM = Path("/usr/bin/chromium")
pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="no Chromium on this machine")


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("service")
    with serving(folder, requests_per_minute="100000", purpose=None) as running:
        yield running


@pytest.fixture
def pages() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield browser
        browser.close()


def test_teacher_opens_a_room_and_sees_which_buttons_students_press(
    service: Service, pages: Browser
) -> None:
    said: list[str] = []
    teacher, student = (pages.new_context().new_page() for _ in range(2))
    for page in (teacher, student):
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
    teacher.goto(f"{service.url}/room")
    # Until a purpose is chosen, a room offers buttons only.
    assert teacher.get_by_role("checkbox").count() == 0
    teacher.get_by_label("Name").fill("Algebra 7b")
    teacher.get_by_role("button", name="Open a room").click()
    teacher.wait_for_url("**/room/*")
    code, room_id = teacher.locator("#code").inner_text(), teacher.url.rsplit("/", 1)[1]
    student.goto(f"{service.url}/join?code={code}")
    student.get_by_role("button", name="I agree: join with buttons").click()
    student.get_by_text("You are in the room.").wait_for()
    student.get_by_role("button", name="I am lost").click()
    lost = teacher.locator("#said-lost")
    lost.get_by_text("< 5").wait_for()
    with ExitStack() as held:
        for _ in range(4):
            held.enter_context(joined(service.url, room_id, code)).send(k="say", v="ok")
        lost.get_by_text("1", exact=True).wait_for()
        teacher.get_by_text("0 faces, 5 taps, of 5.").wait_for()
        teacher.locator("body").press("m")
        teacher.locator("#chart line.mark").wait_for(state="attached")
        with student.expect_download() as saved:
            student.get_by_role("button", name="Pause").click()
            teacher.get_by_text("1 paused").wait_for()
            student.get_by_role("button", name="Continue").click()
            student.get_by_role("link", name="Save the receipt").click()
        assert saved.value.suggested_filename == "consent-receipt.json"
        # A reloaded page returns to its seat.
        student.reload()
        student.get_by_text("You are in the room.").wait_for()
        teacher.get_by_text("of 5.").wait_for()
        # A second board and a reloaded board show that the room is paused.
        second = teacher.context.new_page()
        second.goto(teacher.url)
        teacher.get_by_role("button", name="Pause the room").click()
        teacher.get_by_text("5 paused").wait_for()
        second.get_by_role("button", name="Continue").wait_for()
        second.close()
        teacher.reload()
        teacher.get_by_role("button", name="Continue").click()
        teacher.get_by_text("0 paused").wait_for()
        teacher.get_by_role("button", name="Pause the room").wait_for()
        teacher.get_by_role("button", name="End the lesson").click()
        teacher.locator("#really-close").click()
        teacher.get_by_text("The lesson has ended.").wait_for()
        none_hard = teacher.get_by_text("No minute was hard.")
        # Either may be shown, because the lesson may have lasted a whole minute.
        found = teacher.locator("#hardest li").or_(none_hard)
        found.filter(visible=True).first.wait_for()
        student.get_by_text("The room is closed").wait_for()
    assert said == []


def test_changes_on_one_teacher_board_appear_on_another_board_and_on_student_pages(
    service: Service, pages: Browser
) -> None:
    room = open_room(service.url, faces=False)
    teacher = pages.new_context(locale="en-GB")
    first, second = (teacher.new_page() for _ in range(2))
    student = pages.new_context(locale="en-GB").new_page()
    student.goto(room["link"])
    student.get_by_role("button", name="I agree: join with buttons").click()
    for board in (first, second):
        board.goto(f"{service.url}/room/{room['id']}")
        board.get_by_text("of 1 person").wait_for()
    first.get_by_role("button", name="Replace the code").click()
    for board in (first, second):
        board.locator("#code").filter(has_not_text=room["code"]).wait_for()
    replaced = first.locator("#code").inner_text()
    assert second.locator("#code").inner_text() == replaced
    assert (second.locator("#link").get_attribute("href") or "").endswith(f"/join?code={replaced}")
    first.get_by_label("What begins now").fill("group work")
    first.get_by_role("button", name="Mark (M)").click()
    second.locator("#chart text").get_by_text("group work").wait_for(state="attached")
    first.get_by_role("button", name="Pause the room").click()
    second.get_by_role("button", name="Continue").wait_for()
    # The student's page returns to its seat although the code was replaced.
    for _ in range(2):
        student.get_by_text("Your teacher has paused the room: nobody is counted.").wait_for()
        assert student.get_by_role("button", name="I am lost").is_disabled()
        student.reload()
    second.get_by_role("button", name="Continue").click()
    first.get_by_role("button", name="Pause the room").wait_for()
    student.get_by_text("You are in the room.").wait_for()
    assert student.get_by_role("button", name="I am lost").is_enabled()
    first.get_by_role("button", name="End the lesson").click()
    first.locator("#really-close").click()
    second.get_by_text("The lesson has ended.").wait_for()
    student.get_by_text("The lesson has ended. The room is closed.").wait_for()


def test_student_who_cannot_join_sees_the_reason_and_can_stop_the_attempts(
    service: Service, pages: Browser
) -> None:
    room = open_room(service.url, faces=False)
    student = pages.new_context(locale="en-GB").new_page()
    asked: list[WebSocketRoute] = []

    def answer(socket: WebSocketRoute) -> None:
        asked.append(socket)
        socket.close(code=1013 if len(asked) == 1 else 3000)

    student.route_web_socket("**/seat", answer)
    student.goto(room["link"])
    student.get_by_role("button", name="I agree: join with buttons").click()
    problem = student.get_by_role("alert")
    problem.get_by_text("The room is full, or the service is busy.").wait_for()
    problem.get_by_text("The service does not answer.").wait_for()
    student.get_by_role("button", name="I do not join").click()
    student.get_by_text("You have not joined. Nothing was sent.").wait_for()
    before = len(asked)
    student.wait_for_timeout(1500)
    assert len(asked) == before


def test_reloaded_page_shows_that_the_student_has_paused(service: Service, pages: Browser) -> None:
    student = pages.new_context(locale="en-GB").new_page()
    student.goto(open_room(service.url, faces=False)["link"])
    student.get_by_role("button", name="I agree: join with buttons").click()
    student.get_by_role("button", name="Pause").click()
    student.get_by_text("Paused: you are not counted.").wait_for()
    student.reload()
    student.get_by_text("Paused: you are not counted.").wait_for()
    student.get_by_role("button", name="Continue").click()
    student.reload()
    student.get_by_text("You are in the room.").wait_for()
    student.get_by_role("button", name="Pause").wait_for()
