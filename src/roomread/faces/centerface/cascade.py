"""Search a whole picture from coarse to fine."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter
from numpy.typing import NDArray

from roomread.faces.centerface.decode import Candidates
from roomread.faces.centerface.mosaic import AROUND, CELL, DRIFT, infer_near
from roomread.faces.centerface.net import CenterFaceNet, FaceNet
from roomread.faces.detector import SAME_FACE, check_picture, largest_first
from roomread.forksafe import ForkSafe
from roomread.geometry import nms
from roomread.readings import Box, Face
from roomread.runtime import Device

# The net finds nearly every face down to this height, px; pictures are scaled by it.
NET_FACE = 24.0
# Smallest wanted face of a large photo over its longer side: a full class from the back of a room.
FINEST = 1 / 80
# At full size a threshold of 0.5 misses four faces of 771, and 0.35 finds all with five false
# boxes. In scaled pictures the scores of small faces fall sooner than false ones rise.
FULL_SIZE_THRESHOLD = 0.45
SCALED_THRESHOLD = 0.4
# The first pass runs at a size in which the smallest wanted face is 16 px high. It finds faces of
# 28 px reliably; smaller or less certain candidates, from a confidence of 0.1 on, are searched
# again at full size. That takes half the time of one pass at full size and finds as many faces
# (benchmarks/looks.py).
FIRST_FACE = 16.0
CLEAR_FACE = 28.0
HINT = 0.1


class CenterFace:
    """Detect faces as points, with five landmarks each.

    Xu, Yan, Sun, Yang, Luo 2019, "CenterFace: Joint Face Detection and Alignment Using Face as
    Point", arXiv:1911.03599. The weights (MIT) were trained on WIDER FACE, whose pictures are
    for research.

    The time is proportional to the picture's area, so a picture is scaled down until the smallest
    wanted face is 24 px high; it is never scaled up. The first pass runs at two thirds of that
    size, the second only where smaller faces may be (coarse to fine, as in Najibi, Singh, Davis
    2019, "AutoFocus: Efficient Multi-Scale Inference", arXiv:1812.01600).

    Args:
        min_face: the smallest wanted face, px (the box's longer side); smaller ones are left out.
            None: the larger of 24 px and an 80th of the picture's longer side sets the scale, and
            smaller faces that are still found are kept.
        threshold: the confidence from which a box counts, 0..1. None: 0.45 at full size and 0.4
            in pictures that are scaled down.
        thorough: run one pass over the whole picture at full size: twice the time. It finds more of
            the faces that are smaller than the smallest wanted one.
        threads: the number of threads for one picture; None for one per processor, at most four.
        device: the device that computes.
        net: a net outside of this process; `threads` and `device` are ignored then.

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
            raise ValueError(f"min_face is a size in px, more than 0, not {min_face}")
        if threshold is not None and not 0 < threshold < 1:
            raise ValueError(f"threshold is a confidence between 0 and 1, not {threshold}")
        if threads is not None and threads < 1:
            raise ValueError(f"threads is 1 or more, not {threads}")
        self._min_face = min_face
        self._threshold = threshold
        self._thorough = thorough
        self._net = net if net is not None else CenterFaceNet(threads=threads, device=device)

    def detect(self, image: NDArray[np.uint8]) -> list[Face]:
        """Return the faces of a picture, largest first.

        Args:
            image: uint8 [H, W, 3], RGB, upright, of any size from 1 x 1.

        Returns:
            Faces with boxes from forehead to chin and landmarks, px of `image`.

        Raises:
            MediaError: `image` is not such an array.
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
        """Return the faces that one pass at half the size finds, in half the time of `detect`.

        It finds the same faces of 32 px and more, and 93 % of those of 20 to 32 px (photographs
        with 527 faces).

        Raises:
            MediaError: `image` is not uint8 [H, W, 3].
        """
        check_picture(image)
        return self._detect_at(image, self._scale(image, NET_FACE) / 2)

    def detect_near(self, image: NDArray[np.uint8], expected: Sequence[Box]) -> list[Face | None]:
        """Return the face near each of some boxes; much faster than `detect`.

        Args:
            image: uint8 [H, W, 3], RGB, upright.
            expected: N boxes in px of `image` that faces had a moment ago.

        Returns:
            N faces in the order of `expected`, None where there is none. A face near two boxes
            belongs to the first.

        Raises:
            MediaError: `image` is not such an array.
        """
        check_picture(image)
        if not expected:
            return []
        threshold = self._threshold or SCALED_THRESHOLD
        candidates, indices = infer_near(self._net, image, expected, threshold)
        found: list[Face | None] = [None] * len(expected)
        for face, index in zip(candidates.to_faces(), indices.tolist(), strict=True):
            # Highest confidence first: a later face of the same square is a neighbour.
            found[index] = found[index] or face
        return _without_repeats(
            [face if face is not None and self._is_large_enough(face) else None for face in found]
        )

    def _detect_at(self, image: NDArray[np.uint8], scale: float) -> list[Face]:
        """Return the faces of a picture by one pass at a scale."""
        return self._faces(self._infer(image, scale, self._threshold_at(scale)))

    def _infer(self, image: NDArray[np.uint8], scale: float, threshold: float) -> Candidates:
        """Return the candidates of a scaled picture, in px of the picture itself."""
        scaled = _scaled(image, scale)
        boxes, landmarks, confidence = self._net.infer(scaled, threshold)
        zoom = np.divide(image.shape[1::-1], scaled.shape[1::-1], dtype=np.float32)
        return Candidates(boxes * zoom, landmarks * zoom, confidence)

    def _scale(self, image: NDArray[np.uint8], face: float) -> float:
        """Return the scale that brings the smallest wanted face to a height of `face` px."""
        smallest = self._min_face or max(NET_FACE, FINEST * max(image.shape[:2]))
        return min(1.0, face / smallest)

    def _threshold_at(self, scale: float) -> float:
        """Return the confidence from which a box counts in a picture of this scale."""
        return self._threshold or (FULL_SIZE_THRESHOLD if scale >= 1 else SCALED_THRESHOLD)

    def _faces(self, candidates: Candidates) -> list[Face]:
        faces = candidates.suppressed().to_faces()
        return largest_first(face for face in faces if self._is_large_enough(face))

    def _is_large_enough(self, face: Face) -> bool:
        return self._min_face is None or max(face.box.width, face.box.height) >= self._min_face


def _without_repeats(found: list[Face | None]) -> list[Face | None]:
    """Replace faces by None that an earlier square shows too."""
    faces = [(index, face) for index, face in enumerate(found) if face is not None]
    boxes = np.array([face.box for _, face in faces], np.float32).reshape(-1, 4)
    order = -np.arange(len(faces), dtype=np.float32)
    kept = {faces[which][0] for which in nms(boxes, order, threshold=SAME_FACE)}
    return [face if index in kept else None for index, face in enumerate(found)]


def _unclear_places(candidates: Candidates, found: Candidates) -> list[Box]:
    """Return where to search again, so that the squares show all candidates outside of faces.

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
    return [Box(*candidates.edges[index].tolist()) for index in kept]


class _Scaler(threading.local):
    """FFmpeg's scaler: nearly the same picture as Pillow's area filter in a third of the time.

    It keeps tables from one picture to the next, so each thread needs its own.
    """

    def __init__(self) -> None:
        # It has threads of its own.
        self.reformatter = ForkSafe(VideoReformatter)


_SCALER = _Scaler()


def _scaled(image: NDArray[np.uint8], scale: float) -> NDArray[np.uint8]:
    """Return the picture itself at full size, else a smaller one without aliasing."""
    if scale >= 1:
        return image
    height, width = image.shape[:2]
    size = max(1, round(width * scale)), max(1, round(height * scale))
    frame = VideoFrame.from_numpy_buffer(np.ascontiguousarray(image), format="rgb24")
    reformat = _SCALER.reformatter.get().reformat
    small = reformat(frame, *size, format="rgb24", interpolation=Interpolation.AREA)
    return np.asarray(small.to_ndarray(), dtype=np.uint8)
