from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from roomread.readings import Pose
from roomread.readings.action_units import DESCRIPTIONS
from roomread.training.auxiliary_targets import UNITS
from roomread.web.core_texts import movement_text
from roomread.web.face_details import describe_pose, unit_rows


@pytest.mark.parametrize(
    ("pose", "text"),
    [
        (Pose(0, 4, -4), "facing the camera"),
        (Pose(20, 0, 0), "turned to the right by 20°"),
        (Pose(-20, 10, 0), "turned to the left by 20°, raised by 10°"),
        (Pose(0, -12, 30), "lowered by 12°, tilted clockwise by 30°"),
    ],
)
def test_pose_is_described_in_words(pose: Pose, text: str) -> None:
    assert describe_pose(pose) == text


def test_action_units_are_sorted_strongest_first_and_described() -> None:
    rows = unit_rows({"AU4": 0.1, "AU12": 0.9, "AU99": 0.5})
    assert [row["movement"] for row in rows] == ["lip corners pulled up", "AU99", "brows lowered"]
    assert [row["intensity"] for row in rows] == ["90%", "50%", "10%"]


def test_every_action_unit_of_the_training_has_a_description() -> None:
    assert UNITS.keys() <= DESCRIPTIONS.keys()
    assert {unit: movement_text(unit) for unit in DESCRIPTIONS} == DESCRIPTIONS


def page_of_one_face() -> None:
    from dataclasses import replace  # noqa: PLC0415

    import streamlit as st  # noqa: PLC0415

    from roomread.readings import Box, EyeActivity, Pose, Quality, Reading  # noqa: PLC0415
    from roomread.web.face_details import draw_details, show_details  # noqa: PLC0415

    plain = Reading("a", 0.0, 0, Box(0, 0, 9, 9), 0.9, Quality())
    show_details(st.container(), plain, key="a")
    st.markdown("nothing above")
    known = replace(plain, valence=-0.5, pose=Pose(30, 0, 0), action_units={"AU26": 0.75})
    show_details(st.container(), known, key="b")
    draw_details(st.container(), replace(known, eyes=EyeActivity(0.25, None)), key="c")
    draw_details(st.container(), replace(known, eyes=EyeActivity(0.3, 14.0)), key="d")


def test_details_of_a_face_are_shown_only_if_they_are_known() -> None:
    page = AppTest.from_function(page_of_one_face, default_timeout=30).run()
    assert not page.exception
    texts = [element.value for element in page.markdown]
    assert texts[0] == "nothing above"
    assert "Valence -0.50, from unpleasant (-1) to pleasant (1)" in texts
    assert "Head: turned to the right by 30°" in texts
    assert "Eyes closed for 25% of the last minute" in texts
    # Of the two readings with eyes, only the second has a known rate of blinks.
    assert [text for text in texts if "Blinks" in text] == ["Blinks a minute: 14"]
    assert len(page.expander) == 1
