"""Hold a simulated lesson in real browsers, with every page of a room open at once.

Chromium on a virtual screen shares that screen, which shows a call of 25 people. A second Chromium
shows the teacher's board and two students' pages, whose camera is a video file. Twenty further
students are simulated over WebSockets. In a known stretch the people of the call and the simulated
students stop smiling, and eight students press "I am lost".
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Self

import httpx
from playwright.sync_api import Browser, Page, WebSocket, expect

from joining_students import HAPPY, NEUTRAL, SAD, Student, joined
from roomread.bench.scenes import Grid, grid
from serving import Service
from shared_screen import HeadedBrowser, Tab, headed_browser, virtual_screen, write_call
from visitors import SLOW, chromium

# The longest time that a busy machine may take to load the nets into a page, ms.
PATIENCE = 3 * SLOW
SCREEN = (1280, 720)
CALL = 25
SIMULATED, WITH_FACES, LOST = 20, 10, 8
NAME, NOTICE = "Algebra 7b", "a slide before the lesson"
# The labels of the marks at which the bad stretch begins and ends.
BEGINS, ENDS = "group work", "discussion"
_SMILING, _EARNEST = (0, 0, 0, 0, 1), (1, 1, 1, 1, 0)
_FELL = re.compile(r"less positive than before (.*?)\.")
_FROM_TO = re.compile(r"from ([\d:]+) to ([\d:]+)")
_HARD = re.compile(r"<li>from ([\d:]+) to ([\d:]+).*of the people said that they were lost</li>")


@dataclass(frozen=True, slots=True)
class Plan:
    """The durations of a lesson before, during and after its bad stretch, s."""

    before: float
    during: float
    after: float


@dataclass(slots=True)
class Sent:
    """The requests and messages that the page of one student sent.

    Attributes:
        requests: The method, the URL and the size of the body, bytes, of each request.
        frames: The messages that were sent over the WebSocket.
    """

    requests: list[tuple[str, str, int]] = field(default_factory=list)
    frames: list[str | bytes] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        """Record what a page sends from now on."""
        page.context.on(
            "request",
            lambda r: self.requests.append((r.method, r.url, len(r.post_data_buffer or b""))),
        )
        page.on("websocket", lambda socket: self._watch_socket(socket))  # noqa: PLW0108 (nor a method of a slotted class)

    def _watch_socket(self, socket: WebSocket) -> None:
        socket.on("framesent", lambda frame: self.frames.append(frame))  # noqa: PLW0108 (playwright takes no builtin)


@dataclass(slots=True)
class Outcome:
    """The results of a lesson.

    Attributes:
        session_id: The id of its session.
        covers: The line of the board about the people it covers, at the end of the bad stretch.
        stretch: The start and end of the bad stretch, s from the start of the session.
        fell: The stretches of fallen valence that the report names, s.
        lost: The minute in which most people were lost according to the report, s; None if the
            report names no such minute.
        hardest: The starts of the hardest minutes, s, the hardest first.
        listed: The hardest minutes as the board shows them.
        report: The report, as HTML.
        pages: The requests and messages of each student's page.
        said: The messages that the pages wrote to their consoles.
    """

    session_id: str
    covers: str = ""
    stretch: tuple[float, float] = (0.0, 0.0)
    fell: list[tuple[float, float]] = field(default_factory=list)
    lost: tuple[float, float] | None = None
    hardest: list[float] = field(default_factory=list)
    listed: list[str] = field(default_factory=list)
    report: str = ""
    pages: list[Sent] = field(default_factory=list)
    said: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Stage:
    """The open pages of a lesson.

    Attributes:
        browser: The browser of the board and the students, in which pages can be opened.
        board: The teacher's board.
        students: The students' pages.
        share: The page that shares the screen.
        call: The call on the screen.
    """

    browser: Browser
    board: Page
    students: list[Page]
    share: Tab
    call: Tab


class SimulatedClass:
    """Simulated students, some of whom send readings twice a second.

    Args:
        url: The URL of the service.
        room_id: The id of the room.
        code: The code with which students join the room.
    """

    def __init__(self, url: str, room_id: str, code: str) -> None:
        self._stack = ExitStack()
        self._students = [
            self._stack.enter_context(joined(url, room_id, code, faces=number < WITH_FACES))
            for number in range(SIMULATED)
        ]
        self._lock, self._ended = threading.Lock(), threading.Event()
        self._smiling = True
        self._sender = threading.Thread(target=self._show)

    def __enter__(self) -> Self:
        self._sender.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop_showing()
        self._stack.close()

    def stop_showing(self) -> None:
        """Stop sending readings, but leave the connections open until the room closes them."""
        self._ended.set()
        self._sender.join()

    def smile(self, *, smiling: bool) -> None:
        """Let the students smile, or not, from now on."""
        self._smiling = smiling

    def press(self, said: str) -> None:
        """Let eight students press a button."""
        for student in self._students[-LOST:]:
            self._send(student, lambda one: one.send(k="say", v=said))

    def _show(self) -> None:
        while not self._ended.wait(0.5):
            for number, student in enumerate(self._students[:WITH_FACES]):
                shares = HAPPY if self._smiling and number else SAD if number % 3 == 0 else NEUTRAL
                self._send(student, partial(Student.show, shares=shares))

    def _send(self, student: Student, message: Callable[[Student], None]) -> None:
        with self._lock:
            message(student)


@contextmanager
def open_lesson(service: Service, folder: Path) -> Iterator[tuple[Stage, Outcome]]:
    """Open a room, its board, two students' pages, and the page that shares the screen."""
    expect.set_options(timeout=PATIENCE)
    profile = folder / "profile"
    profile.mkdir()
    call = write_call(folder, _call(_SMILING), _call(_EARNEST), seconds=2.0, rate=5.0)
    with (
        chromium(folder) as browser,
        virtual_screen(*SCREEN) as display,
        headed_browser(display, profile, *SCREEN) as screen,
    ):
        board, outcome = new_page(browser), Outcome("")
        listen(board, outcome)
        outcome.session_id = open_room(board, service)
        share = share_screen(screen, board, service)
        shown = screen.open(call.as_uri())
        link = board.locator("#link").get_attribute("href") or ""
        students = [join(browser, link, outcome) for _ in range(2)]
        yield Stage(browser, board, students, share, shown), outcome


