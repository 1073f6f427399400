from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from roomread import Analyzer, Expression
from roomread.bench.scenes import grid
from roomread.classifier import ExpressionClassifier, Predictions
from roomread.pipeline.explanation import FaceThird, explain_faces
from roomread.readings import Frame

EXAMPLE = Path(__file__).parents[2] / "examples" / "astronaut.jpg"
ANALYZER = Analyzer()


def test_explanation_of_a_smile_gives_the_mouth_more_importance_than_the_forehead() -> None:
    (explanation,) = ANALYZER.explain(EXAMPLE)
    assert explanation.expression is Expression.HAPPY
    assert explanation.crop.shape == explanation.importance.shape == (48, 48)
    mouth, forehead = explanation.importance[30:42, 14:34], explanation.importance[:10, 14:34]
    assert mouth.mean() > max(2 * forehead.mean(), 0.2)


def test_explanation_contains_the_reading_of_its_face() -> None:
    (reading,) = ANALYZER.analyze(EXAMPLE)
    (explanation,) = ANALYZER.explain(EXAMPLE)
    assert explanation.reading == reading


class SadInLargerCrops(ExpressionClassifier):
    """The bundled net, except that the larger crop's views of a single face are very sad."""

    def predict(self, crops: NDArray[np.uint8]) -> Predictions:
        found = super().predict(crops)
        if len(crops) == 4:
            found.logits[[1, 3], Expression.SAD] = 100
        return found


def test_explained_expression_is_the_most_probable_one_of_the_reading() -> None:
    # Of one crop alone, this net reads the smile.
    (explanation,) = Analyzer(classifier=SadInLargerCrops()).explain(EXAMPLE)
    assert explanation.reading.expression is Expression.SAD
    assert explanation.expression is Expression.SAD


def test_unreadable_faces_and_empty_pictures_have_no_explanation() -> None:
    with Image.open(EXAMPLE) as picture:
        small = picture.resize((picture.width // 8, picture.height // 8))
    assert ANALYZER.explain(small) == []
    assert ANALYZER.explain(np.zeros((60, 80, 3), np.uint8)) == []


def test_explaining_a_sequence_of_pictures_is_refused() -> None:
    with pytest.raises(TypeError):
        ANALYZER.explain([EXAMPLE])  # type: ignore[arg-type] # what is tested


def test_plot_of_an_explanation_has_two_images_and_a_title() -> None:
    plt = pytest.importorskip("matplotlib.pyplot", reason="needs the plot extra")
    (explanation,) = ANALYZER.explain(EXAMPLE)
    axes = explanation.plot()
    assert len(axes.images) == 2
    assert axes.get_title().startswith("happy: hiding a region lowers its log-odds by ")
    plt.close(axes.figure)


def test_only_the_requested_face_of_a_group_is_explained() -> None:
    frame = grid(columns=2, rows=2)
    faces = [e.reading for e in ANALYZER.explain(frame.image)]
    assert len(faces) > 1
    asked = faces[-1]
    (explanation,) = explain_faces(
        ANALYZER.detector, ANALYZER.reader, Frame(frame.image, 0.0, 0, "grid"), only=asked
    )
    assert explanation.reading.box == asked.box


def test_explanation_of_a_smile_has_the_lower_third_of_the_face_as_strongest() -> None:
    (explanation,) = ANALYZER.explain(EXAMPLE)
    assert explanation.strongest_third is FaceThird.LOWER
    assert math.log(explanation.odds_ratio) == pytest.approx(explanation.importance.max())


def test_explanation_without_an_important_region_has_no_strongest_third_of_the_face() -> None:
    (explanation,) = ANALYZER.explain(EXAMPLE)
    flat = replace(explanation, importance=np.full((48, 48), -0.1, np.float32))
    assert flat.strongest_third is None
    assert flat.odds_ratio == 1.0


def test_picture_of_the_explanation_has_the_requested_size() -> None:
    (explanation,) = ANALYZER.explain(EXAMPLE)
    drawn = explanation.picture(200)
    assert drawn.shape == (200, 200, 3)
    assert drawn.dtype == np.uint8
