from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from roomread import Analyzer
from roomread.bench import scenes
from roomread.faces import FER2013_FRAMING, CenterFace, cut
from roomread.faces.covers import COVERED, cover_scores, doubted
from roomread.readings import Expression, Face, Scores, Unreadable

DETECTOR = CenterFace(threads=1)
ANALYZER = Analyzer(detector=DETECTOR)
PORTRAITS = pytest.mark.parametrize("which", [0, 1], ids=["astronaut", "hopper"])


def portrait(which: int) -> tuple[Image.Image, Face]:
    image, _ = scenes.portraits()[which]
    return Image.fromarray(image), DETECTOR.detect(image)[0]


def masked(which: int) -> NDArray[np.uint8]:
    """Return a portrait with a pale mask from the nose to the chin."""
    image, face = portrait(which)
    assert face.landmarks is not None
    nose, box = face.landmarks[2], face.box
    outline = [
        *((box.left, nose[1] - 0.02 * box.height), (nose[0], nose[1] - 0.08 * box.height)),
        *((box.right, nose[1] - 0.02 * box.height), (box.right - 0.1 * box.width, box.bottom)),
        *((nose[0], box.bottom + 0.03 * box.height), (box.left + 0.1 * box.width, box.bottom)),
    ]
    ImageDraw.Draw(image).polygon(outline, fill=(195, 210, 220))
    return np.asarray(image)


def with_sunglasses(which: int) -> NDArray[np.uint8]:
    """Return a portrait with sunglasses."""
    image, face = portrait(which)
    assert face.landmarks is not None
    drawing, size = ImageDraw.Draw(image), face.box.height
    for x, y in face.landmarks[:2]:
        lens = [x - 0.19 * size, y - 0.1 * size, x + 0.19 * size, y + 0.12 * size]
        drawing.ellipse(lens, fill=(15, 15, 18))
    drawing.line([tuple(eye) for eye in face.landmarks[:2]], fill=(15, 15, 18), width=5)
    return np.asarray(image)


def bearded(which: int) -> NDArray[np.uint8]:
    """Return a portrait with a dark beard around the mouth."""
    image, face = portrait(which)
    assert face.landmarks is not None
    (left, y), (right, _), size = *face.landmarks[3:], face.box.height
    shape = Image.new("L", image.size)
    drawing = ImageDraw.Draw(shape)
    around = [left - 0.18 * size, y - 0.08 * size, right + 0.18 * size, y + 0.36 * size]
    drawing.ellipse(around, fill=210)
    drawing.ellipse([left - 5, y - 0.1 * size, right + 5, y + 0.12 * size], fill=0)
    soft = shape.filter(ImageFilter.GaussianBlur(0.03 * size))
    noise = np.random.default_rng(0).normal(45, 14, (image.height, image.width, 1))
    hair = Image.fromarray(np.clip(noise.repeat(3, axis=2), 0, 255).astype(np.uint8))
    image.paste(hair, mask=soft)
    return np.asarray(image)


@PORTRAITS
@pytest.mark.parametrize("cover", [masked, with_sunglasses])
def test_covered_face_is_reported_as_unreadable_because_it_is_covered(
    which: int, cover: object
) -> None:
    assert callable(cover)
    (reading, *_) = ANALYZER.analyze(cover(which))
    assert reading.quality.reason is Unreadable.COVERED
    assert reading.expression is None


@PORTRAITS
@pytest.mark.parametrize("light", [1.0, 0.4])
def test_uncovered_face_is_not_reported_as_covered_in_any_light(which: int, light: float) -> None:
    image, face = portrait(which)
    dim = (np.asarray(image) * light).astype(np.uint8)
    (score,) = cover_scores(cut(dim, [face], FER2013_FRAMING))
    assert score < COVERED - 2


@PORTRAITS
def test_face_with_a_beard_is_not_reported_as_covered(which: int) -> None:
    (reading, *_) = ANALYZER.analyze(bearded(which))
    assert reading.quality.reason is None


def test_cover_score_does_not_depend_on_the_batch_and_hardly_on_the_crop_size() -> None:
    image, face = portrait(0)
    small, large = (cut(np.asarray(image), [face], FER2013_FRAMING, side=side) for side in (48, 96))
    (alone,) = cover_scores(small)
    assert cover_scores(np.concatenate([small, small[:, ::-1]]))[0] == pytest.approx(
        alone, abs=1e-3
    )
    assert cover_scores(large)[0] == pytest.approx(alone, abs=2)


def test_empty_batch_of_crops_gives_no_cover_scores() -> None:
    assert cover_scores(np.zeros((0, 48, 48), dtype=np.uint8)).shape == (0,)


SURE = Scores(np.array([0.02, 0.0, 0.03, 0.85, 0.02, 0.03, 0.05], np.float32), 0.48)


@pytest.mark.parametrize("score", [-20.0, -1.0, 0.0])
def test_expression_scores_of_an_uncovered_face_are_unchanged(score: float) -> None:
    assert doubted(SURE, score) is SURE


def test_confidence_falls_with_the_cover_score_and_the_ranking_of_expressions_stays() -> None:
    doubts = [doubted(SURE, score) for score in (0.0, 1.0, 2.0, COVERED)]
    confidences = [scores.confidence for scores in doubts]
    assert confidences == sorted(confidences, reverse=True)
    assert len(set(confidences)) == len(confidences)
    for scores in doubts:
        assert scores.probabilities.sum() == pytest.approx(1, abs=1e-6)
        assert scores.probabilities.argsort().tolist() == SURE.probabilities.argsort().tolist()
        assert scores.probabilities[1] == 0
        assert scores.threshold == SURE.threshold


def test_expression_just_above_the_threshold_is_withheld_when_the_face_is_half_covered() -> None:
    barely = Scores(np.array([0.1, 0.05, 0.05, 0.5, 0.1, 0.1, 0.1], np.float32), 0.48)
    assert barely.expression is Expression.HAPPY
    assert doubted(barely, 3.0).expression is None