def hold_lesson(
    service: Service,
    stage: Stage,
    outcome: Outcome,
    plan: Plan,
    look: Callable[[], None] = lambda: None,
) -> None:
    """Hold the lesson to its end, and write its results to the outcome.

    Args:
        service: The service of the room.
        stage: The open pages of the lesson.
        outcome: The outcome to which the results are written.
        plan: The durations of the lesson.
        look: A function that is called at the end of the bad stretch.
    """
    board = stage.board
    code = board.locator("#code").inner_text()
    with SimulatedClass(service.url, outcome.session_id, code) as others:
        board.get_by_text(f"of {SIMULATED + 2} people").wait_for()
        # The two cameras show an empty room now and then.
        everyone = re.compile(r"1[012] faces of students, 2[345] faces of the shared screen")
        expect(board.locator("#covers")).to_contain_text(everyone)
        time.sleep(plan.before)
        mark(board, BEGINS)
        others.smile(smiling=False)
        stage.call.run("show(1)")
        others.press("lost")
        expect(board.locator("#said-lost")).to_have_text(str(LOST))
        time.sleep(plan.during)
        outcome.covers = board.locator("#covers").inner_text()
        look()
        mark(board, ENDS)
        others.smile(smiling=True)
        stage.call.run("show(0)")
        others.press("ok")
        time.sleep(plan.after)
        others.stop_showing()
        board.get_by_role("button", name="End the lesson").click()
        board.locator("#really-close").click()
        board.get_by_text("The lesson has ended.").wait_for()
        board.locator("#hardest li").first.wait_for()
        for page in stage.students:
            page.get_by_text("The room is closed").wait_for()
    outcome.listed = board.locator("#hardest li").all_inner_texts()
    _look_up(service, outcome)


