"""The pages of the web app, Live excepted, in a real browser."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from PIL import Image

pytest.importorskip("playwright.sync_api", reason="the dev group has it")
from playwright.sync_api import Page, expect

from altered import masked, variants
from roomread.bench.scenes import grid, portraits
from roomread.media import VideoWriter
from visitors import (
    CHROMIUM,
    download,
    room,
    unfold,
    upload,
    visit,
)

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
EXAMPLE = Path(__file__).parents[2] / "examples" / "astronaut.jpg"


def test_home_leads_in_one_click_to_the_answer_of_the_demo_class_and_to_an_example_photo(
    page: Page,
) -> None:
    visit(page, "Home")
    page.get_by_role("button", name="The demo class").click()
    page.wait_for_url("**/lessons?session=*")
    expect(page.get_by_text("The class was less positive than before from 10:")).to_be_visible()
    expect(page.get_by_role("cell", name="group work").first).to_be_visible()
    visit(page, "Home")
    expect(page.get_by_role("heading", name="Recent lessons")).to_be_visible()
    page.get_by_role("button", name="An example photo").click()
    expect(page.get_by_text("example.jpg: 1 face")).to_be_visible()
    visit(page, "Home")
    page.get_by_role("button", name="Demo class (made up)").click()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete it").click()
    expect(page.get_by_text("No session is kept yet.")).to_be_visible()


def test_address_of_a_page_opens_it(page: Page, address: str) -> None:
    page.goto(f"{address}/watch")
    expect(page.get_by_role("heading", name="Watch now", exact=True)).to_be_visible()
    expect(page.get_by_text("Page not found")).to_have_count(0)


def test_photo_with_one_face_is_drawn_read_and_offered_for_download(page: Page) -> None:
    visit(page, "Photo")
    upload(page, EXAMPLE)
    expect(page.get_by_text("astronaut.jpg: 1 face")).to_be_visible()
    scores_of = page.get_by_role("combobox", name="Scores of")
    expect(scores_of).to_have_value(re.compile("face 1: happy"))
    (picture,) = json.loads(download(page, "JSON"))
    assert picture["source"] == "astronaut.jpg"
    assert picture["faces"][0]["expression"] == "happy"
    assert download(page, "CSV").startswith(b"schema_version,source,time,")
    assert download(page, "Annotated picture").startswith(b"\x89PNG")


def test_one_upload_may_mix_many_faces_no_faces_and_files_that_are_not_pictures(
    page: Page, tmp_path: Path
) -> None:
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
    visit(page, "Photo")
    upload(page, heavy, wide)
    expect(page.get_by_text("wide.png: has too many pixels")).to_be_visible()
    expect(page.get_by_text("File must be 1.0MB or smaller")).to_be_visible()
    settings.write_text(before)


def test_video_job_survives_a_reload_and_offers_its_files(page: Page, tmp_path: Path) -> None:
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


def test_video_can_be_cancelled(page: Page, tmp_path: Path) -> None:
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


def test_file_that_is_not_a_video_is_reported(page: Page, tmp_path: Path) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no video at all" * 50)
    visit(page, "Video")
    upload(page, broken)
    page.get_by_role("button", name="Read it").click()
    expect(page.get_by_text("broken.mp4:")).to_be_visible()


def test_settings_show_the_purpose_and_the_model_and_about_shows_the_law(page: Page) -> None:
    visit(page, "Settings")
    expect(page.get_by_text("Of 100 smiles 88 are read as happy.")).to_be_visible()
    expect(page.get_by_text("This installation is used for: Research")).to_be_visible()
    unfold(page, "The figures of the model")
    expect(page.get_by_text("Abstains under")).to_be_visible()
    expect(page.get_by_text("roomread train DATA --config compact")).to_be_visible()
    expect(page.get_by_role("heading", name="What it takes for what")).to_be_visible()
    visit(page, "About")
    expect(page.get_by_text("Article 5(1)(f)")).to_be_visible()
    expect(page.get_by_text("Nothing is stored")).to_be_visible()


def test_pictures_of_a_person_are_looked_at_only_with_consent(page: Page) -> None:
    visit(page, "Teach")
    page.get_by_label("Name", exact=True).fill("asha")
    page.get_by_label("Name", exact=True).press("Enter")
    upload(page, EXAMPLE)
    page.get_by_role("button", name="Add 1 picture as neutral").click()
    expect(page.get_by_text("looked at once this person agrees")).to_be_visible()
    expect(page.get_by_role("button", name="Keep", exact=True)).to_have_count(0)
    page.get_by_text("asha agrees that vectors of their face are kept here").click()
    expect(page.get_by_text("Not tested: taught with one picture")).to_be_visible()
    expect(page.get_by_role("button", name="Keep", exact=True)).to_be_enabled()


def test_state_is_taught_tried_used_switched_off_and_deleted(page: Page, tmp_path: Path) -> None:
    covered = [tmp_path / f"m{n}.png" for n in range(4)]
    for path, picture in zip(covered, variants(masked(*portraits()[1])), strict=False):
        picture.save(path)
    other = tmp_path / "other.png"
    masked(*portraits()[0]).save(other)
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
    expect(
        page.get_by_text("It helps: 4 of 4 left-out pictures are read correctly")
    ).to_be_visible()
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
    assert picture["faces"][0]["states"] == {}
    visit(page, "Teach")
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("None yet.")).to_be_visible()
