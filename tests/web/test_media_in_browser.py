"""The page Photos and videos in a real browser."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from pathlib import Path

import pytest
from PIL import Image

pytest.importorskip("playwright.sync_api", reason="the dev group has it")
from playwright.sync_api import Page, expect

from accessibility import check_width
from roomread.bench.scenes import grid
from roomread.media import VideoWriter
from visitors import CHROMIUM, SLOW, choose, download, room, upload, visit

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
EXAMPLE = Path(__file__).parents[2] / "examples" / "astronaut.jpg"


def write_clip(path: Path, frames: int = 15) -> Path:
    pictures = [room(left=40 + number) for number in range(min(frames, 15))]
    with VideoWriter(path) as writer:
        for number in range(frames):
            writer.write(pictures[number % 15], number / 15)
    return path


def test_photos_videos_and_broken_files_of_one_upload_share_a_table_and_an_archive(
    page: Page, tmp_path: Path
) -> None:
    call = tmp_path / "call.png"
    call_of_12 = grid(columns=4, rows=3)
    Image.fromarray(call_of_12.image).save(call)
    empty = tmp_path / "empty.png"
    Image.new("RGB", (300, 200), (90, 120, 150)).save(empty)
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(EXAMPLE.read_bytes()[:2000])
    clips = [write_clip(tmp_path / f"clip{n}.mp4") for n in (1, 2, 3)]
    no_video = tmp_path / "none.mp4"
    no_video.write_bytes(b"no video at all" * 50)
    visit(page, "Photos and videos")
    upload(page, broken, EXAMPLE, call, empty, *clips, no_video)
    expect(page.get_by_role("img", name="astronaut.jpg: 1 face")).to_be_visible()
    # Visit another page while the videos are read.
    visit(page, "About")
    visit(page, "Photos and videos")
    expect(page.get_by_text("broken.jpg:")).to_be_visible()
    expect(page.get_by_text(f"{len(call_of_12.people)} faces")).to_be_visible()
    expect(page.get_by_text("none.mp4:")).to_be_visible()
    expect(page.get_by_text(re.compile(r"0:01 read · kept until \d\d:\d\d"))).to_have_count(3)
    # No two buttons have the same label.
    buttons = page.get_by_role("button", name="Remove").all_inner_texts()
    assert len(set(buttons)) == len(buttons) == 8
    with zipfile.ZipFile(io.BytesIO(download(page, "Everything (ZIP)"))) as archive:
        names = set(archive.namelist())
        table = list(csv.DictReader(io.StringIO(archive.read("table.csv").decode())))
    assert {"pictures/astronaut.annotated.png", "pictures/readings.csv"} <= names
    assert {f"videos/clip{n}/annotated.mp4" for n in (1, 2, 3)} <= names
    assert {f"videos/clip{n}/readings.csv" for n in (1, 2, 3)} <= names
    rows = {(row["file"], row["number"]): row["expression"] for row in table}
    assert rows["astronaut.jpg", "1"] == "happy"
    assert rows["clip2.mp4", "1"] == "happy"
    assert ("call.png", "12") in rows
    pictures = json.loads(download(page, "Photos' readings (JSON)"))
    assert [picture["source"] for picture in pictures] == ["astronaut.jpg", "call.png", "empty.png"]
    choose(page, "Show", "clip3.mp4")
    expect(page.get_by_text("Faces of uploads are not compared")).to_be_visible()
    assert download(page, "Readings as CSV").count(b"happy") >= 10
    check_width(page, 390)
    # A reload loses the photos of the visit, but not the videos.
    page.reload()
    expect(page.get_by_text("kept until")).to_have_count(4)
    page.get_by_role("button", name="Remove").first.click()
    expect(page.get_by_text("kept until")).to_have_count(3)
    expect(page.get_by_text("No longer kept")).to_have_count(0)


@pytest.mark.sweep
def test_thirty_videos_of_one_upload_are_read_and_put_into_one_archive(
    page: Page, tmp_path: Path
) -> None:
    first = write_clip(tmp_path / "clip1.mp4", frames=4)
    clips = [first, *(tmp_path / f"clip{n}.mp4" for n in range(2, 31))]
    for clip in clips[1:]:
        clip.write_bytes(first.read_bytes())
    visit(page, "Photos and videos")
    upload(page, *clips)
    done = page.get_by_text(re.compile(r"0:00 read · kept until \d\d:\d\d"))
    expect(done).to_have_count(30, timeout=5 * SLOW)
    with zipfile.ZipFile(io.BytesIO(download(page, "Everything (ZIP)"))) as archive:
        names = set(archive.namelist())
        table = list(csv.DictReader(io.StringIO(archive.read("table.csv").decode())))
    assert {f"videos/{clip.stem}/readings.csv" for clip in clips} <= names
    assert {row["file"] for row in table} == {clip.name for clip in clips}


def test_numbered_boxes_match_the_rows_of_the_table_and_show_the_scores(
    page: Page, tmp_path: Path
) -> None:
    call = tmp_path / "call.png"
    Image.fromarray(grid(columns=2, rows=1).image).save(call)
    visit(page, "Photos and videos")
    upload(page, EXAMPLE, call)
    face = page.get_by_role("button", name="Face 1: happy")
    expect(face).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("img", name=re.compile("Scores of the face: .* happy"))).to_be_visible()
    assert download(page, "Annotated picture").startswith(b"\x89PNG")
    choose(page, "Show", "call.png")
    second = page.get_by_role("button", name=re.compile("^Face 2: "))
    second.focus()
    second.press("Enter")
    expect(second).to_have_attribute("aria-pressed", "true")
    text = second.get_attribute("aria-label")
    assert text is not None
    expect(page.locator(".said")).to_have_text(text)
    with zipfile.ZipFile(io.BytesIO(download(page, "Everything (ZIP)"))) as archive:
        table = list(csv.DictReader(io.StringIO(archive.read("table.csv").decode())))
    (row,) = [each for each in table if (each["file"], each["number"]) == ("call.png", "2")]
    assert row["expression"] in text


def test_picture_that_is_too_large_is_refused_before_it_is_decoded(
    page: Page, folder: Path, tmp_path: Path
) -> None:
    settings = folder / "roomread" / "roomread.toml"
    before = settings.read_text()
    settings.write_text(f"max_upload_mb = 1\n{before}")
    heavy = tmp_path / "heavy.png"
    heavy.write_bytes(EXAMPLE.read_bytes() + bytes(1_100_000))
    # 400 million pixels in half a megabyte.
    wide = tmp_path / "wide.png"
    Image.new("1", (20_000, 20_000)).save(wide)
    assert wide.stat().st_size < 1_000_000
    visit(page, "Photos and videos")
    upload(page, wide)
    expect(page.get_by_text("wide.png: has too many pixels")).to_be_visible()
    upload(page, heavy)
    expect(page.get_by_text("File must be 1.0MB or smaller")).to_be_visible()
    settings.write_text(before)


def test_video_can_be_cancelled_and_removed(page: Page, tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "long.mp4", frames=900)
    visit(page, "Photos and videos")
    upload(page, clip)
    page.get_by_role("button", name="Cancel long.mp4", exact=True).click()
    expect(page.get_by_text("cancelled after")).to_be_visible()
    expect(page.get_by_role("button", name="Cancel")).to_have_count(0)
    remove = page.get_by_role("button", name="Remove")
    for left in range(remove.count(), 0, -1):
        remove.first.click()
        expect(remove).to_have_count(left - 1)
    expect(page.get_by_text("cancelled after")).to_have_count(0)
