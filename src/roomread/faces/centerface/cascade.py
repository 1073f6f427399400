"""CenterFace, which searches a whole picture from coarse to fine."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from roomread.faces.centerface.decode import Candidates
from roomread.faces.centerface.mosaic import AROUND, CELL, DRIFT, ExpectedFace, infer_near
from roomread.faces.centerface.net import CenterFaceNet, FaceNet
from roomread.faces.centerface.scaling import scaled_down
from roomread.faces.centerface.turned import (
    examine,
    is_doubtful,
    is_upright,
    one_each,
    search_turned,
)
from roomread.faces.detector import SAME_FACE, check_picture, largest_first
from roomread.faces.orientation import CREDIBLE_MISFIT, TURNED, orientation
from roomread.geometry import nms
from roomread.readings import Box, Face
from roomread.runtime import Device

# Smallest height at which the net finds nearly every face, px. It determines the scale of pictures.
NET_FACE = 24.0
# Smallest face to find in a large photo, as a fraction of the photo's longer side: the front row of
# a full class, seen from the back of the room.
FINEST = 1 / 80
# Default thresholds. At full size 0.5 misses four faces of 771, and 0.35 finds all of them with
# five false boxes. In pictures that are scaled down, small faces get lower scores, so the threshold
# is lower.
FULL_SIZE_THRESHOLD = 0.45
SCALED_THRESHOLD = 0.4
# The first pass runs at a size in which the smallest wanted face is 16 px high. It finds faces of
# 28 px reliably; smaller or less certain candidates, from a confidence of 0.1 on, are searched
# again at full size. That takes half the time of one pass at full size and finds as many faces
# (benchmarks/looks.py).
FIRST_FACE = 16.0
CLEAR_FACE = 28.0
HINT = 0.1
# The net finds faces of up to 300 px well, but larger faces only in part or twice. If a candidate
# is larger than `CLOSE_UP` px in the scaled picture, or if there is none, a second pass with a
# longer side of 320 px finds the faces of at least 64 px there. Candidates that lie mostly inside
# one of these faces are parts of it and are dropped.
CLOSE_UP = 280.0
OVERVIEW = 320
CLOSE_UP_LEAST = 64.0
PART = 0.5


class CenterFace:
    """The default face detector, which detects faces as points with five landmarks each.

    Xu, Yan, Sun, Yang, Luo 2019, "CenterFace: Joint Face Detection and Alignment Using Face as
    Point", arXiv:1911.03599. The weights (MIT) were trained on WIDER FACE, whose pictures are
    licensed for research.

    The run time is proportional to the picture's area, so a picture is scaled down until the
    smallest wanted face is 24 px high; it is never scaled up. The first pass runs at two thirds of
    that scale, the second pass only at places that may show smaller faces (coarse to fine, as in
    Najibi, Singh, Davis 2019, "AutoFocus: Efficient Multi-Scale Inference", arXiv:1812.01600).

    Args:
        min_face: the longer side of the smallest face to find, px; smaller faces are left out.
            None: the larger of 24 px and an 80th of the picture's longer side sets the scale, and
            smaller faces that are still found are kept.
        threshold: the lowest confidence of a box that is kept, 0..1. None: 0.45 at full size and
            0.4 in pictures that are scaled down.
        thorough: search the whole picture in one pass, with the smallest wanted face 24 px high.
            This takes twice the time and finds more faces below the smallest size.
        threads: the number of threads for one picture; None for one per processor, at most four.
        device: the device on which the net runs.
        net: the net to use, such as one in another process; `threads` and `device` then have no
            effect. None to load the net in this process.

    Raises:
        ValueError: An argument is outside of its range.
        ModelFileError: The weights are not in the package.
        DeviceError: The device cannot be used.
    """

    def __init__(
        self,
        *,
        min_face: float | None = None,
        threshold: float | None = None,
        thorough: bool = False,
        threads: int | None = None,
        device: Device = Device.CPU,
        net: FaceNet | None = None,
    ) -> None:
        if min_face is not None and not min_face > 0:
            raise ValueError(f"min_face must be a size over 0 px, not {min_face}")
        if threshold is not None and not 0 < threshold < 1:
            raise ValueError(f"threshold must be a confidence between 0 and 1, not {threshold}")
        if threads is not None and threads < 1:
            raise ValueError(f"threads must be at least 1, not {threads}")
        self._min_face = min_face
        self._threshold = threshold
        self._thorough = thorough
        self._net = net if net is not None else CenterFaceNet(threads=threads, device=device)

    def detect(self, image: NDArray[np.uint8]) -> list[Face]:
        """Return the faces of a picture, largest first.

        Faces in any rotation are found. The net itself finds upright faces only. Doubtful faces are
        examined in eight rotations. A picture without an upright face is searched in four
        rotations, unless it is blank, and in eight if one of the four shows a possible face. The
        search in rotations takes several times as long. Pictures of upright faces take no extra
        time.

        Args:
            image: uint8 [H, W, 3], RGB, of any size from 1 x 1.

        Returns:
            Faces with boxes from forehead to chin and landmarks, px of `image`.

        Raises:
            MediaError: `image` is not such an array.
        """
        faces = self.detect_upright(image)
        doubtful = [face for face in faces if is_doubtful(face)]
        if faces and not doubtful:
            return faces
        threshold = self._threshold or FULL_SIZE_THRESHOLD
        examined = examine(self._net, image, doubtful, threshold)
        clear = one_each([face for face in faces if face not in doubtful] + examined)
        if not any(is_upright(face) for face in clear):
            scale = self._scale(image, FIRST_FACE)
            clear = one_each(clear + search_turned(self._net, image, scale, threshold))
        return largest_first(face for face in clear if self._is_large_enough(face))

    def detect_upright(self, image: NDArray[np.uint8]) -> list[Face]:
        """Return the faces that are upright or tilted by less than about 45 degrees.

        It is as fast as `detect` if the picture shows such faces, and four times as fast if not.

        Raises:
            MediaError: `image` is not uint8 [H, W, 3].
        """
        check_picture(image)
        first, full = (self._scale(image, face) for face in (FIRST_FACE, NET_FACE))
        if self._thorough or first == full:
            return self._detect_at(image, full)
        threshold = self._threshold_at(first)
        candidates = self._infer(image, first, min(HINT, threshold))
        clear = candidates.sizes * first >= CLEAR_FACE
        found = candidates.select(clear & (candidates.confidence >= threshold)).suppressed()
        unclear = _unclear_places(candidates, found)
        if len(unclear) * CELL**2 > image.shape[0] * image.shape[1] * full**2:
            return self._detect_at(image, full)
        if unclear:
            small, _ = infer_near(self._net, image, unclear, self._threshold or FULL_SIZE_THRESHOLD)
            found = Candidates(*(np.concatenate(both) for both in zip(found, small, strict=True)))
        return self._faces(found)

    def detect_coarse(self, image: NDArray[np.uint8]) -> list[Face]:
        """Return the faces found by one pass at half the size, in half the time of `detect`.

        It finds the same faces of 32 px or more as `detect`, and 93 % of the faces of 20 to 32 px
        (measured on photographs with 527 faces).

        Raises:
            MediaError: `image` is not uint8 [H, W, 3].
        """
        check_picture(image)
        return self._detect_at(image, self._scale(image, NET_FACE) / 2)

    def detect_near(self, image: NDArray[np.uint8], expected: Sequence[Face]) -> list[Face | None]:
        """Return the face near each expected face, much faster than `detect`.

        Args:
            image: uint8 [H, W, 3], RGB.
            expected: N faces of an earlier frame, px of `image`. A turned face is searched for in
                its rotation.

        Returns:
            N faces in the order of `expected`; None for a face that is not found. A face near two
            expected faces is returned only for the first of them.

        Raises:
            MediaError: `image` is not such an array.
        """
        check_picture(image)
        if not expected:
            return []
        threshold = self._threshold or SCALED_THRESHOLD
        places = [_place(face) for face in expected]
        candidates, indices = infer_near(self._net, image, places, threshold)
        found: list[Face | None] = [None] * len(expected)
        for face, index in zip(candidates.to_faces(), indices.tolist(), strict=True):
            # The most confident face of a square comes first; others in the same square are
            # neighbours.
            found[index] = found[index] or face
        return _without_repeats(
            [face if face is not None and self._is_large_enough(face) else None for face in found]
        )

    def single_threaded(self) -> CenterFace:
        """Return a detector that finds the same faces with one thread for a picture.

        The first call loads a net for this detector. A net in another process is shared instead.
        """
        net = self._net
        return CenterFace(
            min_face=self._min_face,
            threshold=self._threshold,
            thorough=self._thorough,
            net=net.single_threaded if isinstance(net, CenterFaceNet) else net,
        )

    def _detect_at(self, image: NDArray[np.uint8], scale: float) -> list[Face]:
        """Return the faces of a picture by one pass at a scale."""
        return self._faces(self._infer(image, scale, self._threshold_at(scale)))

    def _infer(self, image: NDArray[np.uint8], scale: float, threshold: float) -> Candidates:
        """Run a pass at one scale and, if needed, one for close-ups, and return the candidates."""
        candidates = self._infer_at(image, scale, threshold)
        overview = OVERVIEW / max(image.shape[:2])
        if overview >= scale or not _may_be_close_up(candidates, scale):
            return candidates
        threshold = max(threshold, self._threshold_at(overview))
        close = self._infer_at(image, overview, threshold)
        close = close.select(close.sizes * overview >= CLOSE_UP_LEAST).suppressed()
        return _with_close_ups(candidates, close)

    def _infer_at(self, image: NDArray[np.uint8], scale: float, threshold: float) -> Candidates:
        """Return the candidates of a scaled picture, in px of the picture itself."""
        scaled = scaled_down(image, scale)
        boxes, landmarks, confidence = self._net.infer(scaled, threshold)
        zoom = np.divide(image.shape[1::-1], scaled.shape[1::-1], dtype=np.float32)
        return Candidates(boxes * zoom, landmarks * zoom, confidence)

    def _scale(self, image: NDArray[np.uint8], face: float) -> float:
        """Return the scale at which the smallest face to find is `face` px high."""
        smallest = self._min_face or max(NET_FACE, FINEST * max(image.shape[:2]))
        return min(1.0, face / smallest)

    def _threshold_at(self, scale: float) -> float:
        """Return the lowest confidence of a box that is kept at this scale."""
        return self._threshold or (FULL_SIZE_THRESHOLD if scale >= 1 else SCALED_THRESHOLD)

    def _faces(self, candidates: Candidates) -> list[Face]:
        faces = candidates.suppressed().to_faces()
        return largest_first(face for face in faces if self._is_large_enough(face))

    def _is_large_enough(self, face: Face) -> bool:
        return self._min_face is None or max(face.box.width, face.box.height) >= self._min_face


def _may_be_close_up(candidates: Candidates, scale: float) -> bool:
    """Return whether the picture may show a face that is too large for a pass at this scale.

    Such a pass finds no face, or only parts of the large face.
    """
    return not len(candidates.sizes) or float(candidates.sizes.max()) * scale >= CLOSE_UP


def _with_close_ups(candidates: Candidates, close: Candidates) -> Candidates:
    """Return the close-ups, and the candidates that are not mostly inside a close-up.

    Args:
        candidates: The candidates of a pass at the usual scale.
        close: The large faces that a pass at a smaller scale found (close-ups).
    """
    inside = np.zeros(len(candidates.boxes), dtype=bool)
    for box in close.boxes:
        low = np.maximum(candidates.boxes[:, 0], box[0])
        high = np.minimum(candidates.boxes[:, 1], box[1])
        common = np.prod(np.maximum(high - low, 0), axis=1)
        sizes = candidates.boxes[:, 1] - candidates.boxes[:, 0]
        inside |= common > PART * np.prod(sizes, axis=1)
    kept = candidates.select(~inside)
    return Candidates(*(np.concatenate(both) for both in zip(kept, close, strict=True)))


def _without_repeats(found: list[Face | None]) -> list[Face | None]:
    """Return the faces, with None in place of each face that repeats an earlier face."""
    faces = [(index, face) for index, face in enumerate(found) if face is not None]
    boxes = np.array([face.box for _, face in faces], np.float32).reshape(-1, 4)
    order = -np.arange(len(faces), dtype=np.float32)
    kept = {faces[which][0] for which in nms(boxes, order, threshold=SAME_FACE)}
    return [face if index in kept else None for index, face in enumerate(found)]


def _place(face: Face) -> ExpectedFace:
    """Return where to search for a known face, with its roll if the face is certainly rotated."""
    if face.landmarks is None:
        return ExpectedFace(face.box)
    roll, _, _, misfit = orientation(face.landmarks)
    return ExpectedFace(
        face.box, roll if abs(roll) >= TURNED and misfit <= CREDIBLE_MISFIT else 0.0
    )


def _unclear_places(candidates: Candidates, found: Candidates) -> list[ExpectedFace]:
    """Return the places to search in a second pass; they cover all unconfirmed candidates.

    Args:
        candidates: the candidates of the first pass.
        found: the faces among them that need no second pass.
    """
    centers = candidates.boxes.mean(axis=1)
    low, high = found.boxes[:, 0], found.boxes[:, 1]
    inside = (centers[:, np.newaxis] > low) & (centers[:, np.newaxis] < high)
    candidates = candidates.select(~inside.all(axis=-1).any(axis=1))
    centers = candidates.boxes.mean(axis=1, keepdims=True)
    reach = DRIFT * np.maximum(AROUND * candidates.sizes, CELL)[:, np.newaxis, np.newaxis]
    middles = centers + reach * np.array([[-1], [1]], dtype=np.float32)
    kept = nms(middles.reshape(-1, 4), candidates.confidence, threshold=SAME_FACE)
    return [ExpectedFace(Box(*candidates.edges[index].tolist())) for index in kept]
