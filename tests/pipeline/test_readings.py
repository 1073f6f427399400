from __future__ import annotations

import copy
import pickle
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from classes import frame as class_frame
from roomread import Frame, Moment, Readings
from roomread.errors import MissingExtraError, OutputError, RoomreadError
from roomread.readings import Expression, Reading
from roomread.wire import frame_from_dict, reading_from_row

HAPPY, SAD = Expression.HAPPY, Expression.SAD
PICTURE = Frame(np.full((400, 900, 3), 128, np.uint8), 0.0, 0, "class.jpg")


def people(*shown: Expression | None) -> list[Reading]:
    return class_frame(0.0, dict(enumerate(shown, start=1)))


def with_picture(*shown: Expression | None) -> Readings:
    return Readings(people(*shown), frame=PICTURE)


def pickled(readings: Readings) -> object:
    return pickle.loads(pickle.dumps(readings))  # noqa: S301 (bytes of our own)


def test_readings_are_a_sequence() -> None:
    three = people(HAPPY, SAD, None)
    readings = Readings(three)
    assert len(readings) == 3
    assert list(readings) == three
    assert readings[1] == three[1]
    assert readings[-1] == three[2]
    assert three[0] in readings
    assert readings.index(three[2]) == 2


def test_slice_of_readings_has_the_same_picture() -> None:
    part = with_picture(HAPPY, SAD, None)[:2]
    assert isinstance(part, Readings)
    assert len(part) == 2
    assert part.picture is PICTURE.image


def test_readings_are_compared_without_their_picture() -> None:
    assert with_picture(HAPPY, SAD) == Readings(people(HAPPY, SAD))
    assert Readings(people(HAPPY)) == people(HAPPY)
    assert Readings() == []
    assert Readings(people(HAPPY)) != Readings(people(SAD))
    assert hash(with_picture(HAPPY)) == hash(Readings(people(HAPPY)))


def test_concatenated_readings_have_no_picture() -> None:
    both = with_picture(HAPPY) + with_picture(SAD)
    assert isinstance(both, Readings)
    assert len(both) == 2
    assert both.picture is None
    with pytest.raises(TypeError):
        with_picture(HAPPY) + 3  # type: ignore[operator] # this is what is tested


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, pickled])
def test_copies_and_pickles_do_not_contain_the_picture(copied: object) -> None:
    readings = with_picture(HAPPY, SAD)
    assert callable(copied)
    again = copied(readings)
    assert again == readings
    assert again.picture is None
    assert again.to_dict() == readings.to_dict()
    assert len(pickle.dumps(readings)) < PICTURE.image.size / 100


@pytest.mark.parametrize(
    ("readings", "text"),
    [
        (with_picture(HAPPY), "<Readings of class.jpg: 1 face (happy 90%)>"),
        (with_picture(), "<Readings of class.jpg: no face>"),
        (Readings(), "<Readings: no face>"),
        (
            with_picture(HAPPY, None, SAD, SAD, SAD),
            "<Readings of class.jpg: 5 faces (happy 90%, unreadable: turned away, sad 90%, …)>",
        ),
    ],
)
def test_repr_of_readings_is_one_short_line(readings: Readings, text: str) -> None:
    assert repr(readings) == text


def test_to_dict_returns_a_frame_in_the_json_schema() -> None:
    written = with_picture(HAPPY, None).to_dict()
    assert (written["source"], written["width"], written["height"]) == ("class.jpg", 900, 400)
    read = frame_from_dict(written)
    assert [each.expression for each in read.readings] == [HAPPY, None]


def test_dict_of_readings_without_picture_has_no_picture_size() -> None:
    written = Readings(people(HAPPY)).to_dict()
    assert written["source"] == "lesson"
    assert written["width"] is None
    assert Readings().to_dict()["faces"] == []


def test_to_dict_of_readings_from_several_frames_is_refused() -> None:
    both = Readings(people(HAPPY)) + class_frame(7.0, {1: SAD})
    with pytest.raises(ValueError, match="from 2 frames"):
        both.to_dict()


def test_data_frame_has_a_row_for_each_face() -> None:
    readings = Readings(people(HAPPY, None))
    table = readings.to_pandas()
    assert list(table["expression"].fillna("")) == ["happy", ""]
    assert str(table["track_id"].dtype) == "Int64"
    row = table.astype(object).where(table.notna(), None).iloc[0].to_dict()
    assert reading_from_row(row) == readings[0]
    assert list(Readings().to_pandas().columns) == list(table.columns)


def test_saved_picture_shows_the_readings(tmp_path: Path) -> None:
    path = tmp_path / "out.png"
    with_picture(HAPPY).save(path)
    with Image.open(path) as saved:
        assert saved.size == (900, 400)
        assert not np.array_equal(np.asarray(saved), PICTURE.image)


def test_readings_without_picture_cannot_be_saved(tmp_path: Path) -> None:
    with pytest.raises(RoomreadError, match="no picture to save"):
        Readings(people(HAPPY)).save(tmp_path / "out.png")


@pytest.mark.parametrize("name", ["out.xyz", "out", "out.mp4"])
def test_picture_is_saved_only_to_a_file_with_the_suffix_of_a_picture(
    tmp_path: Path, name: str
) -> None:
    with pytest.raises(OutputError, match="ending"):
        with_picture(HAPPY).save(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_concat_joins_readings_given_as_moments_readings_or_lists_in_order() -> None:
    first, second, third = people(HAPPY), people(SAD), people(None)
    joined = Readings.concat([Moment(0.0, first), Readings(second, frame=PICTURE), third])
    assert joined == [*first, *second, *third]
    assert joined.picture is None


@pytest.mark.parametrize(
    ("method", "module", "extra"),
    [
        ("plot", "matplotlib", "plot"),
        ("plot_timeline", "matplotlib", "plot"),
        ("to_pandas", "pandas", "pandas"),
        ("to_supervision", "supervision", "supervision"),
    ],
)
def test_error_without_an_optional_package_names_the_missing_extra(
    monkeypatch: pytest.MonkeyPatch, method: str, module: str, extra: str
) -> None:
    # With None in `sys.modules`, an import of the module fails.
    monkeypatch.setitem(sys.modules, module, None)
    action = getattr(Readings(people(HAPPY)), method)
    with pytest.raises(MissingExtraError, match=re.escape(f"roomread[{extra}]")):
        action()
