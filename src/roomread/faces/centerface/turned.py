"""Find faces that are rotated in the picture plane; the net alone finds upright faces only."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from roomread.faces.centerface.decode import Candidates
from roomread.faces.centerface.mosaic import WIDEST_CELL, ExpectedFace, infer_near
from roomread.faces.centerface.net import FaceNet
from roomread.faces.centerface.scaling import scaled_down
from roomread.faces.detector import SAME_FACE
from roomread.faces.orientation import (
    CREDIBLE_MISFIT,
    TURNED,
    bounding_box,
    orientation,
    rotated,
)
from roomread.geometry import nms
from roomread.readings import Box, Face

# A place is examined in eight rotations; in one of them a face is within 22.5 degrees of upright.
_ANGLES = tuple(float(angle) for angle in range(0, 360, 45))
# The largest roll of a face that is accepted in a rotation. A face with a larger roll is found in
# the next rotation.
_RESIDUAL = 35.0
# A face is doubtful if its landmarks are turned or have a larger misfit, or if its confidence is
# lower than usual for its size in px; the confidence of small faces is often low. (Of 97 PublicTest
# pictures turned upside down, two were taken for upright with a confidence over 0.7. Of upright
# pictures, one in seven has less than 0.77.)
_DOUBTFUL_MISFIT = 0.25
_USUAL_CONFIDENCE = ((48.0, 0.6), (96.0, 0.77))
# A face is accepted in a rotation if its confidence drops by at most this much. Upright profiles
# that look turned lose 0.2 to 0.3; turned faces lose almost nothing.
_LESS = 0.1
# A face that looks upright and has at least the lowest usual confidence must gain this much to be
# accepted in a rotation: of 300 upright PublicTest pictures, two were read wrongly without this.
_MORE = 0.05
# A face found only in a rotated picture must have at least this confidence or at most this misfit.
_NEW_CONFIDENCE = 0.55
_NEW_MISFIT = 0.25
# A face smaller than this fraction of the picture's longer side must have this confidence, because
# a picture has many more places where one may be detected falsely. Without this, a face was found
# in 14 of 168 pictures that show none (28 pictures of Python packages, and variants of them); with
# it, in none. All but 2.5 % of PublicTest's turned faces reach this confidence.
_SMALL = 1 / 6
_SMALL_CONFIDENCE = 0.72
# Candidates of all rotations with at least this confidence are examined, at most eight of them.
FAINT = 0.07
_MOST_FAINT = 8
# Rotations are searched only if the picture itself has a candidate of at least this confidence,
# which a rotated face causes too: of 960 pictures with a PublicTest face of 60 to 400 px in eight
# rotations, none had less than 0.012.
_TRACE = 0.01
# Pictures without an upright face are searched in quarter rotations, and in the diagonal rotations
# only if these show a candidate. (Of 50 pictures in which a turned face can be found, each showed a
# candidate of 0.08 or more in a quarter rotation; of 19 without a face, 14 did not.) The diagonal
# rotations are searched at this longer side, px. If that is much smaller than the usual scale, the
# quarter rotations are searched at it too, for faces that are too large for the net.
_QUARTERS, _DIAGONALS = _ANGLES[2::2], _ANGLES[1::2]
_OVERVIEW = 256
_COARSER = 0.6


def is_upright(face: Face) -> bool:
    """Return whether the landmarks prove that a face is neither sideways nor upside down."""
    if face.landmarks is None:
        return True
    seen = orientation(face.landmarks)
    return abs(seen.roll) < 45 and seen.misfit <= CREDIBLE_MISFIT


def _misfit(face: Face) -> float:
    return 0.0 if face.landmarks is None else orientation(face.landmarks).misfit


def _is_clear(face: Face) -> bool:
    """Return whether the landmarks of a face fit well enough to determine its rotation."""
    return face.landmarks is None or orientation(face.landmarks).misfit <= CREDIBLE_MISFIT


def is_doubtful(face: Face) -> bool:
    """Return whether a face may be rotated differently from what its landmarks suggest."""
    if face.landmarks is None:
        return False
    roll, _, _, misfit = orientation(face.landmarks)
    size = max(face.box.width, face.box.height)
    usual = max((least for side, least in _USUAL_CONFIDENCE if size >= side), default=0.0)
    is_faint = face.detection_confidence < usual
    return abs(roll) >= TURNED or misfit > _DOUBTFUL_MISFIT or is_faint


def examine(
    net: FaceNet, image: NDArray[np.uint8], faces: Sequence[Face], threshold: float
) -> list[Face]:
    """Return each face in the rotation in which the net detects it most confidently.

    A face that is found in no rotation, or with less confidence than before, is unchanged.

    Args:
        net: the net to run.
        image: uint8 [H, W, 3].
        faces: N faces, px of `image`.
        threshold: the lowest confidence, 0..1.
    """
    found = []
    for face in faces:
        seen = _in_any_turn(net, image, face.box, max(threshold, _needed(face)))
        again = seen if seen is not None else face
        found.append(settled(net, image, again, threshold) if _is_turned(again) else again)
    return found


def _needed(face: Face) -> float:
    """Return the confidence that a doubtful face needs to be accepted in a rotation."""
    looks_upright = face.landmarks is not None and not _is_turned(face)
    if (
        looks_upright
        and _misfit(face) <= _DOUBTFUL_MISFIT
        and face.detection_confidence >= _USUAL_CONFIDENCE[0][1]
    ):
        return face.detection_confidence + _MORE
    return face.detection_confidence - _LESS


def _in_any_turn(net: FaceNet, image: NDArray[np.uint8], box: Box, threshold: float) -> Face | None:
    turns = [ExpectedFace(box, angle) for angle in _ANGLES]
    candidates, indices = infer_near(net, image, turns, threshold, side=WIDEST_CELL)
    pairs = zip(candidates.to_faces(), indices.tolist(), strict=True)
    credible = (face for face, index in pairs if _appears_upright(face, turns[index].roll))
    return next(credible, None)


def _is_turned(face: Face) -> bool:
    if face.landmarks is None:
        return False
    roll, _, _, misfit = orientation(face.landmarks)
    return abs(roll) >= TURNED and misfit <= CREDIBLE_MISFIT


def settled(net: FaceNet, image: NDArray[np.uint8], face: Face, threshold: float) -> Face:
    """Return the face detected after rotating `face` upright; `face` itself if none is detected."""
    if face.landmarks is None:
        return face
    roll = orientation(face.landmarks).roll
    candidates, _ = infer_near(
        net, image, [ExpectedFace(face.box, roll)], threshold, side=WIDEST_CELL
    )
    credible = (again for again in candidates.to_faces() if _appears_upright(again, roll))
    return next(credible, face)


def search_turned(
    net: FaceNet, image: NDArray[np.uint8], scale: float, threshold: float
) -> list[Face]:
    """Return the faces of a whole picture that are found after rotating it.

    Args:
        net: the net to run.
        image: uint8 [H, W, 3].
        scale: the scale at which the picture is searched, 0..1; 1 is its full size.
        threshold: the lowest confidence, 0..1.
    """
    upright = _infer_turned(net, image, scale, 0.0, _TRACE)
    if not len(upright.confidence):
        return []
    passes = [upright.select(upright.confidence >= FAINT)]
    passes += [_infer_turned(net, image, scale, angle) for angle in _QUARTERS]
    overview = _OVERVIEW / max(image.shape[:2])
    if overview < _COARSER * scale:
        passes += [_infer_turned(net, image, overview, angle) for angle in (0.0, *_QUARTERS)]
    if not any(len(seen.confidence) for seen in passes):
        return []
    passes += [_infer_turned(net, image, min(scale, overview), angle) for angle in _DIAGONALS]
    candidates = Candidates(*(np.concatenate(parts) for parts in zip(*passes, strict=True)))
    faces: list[Face] = []
    faint: list[Face] = []
    for face in candidates.suppressed().to_faces():
        if face.detection_confidence >= threshold and _is_clear(face):
            faces.append(settled(net, image, face, threshold))
        else:
            faint.append(face)
    places = [face.box for face in _apart_from(faces, faint)[:_MOST_FAINT]]
    examined = (_in_any_turn(net, image, place, threshold) for place in places)
    faces += [settled(net, image, face, threshold) for face in examined if face is not None]
    return one_each([face for face in faces if _is_new(face, max(image.shape[:2]))])


def _is_new(face: Face, side: int) -> bool:
    """Return whether a face that was found only in a rotated picture is credible."""
    if max(face.box.width, face.box.height) < _SMALL * side:
        return face.detection_confidence >= _SMALL_CONFIDENCE
    return face.detection_confidence >= _NEW_CONFIDENCE or _misfit(face) <= _NEW_MISFIT


def one_each(faces: list[Face]) -> list[Face]:
    """Return the faces without those that overlap a more confident face."""
    boxes = np.array([face.box for face in faces], np.float32).reshape(-1, 4)
    confidence = np.array([face.detection_confidence for face in faces])
    return [faces[index] for index in nms(boxes, confidence, threshold=SAME_FACE)]


def _apart_from(known: list[Face], faces: list[Face]) -> list[Face]:
    """Return the faces that do not overlap a known face."""
    return [face for face in faces if all(face.box.iou(one.box) <= SAME_FACE for one in known)]


def _infer_turned(
    net: FaceNet,
    image: NDArray[np.uint8],
    scale: float,
    angle: float,
    threshold: float = FAINT,
) -> Candidates:
    """Rotate a picture back by `angle`, and return its candidates in px of the original picture."""
    scaled = scaled_down(image, scale)
    if angle % 90:
        turned = Image.fromarray(scaled).rotate(angle, Image.Resampling.BILINEAR, expand=True)
        upright = np.asarray(turned)
    else:
        upright = np.ascontiguousarray(np.rot90(scaled, round(angle / 90)))
    boxes, landmarks, confidence = net.infer(upright, threshold)
    middle, center = (np.array(each.shape[1::-1]) / 2 for each in (upright, scaled))
    zoom = np.divide(image.shape[1::-1], scaled.shape[1::-1])
    points = (rotated(landmarks - middle, angle) + center) * zoom
    centers = (rotated(boxes.mean(axis=1) - middle, angle) + center) * zoom
    sizes = (boxes[:, 1] - boxes[:, 0]) * zoom.mean()
    around = [
        bounding_box((x, y), width, height, angle)
        for (x, y), (width, height) in zip(centers.tolist(), sizes.tolist(), strict=True)
    ]
    edges = np.array(around, dtype=np.float32).reshape(-1, 2, 2)
    return Candidates(edges, points.astype(np.float32), confidence)


def _appears_upright(face: Face, roll: float) -> bool:
    """Return whether a face found in a square rotated by `roll` degrees is upright there."""
    if face.landmarks is None:
        return False
    seen = orientation(face.landmarks)
    residual = (seen.roll - roll + 180) % 360 - 180
    return abs(residual) <= _RESIDUAL and seen.misfit <= CREDIBLE_MISFIT
