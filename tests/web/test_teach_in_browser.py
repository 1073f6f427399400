"""The page Teach in a real browser."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from PIL import Image

pytest.importorskip("playwright.sync_api", reason="the dev group has it")
from playwright.sync_api import Page, expect

from altered import masked, variants
from roomread.bench.scenes import portraits
from visitors import CHROMIUM, SECONDS, download, upload, visit

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
EXAMPLE = Path(__file__).parents[2] / "examples" / "astronaut.jpg"


def test_pictures_of_a_person_need_consent_and_a_smile_taught_as_neutral_must_be_confirmed(
    page: Page,
) -> None:
    visit(page, "Teach")
    page.get_by_label("Name", exact=True).fill("asha")
    page.get_by_label("Name", exact=True).press("Enter")
    upload(page, EXAMPLE)
    expect(page.get_by_text("examined once this person agrees")).to_be_visible()
    expect(page.get_by_text("not examined yet")).to_be_visible()
    expect(page.get_by_role("button", name="Keep", exact=True)).to_have_count(0)
    page.get_by_text("This person agrees that vectors of their face are kept here").click()
    expect(page.get_by_text("does it show a resting face?")).to_be_visible()
    expect(page.get_by_text("None of the pictures can be learnt from.")).to_be_visible()
    page.get_by_text("Yes, it is resting").click()
    expect(page.get_by_text("Not tested: taught with one picture")).to_be_visible()
    expect(page.get_by_role("button", name="Keep", exact=True)).to_be_enabled()
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("does it show a resting face?")).to_have_count(0)


def test_camera_takes_pictures_while_the_button_is_held(page: Page) -> None:
    visit(page, "Teach")
    page.get_by_text("A new state").click()
    expect(
        page.get_by_text("The state is shown in addition to the seven expressions")
    ).to_be_visible()
    page.get_by_role("button", name="Turn the camera on").click()
    hold = page.get_by_role("button", name="Hold to take pictures")
    hold.focus()
    page.keyboard.down("Space")
    # The number of pictures so far; a busy computer may miss single numbers.
    expect(page.locator(".said")).to_have_text(re.compile(r"^([3-9]|10)$"))
    page.keyboard.up("Space")
    expect(page.get_by_text("camera 1", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Remove").nth(1)).to_be_visible()
    # The camera stays on for the next pictures.
    expect(hold).to_be_visible()


def test_denied_camera_permission_is_explained_and_the_camera_can_be_tried_again(
    page: Page, address: str
) -> None:
    context = page.context.browser.new_context() if page.context.browser else page.context
    denied = context.new_page()
    denied.set_default_timeout(60 * SECONDS)
    denied.add_init_script(
        "navigator.mediaDevices.getUserMedia = async () => {"
        " throw new DOMException('no', 'NotAllowedError'); };"
    )
    denied.goto(f"{address}/teach")
    denied.get_by_role("button", name="Turn the camera on").click()
    expect(denied.get_by_text("The browser does not allow the camera")).to_be_visible()
    expect(denied.get_by_role("button", name="Turn the camera on")).to_be_enabled()
    denied.close()


def test_state_is_taught_tried_used_switched_off_and_deleted(page: Page, tmp_path: Path) -> None:
    covered = [tmp_path / f"m{n}.png" for n in range(4)]
    for path, picture in zip(covered, variants(masked(*portraits()[1])), strict=False):
        picture.save(path)
    other = tmp_path / "other.png"
    masked(*portraits()[0]).save(other)
    empty, broken = tmp_path / "empty.png", tmp_path / "broken.png"
    Image.new("RGB", (300, 200), (90, 120, 150)).save(empty)
    broken.write_bytes(b"no picture")
    visit(page, "Teach")
    page.get_by_text("A new state").click()
    expect(
        page.get_by_text("The state is shown in addition to the seven expressions")
    ).to_be_visible()
    page.get_by_label("Name", exact=True).fill("masked")
    page.get_by_label("Name", exact=True).press("Enter")
    upload(page, EXAMPLE, covered[0])
    expect(page.get_by_text("It does not help: ")).to_be_visible()
    page.get_by_role("button", name="Keep", exact=True).click()
    expect(page.get_by_text("'masked' does not help and was not kept")).to_be_visible()
    page.get_by_role("button", name="Start again").click()
    expect(page.get_by_text("It does not help: ")).to_have_count(0)
    # A picture without a face and a damaged file are shown with the reason; the others are used.
    upload(page, *covered, empty, broken)
    expect(page.get_by_text("no face was found")).to_be_visible()
    expect(page.get_by_text("is not a picture")).to_be_visible()
    expect(
        page.get_by_text("It helps: 4 of 4 left-out pictures are read correctly")
    ).to_be_visible()
    page.get_by_role("button", name="Keep", exact=True).click()
    expect(page.get_by_text("'masked' is stored and switched on.")).to_be_visible()
    visit(page, "Photos and videos")
    upload(page, other)
    expect(page.get_by_text("Profiles: masked.")).to_be_visible()
    (picture,) = json.loads(download(page, "Photos' readings (JSON)"))
    assert picture["faces"][0]["states"]["masked"]["shown"] is True
    visit(page, "Teach")
    page.get_by_text("masked", exact=True).click()
    expect(page.get_by_text("in this visit: none.")).to_be_visible()
    visit(page, "Photos and videos")
    expect(page.get_by_role("img", name="other.png: 1 face")).to_be_visible()
    (picture,) = json.loads(download(page, "Photos' readings (JSON)"))
    assert picture["faces"][0]["states"] == {}
    visit(page, "Teach")
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("None yet.")).to_be_visible()