def _look_up(service: Service, outcome: Outcome) -> None:
    with httpx.Client(base_url=f"{service.url}/api/v1/", timeout=60) as http:
        marks = http.get(f"sessions/{outcome.session_id}/marks").json()["marks"]
        times = {each["label"]: each["time"] for each in marks}
        outcome.stretch = times[BEGINS], times[ENDS]
        hardest = http.get(f"rooms/{outcome.session_id}/summary").json()["hardest"]
        outcome.hardest = [minute["start"] for minute in hardest]
        outcome.report = http.get(f"sessions/{outcome.session_id}/report").text
    named, hard = _FELL.search(outcome.report), _HARD.search(outcome.report)
    outcome.fell = [_times(each) for each in _FROM_TO.finditer(named[1])] if named else []
    outcome.lost = _times(hard) if hard is not None else None


def new_page(browser: Browser) -> Page:
    """Return a page in a new browser context, as another visitor would have."""
    page = browser.new_context(permissions=["camera"], locale="en-GB").new_page()
    page.set_default_timeout(PATIENCE)
    return page


def listen(page: Page, outcome: Outcome) -> None:
    """Record what a page writes to its console."""
    page.on("console", lambda message: outcome.said.append(message.text))
    page.on("pageerror", lambda error: outcome.said.append(str(error)))


def open_room(page: Page, service: Service) -> str:
    """Open a room by its form, and return its id; the page becomes its board."""
    page.goto(f"{service.url}/room")
    page.get_by_label("Name").fill(NAME)
    page.get_by_role("checkbox").check()
    page.get_by_label("How people were told").fill(NOTICE)
    page.get_by_role("button", name="Open a room").click()
    page.wait_for_url("**/room/*")
    return page.url.rsplit("/", 1)[1]


def share_screen(screen: HeadedBrowser, board: Page, service: Service) -> Tab:
    """Open the page to which the board links, and share the screen."""
    button = board.get_by_role("link", name="Read a call")
    expect(button).to_have_attribute("target", "_blank")
    share = screen.open(f"{service.url}{button.get_attribute('href')}")
    share.wait_for("document.getElementById('recording')?.hidden === false")
    assert NAME in share.text("recorded")
    assert share.run("document.getElementById('record-heading').hidden")
    share.press("choose")
    share.wait_for("!document.getElementById('reading').hidden")
    return share


def join(browser: Browser, link: str, outcome: Outcome, *, camera: bool = True) -> Page:
    """Join a room on a new page, with the camera or with buttons only."""
    page, sent = new_page(browser), Sent()
    listen(page, outcome)
    sent.watch(page)
    outcome.pages.append(sent)
    page.goto(link)
    if not camera:
        page.get_by_role("button", name="I agree: join with buttons").click()
        page.get_by_text("You are in the room.").wait_for()
        return page
    page.get_by_role("button", name="I agree: join with my face read").click()
    page.get_by_role("button", name="Switch my camera on").click()
    expect(page.get_by_text("Last reading: happy")).to_be_visible()
    return page


def mark(board: Page, label: str) -> None:
    """Add a mark with the form on the teacher's board."""
    board.get_by_label("What begins now").fill(label)
    board.get_by_role("button", name="Mark (M)").click()
    expect(board.locator("#chart text").get_by_text(label)).to_be_attached()


def _call(cast: tuple[int, ...]) -> Grid:
    return grid(width=SCREEN[0], height=SCREEN[1], people=CALL, face=(0.4, 0.55), cast=cast)


def _times(named: re.Match[str]) -> tuple[float, float]:
    return _seconds(named[1]), _seconds(named[2])


def _seconds(clock: str) -> float:
    total = 0
    for part in clock.split(":"):
        total = 60 * total + int(part)
    return float(total)
