"""The accessibility of every page of the web app: keyboard, screen reader and small screens.

Elements that the project draws must have no serious finding. Accepted findings in elements that
Streamlit draws are listed here by rule and element; these lists may only become shorter.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("playwright.sync_api", reason="the dev group has it")
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Error, Locator, Page, expect

from accessibility import DESKTOP, PHONE, SCHEMES, check_width, check_zoom
from classes import lesson
from room_recorder import RoomRecorder
from roomread.fewshot import Profile, ProfileStore
from roomread.fewshot.profile import Reference
from roomread.store import LOCAL_OWNER, Store
from visitors import CHROMIUM, press, start_camera, unfold, wait_until_drawn

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
# Accepted findings in elements that Streamlit draws: the rule, and the test id of the element.
OF_STREAMLIT: set[tuple[str, str]] = set()
# Elements whose layout shifts are caused by Streamlit alone, while it builds the page.
SHIFTED_BY_STREAMLIT = {"stAppViewContainer", "stMain", "stMainBlockContainer", "stSidebar"}
LARGEST_SHIFT = 0.1
# Number of presses of the Tab key after which an element counts as unreachable.
MOST_TABS = 80
# The page's background in each scheme; Streamlit changes it a moment after the browser.
GROUNDS = {"light": "rgb(255, 255, 255)", "dark": "rgb(23, 22, 20)"}
EXAMPLE = Path(__file__).parents[2] / "examples" / "astronaut.jpg"
_RUN = """async () => {
    const { violations } = await axe.run(document, { resultTypes: ["violations"], iframes: false });
    const found = [];
    for (const { id, impact, nodes } of violations) {
        if (impact !== "serious" && impact !== "critical") continue;
        for (const { target, failureSummary } of nodes) {
            const path = target.flat();
            // A path of several parts leads into a component of ours.
            const element = path.length === 1 ? document.querySelector(path[0]) : null;
            const name = element?.closest("[data-testid]")?.dataset.testid ?? path.join(" ");
            found.push([id, name, failureSummary]);
        }
    }
    return found;
}"""
_WATCH_SHIFTS = """
window.shifts = [];
new PerformanceObserver(list => {
    for (const { value, hadRecentInput, sources } of list.getEntries()) {
        if (hadRecentInput) continue;
        const names = sources.map(({ node }) => node?.closest?.("[data-testid]")?.dataset.testid);
        window.shifts.push([value, names]);
    }
}).observe({ type: "layout-shift", buffered: true });
"""
PAGES = ("", "files?example=1")
FURTHER_PAGES = ("watch", "lessons", "files", "teach", "settings", "about")


def check_drawn(page: Page) -> None:
    """Check what a page shows now, in both colour schemes, on a narrow screen and at 200 % zoom."""
    found: list[Any] = []
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        expect(page.get_by_test_id("stApp")).to_have_css("background-color", GROUNDS[scheme])
        page.evaluate(AXE_SCRIPT)
        found += [
            (scheme, *each)
            for each in page.evaluate(_RUN)
            if (each[0], each[1]) not in OF_STREAMLIT
        ]
    assert found == [], page.url
    check_width(page, PHONE)
    check_zoom(page)


def our_shift(page: Page) -> float:
    """Return the total layout shift of a page so far, without shifts caused by Streamlit alone."""
    shifts = page.evaluate("window.shifts")
    ours = [value for value, names in shifts if not set(names) & SHIFTED_BY_STREAMLIT]
    return float(sum(ours))


@pytest.mark.parametrize(
    "path", [*PAGES, *(pytest.param(path, marks=pytest.mark.sweep) for path in FURTHER_PAGES)]
)
def test_page_is_accessible_and_has_no_layout_shift(page: Page, address: str, path: str) -> None:
    page.add_init_script(_WATCH_SHIFTS)
    page.goto(f"{address}/{path}")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    if "example" in path:
        expect(page.get_by_role("button", name="Face 1:")).to_be_visible()
    wait_until_drawn(page)
    assert our_shift(page) < LARGEST_SHIFT
    check_drawn(page)


def test_answer_tab_and_timeline_tab_of_a_lesson_are_accessible(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_role("button", name="The demo class").click()
    page.wait_for_url("**/lessons?session=*")
    expect(page.get_by_text("The class was less positive than before")).to_be_visible()
    wait_until_drawn(page)
    check_drawn(page)
    page.get_by_role("tab", name="Timeline").press("Enter")
    slider = page.get_by_role("slider", name="Moment of the lesson")
    slider.press("End")
    expect(page.get_by_text("19:59")).to_be_visible()
    check_drawn(page)


def test_people_tab_of_a_lesson_is_accessible(page: Page, address: str, folder: Path) -> None:
    store = Store(f"sqlite:///{folder / 'roomread.db'}")
    own = store.owned_by(LOCAL_OWNER)
    session = own.create("Physics 9a", keeps_people=True, consent="all, in writing")
    recorder = RoomRecorder(own, session)
    for time, readings in lesson(120, people=6, every=2.0):
        recorder.add_readings(time, readings)
    recorder.close()
    page.goto(f"{address}/lessons?session={session.id}")
    page.get_by_role("tab", name="People").press("Enter")
    expect(page.get_by_text("kept with this consent")).to_be_visible()
    seat = page.get_by_role("combobox", name="Seat")
    seat.fill("1")
    seat.press("Enter")
    expect(page.get_by_role("button", name="Forget seat 1")).to_be_visible()
    wait_until_drawn(page)
    check_drawn(page)
    own.delete(session.id)
    store.close()


@pytest.fixture
def state(folder: Path) -> Iterator[str]:
    """Store a taught state that applies to all people, and yield its name."""
    features, logits = np.ones(4, np.float32), np.zeros(7, np.float32)
    taught = Profile("masked", (Reference("masked", features, logits),), "net", "0123")
    path = ProfileStore(folder / "data" / "profiles").keep(taught)
    yield taught.name
    path.unlink()


def test_watch_page_is_accessible_for_every_source_and_while_recording(
    page: Page, address: str, state: str
) -> None:
    page.goto(f"{address}/watch")
    # The taught state is offered but not chosen, because it was taught with another net.
    states = page.get_by_role("combobox", name="Taught states to look for")
    states.press("ArrowDown")
    expect(page.get_by_role("option", name=state)).to_be_visible()
    check_drawn(page)
    states.press("Escape")
    unfold(page, "The camera does not start?")
    check_drawn(page)
    number = page.get_by_role("textbox", name="A camera's number")
    press(page.get_by_text("A camera, a stream or a screen"), expect(number).to_be_visible)
    check_drawn(page)
    link = page.get_by_role("link", name="Open in a tab of its own")
    press(page.get_by_text("A call", exact=True), expect(link).to_be_visible)
    check_drawn(page)
    page.get_by_text("My webcam").click()
    start_camera(page)
    expect(page.get_by_text("#1: happy")).to_be_visible()
    page.get_by_text("Head and face movements").click()
    unfold(page, "Options of the recording")
    check_drawn(page)
    page.get_by_role("tab", name="Diagnostics").press("Enter")
    expect(page.get_by_text("Frames/s")).to_be_visible()
    stop = page.get_by_role("button", name="Stop recording")
    press(page.get_by_role("button", name="Record", exact=True), expect(stop).to_be_visible)
    check_drawn(page)
    stop.click()
    expect(page.get_by_text("was recorded")).to_be_visible()


def tab_to(page: Page, target: Locator) -> None:
    """Press Tab until an element has the focus, as a visitor without a pointer does."""
    expect(target).to_be_visible()
    wait_until_drawn(page)
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if target.evaluate("element => element === element.getRootNode().activeElement"):
            return
    pytest.fail(f"the keyboard does not reach {target}")


def check_ring(target: Locator) -> None:
    """Check that an element that has the focus has a blue outline."""
    expect(target).to_have_css("outline-style", "solid")
    expect(target).to_have_css("outline-color", "rgb(59, 130, 196)")


def upload_with_the_keyboard(page: Page, file: Path) -> None:
    """Choose a file with the keyboard, and press Enter again if nothing happens; see `press`."""
    for tries_left in reversed(range(4)):
        tab_to(page, page.get_by_test_id("stFileUploader").locator("button"))
        try:
            with page.expect_file_chooser(timeout=5000) as asked:
                page.keyboard.press("Enter")
        except Error:
            if not tries_left:
                raise
        else:
            asked.value.set_files(file)
            return


def test_lesson_and_its_timeline_can_be_operated_with_the_keyboard_alone(
    page: Page, address: str
) -> None:
    page.goto(address)
    demo = page.get_by_role("button", name="The demo class")
    tab_to(page, demo)
    check_ring(demo)
    page.keyboard.press("Enter")
    page.wait_for_url("**/lessons?session=*")
    expect(page.get_by_text("The class was less positive than before")).to_be_visible()
    tab = page.get_by_role("tab", name="Answer")
    tab_to(page, tab)
    check_ring(tab)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    slider = page.get_by_role("slider", name="Moment of the lesson")
    tab_to(page, slider)
    check_ring(slider)
    page.keyboard.press("End")
    expect(page.get_by_text("19:59")).to_be_visible()


def test_files_teach_lessons_settings_and_watch_pages_work_with_the_keyboard_alone(
    page: Page, address: str
) -> None:
    page.goto(f"{address}/files")
    upload_with_the_keyboard(page, EXAMPLE)
    face = page.get_by_role("button", name="Face 1:")
    tab_to(page, face)
    page.keyboard.press("Enter")
    expect(face).to_have_attribute("aria-pressed", "true")
    page.goto(f"{address}/teach")
    tab_to(page, page.get_by_role("textbox", name="Name"))
    page.keyboard.type("asha")
    tab_to(page, page.get_by_role("checkbox", name="This person agrees"))
    page.keyboard.press("Space")
    expect(page.get_by_role("checkbox", name="This person agrees")).to_be_checked()
    page.goto(f"{address}/lessons")
    tab_to(page, page.get_by_role("textbox", name="or a path"))
    page.keyboard.type("missing.mp4")
    tab_to(page, page.get_by_role("button", name="Start"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("no such file")).to_be_visible()
    page.goto(f"{address}/settings")
    tab_to(page, page.get_by_role("spinbutton", name="Expected number of people"))
    page.keyboard.press("ArrowUp")
    tab_to(page, page.get_by_role("button", name="Save"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("The settings are saved.")).to_be_visible()
    page.goto(f"{address}/watch")
    tab_to(page, page.frame_locator("iframe").first.get_by_role("button", name="START"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("tab", name="One face")).to_be_visible()


def test_wide_table_can_be_scrolled_and_left_with_the_keyboard(page: Page, address: str) -> None:
    page.set_viewport_size({"width": PHONE, "height": 844})
    page.goto(f"{address}/files?example=1")
    table = page.get_by_role("group", name="All results")
    expect(page.get_by_role("cell", name="example.jpg")).to_be_visible()
    hint = page.get_by_text("The table goes on to the right").locator("visible=true")
    expect(hint).to_be_visible()
    tab_to(page, table)
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.wait_for_function("table => table.scrollLeft > 0", arg=table.element_handle())
    tab_to(page, page.get_by_role("button", name="Everything (ZIP)"))
    for _ in range(MOST_TABS):
        page.keyboard.press("Shift+Tab")
        if page.get_by_test_id("stFileUploader").locator("button:focus").count():
            break
    expect(page.get_by_test_id("stFileUploader").locator("button")).to_be_focused()
    page.set_viewport_size({"width": DESKTOP, "height": 844})
    expect(hint).to_be_hidden()
