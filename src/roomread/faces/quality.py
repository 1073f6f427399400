"""Measure how well a face can be seen, and find the reason why a face is unreadable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from roomread.faces.cutoff import cut_score, whole_box
from roomread.faces.orientation import orientation
from roomread.geometry import Box
from roomread.readings import Face, Quality, Unreadable


@dataclass(frozen=True, slots=True)
class QualityLimits:
    """Limits beyond which a face is unreadable; see `Quality` for the units.

    The limits reject bad pictures but accept the poor pictures of FER-2013. Of 2,500 random
    Training pictures that no tagger labelled "not a face", 98.7 % pass, and the others fail on
    frontality. Each limit is listed with the extreme values of these pictures and with values of
    portraits whose quality was reduced.

    Attributes:
        size: smallest length of the longer side of a face's box, px. The detector itself finds few
            smaller faces.
        visible: smallest fraction of a face that lies inside the picture, 0..1.
        cut: highest log odds that an edge of the picture cuts off the face (`faces.cutoff`).
        dark: lowest brightness, 0..1. FER-2013 has 0.10 or more; a portrait darkened to a tenth has
            0.05.
        bright: highest brightness, 0..1. FER-2013 has at most 0.87.
        contrast: lowest contrast, 0..0.5. FER-2013 has 0.06 or more; a portrait darkened to a tenth
            has 0.02.
        sharpness: lowest sharpness. FER-2013 has 0.33 or more; sharp faces 20 px high have 0.25 or
            more; faces blurred with a Gaussian of 5 % of their height have at most 0.12.
        frontality: lowest frontality, 0..1; at 0.25 the nose lies a quarter of the eyes' distance
            beyond an eye.
        misfit: largest distance of the landmarks from those of an upright face in any rotation,
            0..1 (`Orientation.misfit`). Landmarks with a larger misfit are too inaccurate to
            determine the rotation. 99 % of PublicTest's pictures stay under 0.4.
    """

    size: float = 20.0
    visible: float = 0.7
    cut: float = 0.0
    dark: float = 0.06
    bright: float = 0.9
    contrast: float = 0.04
    sharpness: float = 0.12
    frontality: float = 0.25
    misfit: float = 0.45


DEFAULT_LIMITS = QualityLimits()


def assess_quality(
    image: NDArray[np.uint8],
    faces: Sequence[Face],
    crops: NDArray[np.uint8],
    *,
    limits: QualityLimits = DEFAULT_LIMITS,
) -> list[Quality]:
    """Return how well each face can be seen.

    Args:
        image: uint8 [H, W, 3], the picture in which the faces were found.
        faces: N faces with boxes and landmarks in px of `image`.
        crops: uint8 [N, S, S], the faces' crops from `cut`.
        limits: the limits beyond which `reason` is set.

    Returns:
        N qualities in the faces' order. If several reasons make a face unreadable, `reason` is the
        first of them in the order of `Unreadable`.
    """
    light, contrast, detail = _light_contrast_sharpness(crops)
    picture = Box(0, 0, image.shape[1], image.shape[0])
    qualities = []
    for i, face in enumerate(faces):
        seen = None if face.landmarks is None else orientation(face.landmarks)
        visible = face.box.visible(image.shape[1], image.shape[0])
        if seen is not None:
            visible = min(visible, whole_box(seen).visible(image.shape[1], image.shape[0]))
        measured = Quality(
            size=max(face.box.width, face.box.height),
            visible=visible,
            brightness=light[i],
            contrast=contrast[i],
            sharpness=detail[i],
            frontality=None if face.landmarks is None else frontality(face.landmarks),
        )
        cut_off = seen is not None and cut_score(face, seen, picture) > limits.cut
        tilted = seen is not None and seen.misfit > limits.misfit
        qualities.append(
            replace(measured, reason=_reason(measured, limits, cut_off=cut_off, tilted=tilted))
        )
    return qualities


def sharpness(crops: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the sharpness of crops, the ratio of fine detail to contrast.

    Sharpness is the standard deviation of the Laplacian divided by the standard deviation of the
    crop, so that it does not depend on the lighting. A small face counts as blurred, because its
    crop is enlarged for the net. The variance of the Laplacian is a measure of focus: Pech-Pacheco
    et al. 2000, "Diatom autofocusing in brightfield microscopy".

    Args:
        crops: uint8 [N, S, S], S at least 3.

    Returns:
        float32 [N], 0 upwards; 0 for a uniform area, sqrt(20) for white noise.
    """
    return np.array(_light_contrast_sharpness(crops)[2], dtype=np.float32)


def _light_contrast_sharpness(
    crops: NDArray[np.uint8],
) -> tuple[list[float], list[float], list[float]]:
    """Return the brightness, 0..1, the contrast, 0..0.5, and the sharpness of N crops."""
    x = crops.astype(np.float32)
    mean = x.mean(axis=(1, 2), keepdims=True)
    x -= mean
    around = x[:, :-2, 1:-1] + x[:, 2:, 1:-1]
    around += x[:, 1:-1, :-2]
    around += x[:, 1:-1, 2:]
    around -= 4 * x[:, 1:-1, 1:-1]
    contrast = np.sqrt(_mean_square(x))
    detail = np.sqrt(np.maximum(_mean_square(around) - around.mean(axis=(1, 2)) ** 2, 0))
    none = np.zeros_like(detail)
    sharp = np.divide(detail, contrast, out=none, where=contrast > 0)
    return (mean.ravel() / 255).tolist(), (contrast / 255).tolist(), sharp.tolist()


def _mean_square(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the mean of the squares of each of N arrays, float32 [N]."""
    power = np.einsum("nij,nij->n", values, values)
    result: NDArray[np.float32] = power / np.float32(values.shape[1] * values.shape[2])
    return result


def frontality(landmarks: NDArray[np.float32]) -> float:
    """Return how frontal a face is, measured by the position of the nose between the eyes.

    The position is measured along the line through the eyes, so that roll has no influence.

    Args:
        landmarks: float32 [5, 2], in `Face`'s order.

    Returns:
        1 if the nose is halfway between the eyes (facing the camera), 0.5 if the nose is level with
        an eye, 0 if the nose lies at least half the eyes' distance beyond an eye.
    """
    left, right, nose = landmarks[:3].astype(np.float64)
    axis = right - left
    length = float(axis @ axis)
    if length == 0:
        return 0.0
    place = float((nose - left) @ axis) / length
    return max(0.0, 1 - abs(place - 0.5))


def _reason(
    quality: Quality, limits: QualityLimits, *, cut_off: bool, tilted: bool
) -> Unreadable | None:
    """Return the first reason, in the order of `Unreadable`, why a face is unreadable, or None."""
    applies = {
        Unreadable.TOO_SMALL: _below(quality.size, limits.size),
        Unreadable.CUT_OFF: cut_off or _below(quality.visible, limits.visible),
        Unreadable.TOO_DARK: _below(quality.brightness, limits.dark),
        Unreadable.TOO_BRIGHT: _below(limits.bright, quality.brightness),
        Unreadable.FLAT: _below(quality.contrast, limits.contrast),
        Unreadable.BLURRED: _below(quality.sharpness, limits.sharpness),
        Unreadable.TURNED_AWAY: _below(quality.frontality, limits.frontality),
        Unreadable.TILTED: tilted,
    }
    # `faces.covers` detects covers, after all other checks have passed.
    return next((reason for reason in Unreadable if applies.get(reason)), None)


def _below(value: float | None, limit: float | None) -> bool:
    """Return whether a value is below a limit; False if either is None."""
    return value is not None and limit is not None and value < limit
