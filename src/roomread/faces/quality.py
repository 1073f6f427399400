"""Says how well a face can be seen, and why one cannot be read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from roomread.readings import Face, Quality, Unreadable


@dataclass(frozen=True, slots=True)
class QualityLimits:
    """Beyond which a face is unreadable; see `Quality` for the units.

    Set where bad pictures begin and FER-2013's poor ones still pass: of 2,500 random Training
    pictures that nobody called "not a face", 98.7 % do (frontality stops the others). Their
    extremes are beside the limits, and what the two portraits of the tests come to when worsened.

    Attributes:
        size: smallest longer side, px. The detector itself finds few faces under it.
        visible: smallest part of the box inside the picture, 0..1.
        dark: lowest brightness, 0..1. FER-2013 from 0.10; a portrait at a tenth of its light 0.05.
        bright: highest brightness, 0..1. FER-2013 up to 0.87.
        contrast: lowest contrast, 0..0.5. FER-2013 from 0.06; a portrait at a tenth 0.02.
        sharpness: lowest sharpness. FER-2013 from 0.33, sharp faces 20 px high from 0.25; blurred
            with a Gaussian of 5 % of the face's height at most 0.12.
        frontality: lowest frontality, 0..1; here the nose is a quarter of the eyes' distance
            beyond an eye.
    """

    size: float = 20.0
    visible: float = 0.7
    dark: float = 0.06
    bright: float = 0.9
    contrast: float = 0.04
    sharpness: float = 0.12
    frontality: float = 0.25


DEFAULT_LIMITS = QualityLimits()


def assess_quality(
    image: NDArray[np.uint8],
    faces: Sequence[Face],
    crops: NDArray[np.uint8],
    *,
    limits: QualityLimits = DEFAULT_LIMITS,
) -> list[Quality]:
    """How well each face can be seen.

    Args:
        image: uint8 [H, W, 3], the picture that the faces were found in.
        faces: N of them, with boxes and landmarks in px of `image`.
        crops: uint8 [N, S, S], what `cut` made of them.
        limits: beyond which `reason` is set.

    Returns:
        N qualities in the faces' order. `reason` is the first that applies in the order of
        `Unreadable`.
    """
    height, width = image.shape[:2]
    light = crops.mean(axis=(1, 2)) / 255
    contrast = crops.std(axis=(1, 2)) / 255
    fine = sharpness(crops)
    return [
        _with_reason(
            Quality(
                size=max(face.box.width, face.box.height),
                visible=face.box.visible(width, height),
                brightness=float(light[i]),
                contrast=float(contrast[i]),
                sharpness=float(fine[i]),
                frontality=None if face.landmarks is None else frontality(face.landmarks),
            ),
            limits,
        )
        for i, face in enumerate(faces)
    ]


def sharpness(crops: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Fine detail over contrast: the Laplacian's standard deviation over the crop's, 0 upwards.

    Dividing by the contrast makes it the same in a dim and in a well-lit room; taking it on the
    crop makes a small face that was enlarged as blurred as the net sees it. The variance of the
    Laplacian as a measure of focus: Pech-Pacheco et al. 2000, "Diatom autofocusing in brightfield
    microscopy".

    Args:
        crops: uint8 [N, S, S], S at least 3.

    Returns:
        float32 [N]; 0 for an even area, white noise has sqrt(20).
    """
    x = crops.astype(np.float32)
    around = x[:, :-2, 1:-1] + x[:, 2:, 1:-1] + x[:, 1:-1, :-2] + x[:, 1:-1, 2:]
    detail = (around - 4 * x[:, 1:-1, 1:-1]).std(axis=(1, 2))
    contrast = x.std(axis=(1, 2))
    none = np.zeros_like(detail)
    result: NDArray[np.float32] = np.divide(detail, contrast, out=none, where=contrast > 0)
    return result


def frontality(landmarks: NDArray[np.float32]) -> float:
    """Where the nose is between the eyes, a proxy of yaw.

    Along the line through the eyes, so that a head tilted to the shoulder changes nothing.

    Args:
        landmarks: float32 [5, 2], in `Face`'s order.

    Returns:
        1 where it is halfway (facing the camera), 0.5 where it is level with an eye, 0 where it is
        half the eyes' distance beyond one, or more.
    """
    left, right, nose = landmarks[:3].astype(np.float64)
    axis = right - left
    length = float(axis @ axis)
    if length == 0:
        return 0.0
    place = float((nose - left) @ axis) / length
    return max(0.0, 1 - abs(place - 0.5))


def _with_reason(measured: Quality, limits: QualityLimits) -> Quality:
    return replace(measured, reason=_reason(measured, limits))


def _reason(quality: Quality, limits: QualityLimits) -> Unreadable | None:
    """The first reason that applies."""
    applies = {
        Unreadable.TOO_SMALL: _below(quality.size, limits.size),
        Unreadable.CUT_OFF: _below(quality.visible, limits.visible),
        Unreadable.TOO_DARK: _below(quality.brightness, limits.dark),
        Unreadable.TOO_BRIGHT: _below(limits.bright, quality.brightness),
        Unreadable.FLAT: _below(quality.contrast, limits.contrast),
        Unreadable.BLURRED: _below(quality.sharpness, limits.sharpness),
        Unreadable.TURNED_AWAY: _below(quality.frontality, limits.frontality),
    }
    return next((reason for reason in Unreadable if applies[reason]), None)


def _below(value: float | None, limit: float | None) -> bool:
    """Whether a value is below a limit; not when either is unknown."""
    return value is not None and limit is not None and value < limit
