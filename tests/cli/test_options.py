from __future__ import annotations

import math

import pytest
import typer

from roomread.classifier import ExpressionClassifier, Head, open_model
from roomread.cli.options import (
    NetOptions,
    SourceOptions,
    parse_part,
    parse_seconds,
)
from roomread.faces import CenterFace
from roomread.runtime import Device


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0.5", 0.5), ("0.5s", 0.5), ("500ms", 0.5), (" 2 s ", 2.0), (".25", 0.25)],
)
def test_duration_is_parsed_into_seconds(text: str, seconds: float) -> None:
    assert parse_seconds(text) == seconds


@pytest.mark.parametrize("text", ["", "0", "-1", "nan", "1h", "s", "1e3"])
def test_text_that_is_not_a_duration_is_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="is not a time above 0"):
        parse_seconds(text)


def test_crop_is_parsed_from_four_whole_numbers() -> None:
    assert parse_part("100, 50,1280,720") == (100, 50, 1280, 720)
    with pytest.raises(typer.BadParameter, match="x,y,width,height"):
        parse_part("100,50,1280")


def test_source_options_select_all_frames_without_a_crop_by_default() -> None:
    assert SourceOptions.parse(None, None, None) == SourceOptions(None, None, None)
    assert SourceOptions.parse("2s", 1, "0,0,9,9") == SourceOptions(2.0, 1, (0, 0, 9, 9))


def test_min_face_that_is_not_finite_is_refused_for_an_archive() -> None:
    nets = NetOptions("compact", Device.CPU, math.nan)
    with pytest.raises(typer.BadParameter, match="is not a finite size in px"):
        nets.for_archive(every=None, piece=300.0)


def test_chosen_head_is_used_by_the_analyzer_and_by_an_archive() -> None:
    nets = NetOptions("compact", Device.CPU, None, head=Head.BOTH)
    classifier = nets.make_analyzer().classifier
    assert isinstance(classifier, ExpressionClassifier)
    assert classifier.head is Head.BOTH
    assert nets.for_archive(every=None, piece=60.0).head is Head.BOTH


def test_archive_options_contain_the_chosen_detector_model_and_frame_interval() -> None:
    options = NetOptions("compact", Device.CPU, 30.0, "haar").for_archive(every=0.5, piece=60.0)
    assert (options.detector, options.min_face, options.every) == ("haar", 30.0, 0.5)
    assert options.piece == 60.0
    analyzer = NetOptions("compact", Device.CPU, 30.0).make_analyzer()
    assert isinstance(analyzer.detector, CenterFace)
    assert options.head is Head.TAGGERS
    assert options.digest == open_model("compact").digest
