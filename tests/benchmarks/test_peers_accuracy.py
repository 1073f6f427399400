"""The printed expressions of other tools are parsed, and their accuracy is tabulated."""

from __future__ import annotations

import dataclasses
import runpy
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fer_files import tiny_fer, with_clear_votes
from roomread.readings import Expression

pytestmark = pytest.mark.training

LABEL, MAJORITY = "FER-2013 label", "FER+ majority"


@pytest.fixture(scope="module")
def peers() -> dict[str, Any]:
    path = Path(__file__).parents[2] / "benchmarks" / "peers_accuracy.py"
    return runpy.run_path(str(path))


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_expression_names_printed_by_other_tools_are_mapped_to_the_seven_expressions(
    peers: dict[str, Any],
) -> None:
    names = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]
    printed = "a message of the tool\n" + str(names).replace("'", '"') + "\n"
    assert peers["parse_answers"](printed).tolist() == list(Expression)


def test_null_in_the_output_of_a_tool_means_that_no_face_was_found(peers: dict[str, Any]) -> None:
    answers = peers["parse_answers"]('["happy", null]')
    assert answers.tolist() == [Expression.HAPPY, peers["NOT_FOUND"]]


def test_unknown_expression_name_is_refused(peers: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="contempt"):
        peers["parse_answers"]('["happy", "contempt"]')


def test_external_program_reads_every_picture_with_one_thread(
    peers: dict[str, Any], tmp_path: Path
) -> None:
    program = (
        "import json, os, sys; size = os.path.getsize(sys.argv[2]) // int(sys.argv[3]) ** 2;"
        "print(json.dumps([('sad', 'fear')[os.environ['OMP_NUM_THREADS'] == '1']] * size))"
    )
    images = np.zeros((3, 48, 48), dtype=np.uint8)
    answers = peers["ask"]([sys.executable, "-c", program], "crops", images, tmp_path)
    assert answers.tolist() == [Expression.FEAR] * 3


def test_output_with_fewer_expressions_than_pictures_is_refused(
    peers: dict[str, Any], tmp_path: Path
) -> None:
    program = [sys.executable, "-c", "print('[null]')"]
    with pytest.raises(ValueError, match="1 answers for 2 pictures"):
        peers["ask"](program, "search", np.zeros((2, 8, 8), dtype=np.uint8), tmp_path)


def test_table_compares_the_expressions_with_each_kind_of_ground_truth(
    peers: dict[str, Any],
) -> None:
    data = with_clear_votes(tiny_fer(each=2))
    wrong = np.full(len(data), Expression.HAPPY)
    lines = peers["table"]({"a": {LABEL: data.labels, MAJORITY: wrong}}, data)
    assert cells(lines[0])[1:] == [
        *("found", f"{LABEL}: accuracy", "macro-F1", "n"),
        *(f"{MAJORITY}: accuracy", "macro-F1", "n"),
    ]
    _, found, accuracy, f1, n, by_majority, *_ = cells(lines[2])
    assert (found, f1, n) == ("42", "1.000", "42")
    assert accuracy.startswith("1.000 ±")
    assert by_majority.startswith("0.143 ±")


def test_table_covers_only_pictures_in_which_every_tool_finds_a_face(peers: dict[str, Any]) -> None:
    data = tiny_fer(each=2)
    some = data.labels.copy()
    some[:10] = peers["NOT_FOUND"]
    # The other tool is wrong only where the first one finds no face.
    other = data.labels.copy()
    other[:10] = (other[:10] + 1) % len(Expression)
    lines = peers["table"]({"a": {LABEL: some}, "b": {LABEL: other}}, data)
    assert cells(lines[2])[1] == "32"
    assert cells(lines[3])[1] == "42"
    assert [cells(line)[4] for line in lines[2:]] == ["32", "32"]
    assert cells(lines[3])[2].startswith("1.000 ±")


def test_pictures_without_a_majority_vote_are_left_out_of_the_majority_columns(
    peers: dict[str, Any],
) -> None:
    data = with_clear_votes(tiny_fer(each=2))
    assert data.votes is not None
    votes = data.votes.copy()
    votes[0] = 5
    data = dataclasses.replace(data, votes=votes)
    lines = peers["table"]({"a": dict.fromkeys((LABEL, MAJORITY), data.labels)}, data)
    assert (cells(lines[2])[4], cells(lines[2])[7]) == ("42", "41")


def test_border_around_the_enlarged_picture_repeats_its_edge_pixels(peers: dict[str, Any]) -> None:
    image = np.full((48, 48), 90, dtype=np.uint8)
    image[20:28, 20:28] = 250
    framed = peers["with_border"](image)
    assert framed.shape == (320, 320)
    assert framed[0, 0] == framed[100, 40] == 90
    assert framed[160, 160] == 250
