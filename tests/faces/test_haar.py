from __future__ import annotations

import sys

import pytest

from roomread.bench import scenes
from roomread.errors import MissingExtraError
from roomread.faces import Haar
from roomread.faces.haar import confidence, face_box
from roomread.geometry import Box


def test_without_opencv_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'roomread\[haar\]'"):
        Haar()


def test_invalid_min_face_is_refused() -> None:
    with pytest.raises(ValueError, match="min_face"):
        Haar(min_face=0)


def test_faces_smaller_than_min_face_are_left_out() -> None:
    pytest.importorskip("cv2", reason="the extra 'haar' is not installed")
    assert Haar(min_face=300).detect(scenes.hopper()) == []
    assert len(Haar(min_face=150).detect(scenes.hopper())) == 1


def test_nearly_all_faces_of_a_video_call_are_found() -> None:
    pytest.importorskip("cv2", reason="the extra 'haar' is not installed")
    call = scenes.grid()
    centers = [face.box.center for face in Haar().detect(call.image)]
    with_one = [tile for tile in call.people if sum(contains(tile, c) for c in centers) == 1]
    assert len(with_one) >= 23
    assert len(centers) - len(with_one) <= 2


def test_face_box_extends_below_the_square_found_by_the_cascade() -> None:
    box = face_box(100, 200, 50, 50)
    assert box.height > box.width
    assert box.center[0] == 125
    assert box.center[1] > 225


def test_confidence_grows_with_the_cascade_weight_and_stays_between_0_and_1() -> None:
    values = [confidence(weight) for weight in (-1e6, 0, 3, 6, 1e6)]
    assert values == sorted(values)
    assert values[0] >= 0
    assert values[-1] <= 1


def contains(tile: Box, point: tuple[float, float]) -> bool:
    return tile.left <= point[0] <= tile.right and tile.top <= point[1] <= tile.bottom
