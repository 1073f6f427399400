"""The page Lessons in a real browser: record lessons, show, compare, export and delete them."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa

pytest.importorskip("playwright.sync_api", reason="the dev group has it")
from playwright.sync_api import Page, expect

from classes import lesson
from room_recorder import RoomRecorder
from roomread.bench.scenes import grid
from roomread.formats.pdf import why_no_pdf
from roomread.formats.seat_chart import ROW_HEIGHT, TOP
from roomread.formats.svg_plot import WIDTH
from roomread.media import VideoWriter
from roomread.room.session import Mark
from roomread.store import LOCAL_OWNER, OwnerStore, Session, Store, schema
from roomread.store.rows import stored
from visitors import CHROMIUM, choose, download, press, unfold, visit

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
SECONDS = 120


@pytest.fixture
def everything(address: str, folder: Path) -> Iterator[Store]:
    """Yield the database of the app, which the fixture `address` creates."""
    assert address
    store = Store(f"sqlite:///{folder / 'roomread.db'}")
    yield store
    store.close()


@pytest.fixture
def store(everything: Store) -> OwnerStore:
    return everything.owned_by(LOCAL_OWNER)


def recorded(
    store: OwnerStore, name: str, *, consent: str = "", people: int = 28, leave: int = 0
) -> Session:
    """Record a lesson; the last `leave` of its people are away in its second half."""
    session = store.create(name, keeps_people=bool(consent), consent=consent)
    recorder = RoomRecorder(store, session)
    for time, readings in lesson(SECONDS, people=people, every=2.0):
        recorder.add_readings(time, readings[: people - leave] if time > SECONDS / 2 else readings)
    recorder.close()
    return session


def click_at(page: Page, share: float) -> None:
    """Click the first chart of the timeline at a fraction of its width."""
    box = page.locator(".charts svg").first.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + share * box["width"], box["y"] + 60)


def test_choosing_a_time_on_the_timeline_updates_its_cursors_and_the_video(
    page: Page, address: str, store: OwnerStore, tmp_path: Path
) -> None:
    session = recorded(store, "Algebra 7b", leave=2)
    store.mark(session.id, [Mark(0.0, "welcome"), Mark(60.0, "group *work*")])
    clip = tmp_path / "lesson.mp4"
    with VideoWriter(clip) as writer:
        for number in range(SECONDS):
            writer.write(np.full((48, 64, 3), number, np.uint8), float(number))
    page.goto(f"{address}/lessons?session={session.id}")
    expect(page.get_by_text("28 of 28")).to_have_count(0)
    expect(page.get_by_text("27 of 28")).to_be_visible()
    page.get_by_role("tab", name="Timeline").click()
    expect(page.get_by_role("cell", name="group *work*")).to_be_visible()
    click_at(page, 0.9)
    expect(page.get_by_text("26 seen of 28")).to_be_visible()
    click_at(page, 0.3)
    expect(page.get_by_text("28 seen of 28")).to_be_visible()
    slider = page.get_by_role("slider", name="Moment of the lesson")
    slider.press("End")
    expect(page.get_by_text("26 seen of 28")).to_be_visible()
    cursors = page.locator(".charts path.cursor").evaluate_all("all => all.map(c => c.outerHTML)")
    assert len(cursors) == 3
    assert len({cursor.split(",")[0] for cursor in cursors}) == 1
    page.get_by_label("Show a video of this lesson").set_input_files(clip)
    video = page.locator("video")
    expect(video).to_be_visible()
    slider.press("Home")
    click_at(page, 0.5)
    page.wait_for_function(
        "video => Math.abs(video.currentTime - 58) < 5", arg=video.element_handle()
    )
    page.get_by_label("Seconds of the video before").fill("30")
    page.get_by_label("Seconds of the video before").press("Enter")
    page.wait_for_function(
        "video => Math.abs(video.currentTime - 88) < 5", arg=video.element_handle()
    )
    store.delete(session.id)


def test_seat_can_be_named_and_deleted_and_then_no_seat_is_selected(
    page: Page, address: str, store: OwnerStore
) -> None:
    session = recorded(store, "Physics 9a", consent="all, in writing", people=6)
    page.goto(f"{address}/lessons?session={session.id}")
    page.get_by_role("tab", name="People").click()
    expect(page.get_by_text("kept with this consent: all, in writing")).to_be_visible()
    expect(page.get_by_text("nothing is drawn where no face was seen")).to_be_visible()
    expect(page.get_by_role("button", name="Forget")).to_have_count(0)
    # A click on a row of the chart chooses its seat, which the list then shows.
    chart = page.get_by_role("img", name=re.compile("^Valence of 6 seats"))
    box = chart.bounding_box()
    assert box is not None
    row = ROW_HEIGHT * box["width"] / WIDTH
    chart.click(position={"x": box["width"] / 2, "y": TOP * box["width"] / WIDTH + 3.5 * row})
    expect(page.get_by_role("combobox", name="Seat")).to_have_value("4")
    expect(page.get_by_role("button", name="Forget seat 4")).to_be_visible()
    choose(page, "Seat", "1")
    expect(page.get_by_role("button", name="Forget seat 1")).to_be_visible()
    page.get_by_role("textbox", name="The person's name").fill("Ada Lovelace")
    name = page.get_by_role("button", name="Name this seat")
    press(name, expect(page.get_by_text("needs the person's consent")).to_be_visible)
    page.get_by_role("textbox", name="How this person agreed").fill("a letter")
    name.click()
    expect(page.get_by_text("Ada Lovelace agreed to be named: a letter")).to_be_visible()
    (person,) = store.people(session.id)
    assert (person.seat, person.name, person.consent) == (1, "Ada Lovelace", "a letter")
    expect(page.get_by_text("deletes its 60 readings")).to_be_visible()
    forget = page.get_by_role("button", name="Forget seat 1")
    press(forget, expect(page.get_by_text("60 readings were deleted")).to_be_visible)
    # The button has disappeared, so that another click cannot forget the next seat.
    expect(page.get_by_role("button", name="Forget")).to_have_count(0)
    expect(page.get_by_role("combobox", name="Seat")).to_have_value("")
    assert store.people(session.id) == []
    assert sorted(set(store.readings(session.id).seats.tolist())) == [2, 3, 4, 5, 6]
    store.delete(session.id)


def test_lesson_can_be_recorded_marked_exported_reopened_and_deleted(
    page: Page, tmp_path: Path
) -> None:
    clip = tmp_path / "lesson.mp4"
    call = grid(width=960, height=540, columns=4, rows=3, people=8)
    with VideoWriter(clip) as writer:
        for number in range(240):
            # Shift the picture, because a camera never sends exactly the same one twice.
            writer.write(np.roll(call.image, number % 5 - 2, axis=1), number / 2)
    visit(page, "Lessons")
    page.get_by_role("textbox", name="Name").fill("Algebra 7b")
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_text("Choose a recording.")).to_be_visible()
    page.get_by_role("textbox", name="or a path").fill(str(clip))
    page.get_by_role("textbox", name="or a path").press("Enter")
    start = page.get_by_role("button", name="Start")
    press(start, expect(page).to_have_url, re.compile(r"/watch\?session="))
    expect(page.get_by_text("8 seen, 8 of them readable.")).to_be_visible()
    now = page.get_by_role("textbox", name="Another activity")
    now.fill("group work")
    now.press("Enter")
    expect(page.get_by_text("Marked at")).to_be_visible()
    expect(now).to_have_value("")
    page.get_by_role("button", name="Stop recording").click()
    page.wait_for_url("**/lessons?session=*")
    expect(page.get_by_role("heading", name="Take it with you")).to_be_visible()
    page.reload()
    report = download(page, "Report").decode()
    assert "Algebra 7b" in report
    assert "group work" in report
    assert "Nobody was identified" in report
    if why_no_pdf() is None:
        assert download(page, "Report (PDF)").startswith(b"%PDF-")
    else:
        expect(page.get_by_text("a report as PDF needs")).to_be_visible()
    assert download(page, "CSV").startswith(b"time,present,readable,coverage,valence")
    kept = json.loads(download(page, "JSON"))
    assert kept["source"] == str(clip)
    assert {mood["present"] for mood in kept["moods"]} == {8}
    page.get_by_role("button", name="All lessons").click()
    expect(page.get_by_text("ended")).to_be_visible()
    page.get_by_role("button", name="Algebra 7b").click()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete permanently").click()
    expect(page.get_by_text("No lesson is stored yet.")).to_be_visible()


def test_old_lessons_and_all_data_of_a_person_can_be_deleted(
    page: Page, everything: Store, store: OwnerStore
) -> None:
    session = recorded(store, "Physics 9a", consent="all, in writing", people=6)
    store.enrol(session.id, 2, "Alan Turing", consent="a letter")
    visit(page, "Lessons")
    unfold(page, "Delete old lessons, or a person in all lessons")
    expect(page.get_by_text("No lesson is that old.")).to_be_visible()
    name = page.get_by_role("textbox", name="All data of the person named")
    name.fill("Grace Hopper")
    name.press("Enter")
    expect(page.get_by_text("No seat has this name.")).to_be_visible()
    name.fill("Alan Turing")
    name.press("Enter")
    page.get_by_role("button", name="Forget this seat").click()
    expect(page.get_by_text("1 seat forgotten")).to_be_visible()
    assert 2 not in store.readings(session.id).seats
    old = datetime.now(UTC) - timedelta(days=91)
    with everything._database.engine.begin() as connection:
        connection.execute(sa.update(schema.sessions).values(updated_at=stored(old)))
    page.get_by_role("spinbutton", name="Lessons older than").fill("80")
    page.get_by_role("spinbutton", name="Lessons older than").press("Enter")
    page.get_by_role("button", name="Delete this lesson").click()
    expect(
        page.get_by_text("No longer stored, because they were deleted or too old")
    ).to_be_visible()
    expect(page.get_by_role("button", name="Physics 9a")).to_have_count(0)
    assert store.sessions() == []


def test_several_lessons_can_be_found_compared_exported_and_deleted_together(
    page: Page, store: OwnerStore
) -> None:
    made = {name: recorded(store, name) for name in ("Algebra 7b", "Algebra 7c", "Physics 9a")}
    store.mark(made["Algebra 7b"].id, [Mark(20.0, "group work")])
    store.mark(made["Algebra 7c"].id, [Mark(60.0, "group work")])
    visit(page, "Lessons")
    search = page.get_by_role("textbox", name="Search")
    search.fill("algebra group")
    search.press("Enter")
    expect(page.get_by_role("button", name="Physics 9a")).to_have_count(0)
    for name in ("Algebra 7b", "Algebra 7c"):
        page.get_by_role("checkbox", name=f"Choose {name}").check(force=True)
    export = page.get_by_role("button", name="Export 2 lessons (ZIP)")
    expect(export).to_be_visible()
    with page.expect_download() as started:
        export.click()
    with zipfile.ZipFile(started.value.path()) as archive:
        assert len(archive.namelist()) == 6
        assert f"{made['Algebra 7b'].id}/report.html" in archive.namelist()
    page.get_by_role("button", name="Compare 2 lessons").click()
    page.wait_for_url("**/lessons?compare=*")
    choose(page, "Aligned at", "group work")
    expect(
        page.get_by_role("img", name=re.compile("from -0:5. to 1:.* around the common"))
    ).to_be_visible()
    expect(page.get_by_role("cell", name="1:00", exact=True).first).to_be_visible()
    page.get_by_role("button", name="All lessons").click()
    for name in made:
        page.get_by_role("checkbox", name=f"Choose {name}").check(force=True)
    page.get_by_role("button", name="Delete 3 lessons").click()
    page.get_by_role("button", name="Delete these 3 lessons").click()
    expect(page.get_by_text("3 lessons deleted")).to_be_visible()
    expect(page.get_by_text("No lesson is stored yet.")).to_be_visible()
    assert store.sessions() == []


def test_source_that_cannot_be_opened_leaves_no_session(
    page: Page, folder: Path, store: OwnerStore
) -> None:
    visit(page, "Lessons")
    page.get_by_role("textbox", name="Name").fill("Algebra 7b")
    page.get_by_role("textbox", name="or a path").fill(str(folder / "missing.mp4"))
    page.get_by_role("textbox", name="or a path").press("Enter")
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_text("no such file")).to_be_visible()
    assert store.sessions() == []
