from __future__ import annotations

import pytest

pytest.importorskip("streamlit", reason="needs the app extra")
from roomread.web.live_room import offered_labels

USUAL = ["explanation", "group work"]


def test_new_mark_label_is_offered_last_and_the_other_labels_keep_their_order() -> None:
    assert offered_labels(USUAL, []) == USUAL
    assert offered_labels(USUAL, ["quiz", "group work"]) == [*USUAL, "quiz"]
    assert offered_labels(USUAL, ["quiz", "group work", "talk"]) == [*USUAL, "quiz", "talk"]


def test_full_row_of_mark_labels_takes_no_new_label() -> None:
    used = [f"part {number}" for number in range(30)]
    offered = offered_labels(USUAL, used)
    assert offered == [*USUAL, *used[:8]]
    assert offered_labels(USUAL, [*used, "another"]) == offered
