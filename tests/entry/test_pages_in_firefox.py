"""Tests of the pages of a live class in the installed Firefox."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from firefox import FIREFOX, firefox
from joining_students import open_room
from serving import Service
from shared_screen import DRAWN_WINDOW

pytestmark = [
    pytest.mark.skipif(FIREFOX is None, reason="no Firefox on this machine"),
    pytest.mark.sweep,
]


def test_student_without_a_camera_can_join_press_a_button_and_leave(
    service: Service, tmp_path: Path
) -> None:
    room = open_room(service.url)
    with firefox(tmp_path, camera=False) as page:
        page.goto(room["link"])
        page.press("join with my face read")
        page.wait_for_text("You are in the room.")
        page.press("Switch my camera on")
        page.wait_for_text("No camera was found.")
        page.press("I am lost")
        page.wait_for("document.querySelector('[aria-pressed=true]')?.innerText === 'I am lost'")
        page.press("Leave")
        page.wait_for_text("You are no longer counted.")
        assert page.errors == []


def test_camera_picture_without_a_face_is_reported_to_the_student_and_the_room(
    service: Service, tmp_path: Path
) -> None:
    room = open_room(service.url)
    with firefox(tmp_path, camera=True) as page:
        page.goto(room["link"])
        page.press("join with my face read")
        page.press("Switch my camera on")
        page.wait_for_text("Your face is not read: no face is found.")
        raw = json.loads(page.run("document.querySelector('[data-part=raw]').textContent"))
        assert (raw["k"], raw["why"]) == ("r", "no face")
        status = httpx.get(f"{service.url}/api/v1/rooms/{room['id']}", timeout=60).json()["status"]
        assert (status["people"], status["faceless"]) == (1, 1)
        page.press("Stop")
        page.wait_for_text("Your camera is off.")
        assert page.errors == []


def test_share_page_reads_a_window_and_explains_why_a_window_cannot_be_shared(
    service: Service, tmp_path: Path
) -> None:
    with firefox(tmp_path, camera=True) as page:
        page.goto(f"{service.url}/share")
        page.wait_for("document.querySelectorAll('#shares tr').length === 7")
        # Without a screen there is no window to share.
        page.press("Choose the call")
        page.wait_for_text("The window cannot be shared: ")
        page.run(f"(() => {{ {DRAWN_WINDOW} }})()")
        page.press("Choose the call")
        page.wait_for_text("pictures a second")
        page.wait_for("document.getElementById('warnings').innerText === ''")
        page.run("(() => { window.shown = 'black'; })()")
        page.wait_for_text("The picture is black, or has not moved")
        page.press("Stop sharing")
        assert page.errors == []
