from __future__ import annotations

import json
from pathlib import Path

import pytest

from program import Program
from roomread.cli import bench
from roomread.errors import DataError, OutputError


def test_invalid_option_is_reported_in_one_line_on_stderr(tmp_path: Path) -> None:
    roomread = Program(tmp_path)
    unknown = roomread("bench", "--scene", "theatre")
    assert unknown.returncode == 2
    assert b"there is no scene 'theatre' (choose one of parts, webcam," in unknown.stderr
    (tmp_path / "old.json").write_text('{"scenes": [{}]}')
    foreign = roomread("bench", "--against", "old.json")
    assert foreign.returncode == 2
    assert b"old.json: cannot be read as results of `roomread bench --output`" in foreign.stderr


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"scenes": [{"scene": "room"}]}', '{"scenes": [1]}', "\x00"]
)
def test_file_that_does_not_contain_earlier_results_is_refused(
    tmp_path: Path, content: str
) -> None:
    path = tmp_path / "old.json"
    path.write_text(content)
    with pytest.raises(DataError, match=r"old\.json: cannot be read as results of `roomread bench"):
        bench._earlier(path)


def test_missing_file_of_earlier_results_is_reported_with_its_path(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.json: cannot be read"):
        bench._earlier(tmp_path / "none.json")


def test_earlier_results_are_returned_by_scene_and_scenes_without_a_rate_are_left_out(
    tmp_path: Path,
) -> None:
    path = tmp_path / "old.json"
    scenes = [{"scene": "room", "rate": 20.0}, {"scene": "webcam", "rate": 0}]
    path.write_text(json.dumps({"scenes": scenes}))
    assert bench._earlier(path) == {"room": {"scene": "room", "rate": 20.0}}


def test_results_file_names_the_machine_and_a_missing_folder_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "new.json"
    bench._write(path, [], None)
    values = json.loads(path.read_text())
    assert (values["parts"], values["scenes"]) == (None, [])
    assert "processors" in values["machine"]
    with pytest.raises(OutputError, match="cannot be written: No such file"):
        bench._write(tmp_path / "no" / "new.json", [], None)
