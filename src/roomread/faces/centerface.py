"""The default face detector: CenterFace."""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from importlib.resources import files
from typing import Literal, NamedTuple, Protocol

import numpy as np
import onnxruntime
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter
from numpy.typing import NDArray
from PIL import Image

from roomread.errors import ModelFileError
from roomread.faces.detector import SAME_FACE, check_picture, largest_first
from roomread.readings import Box, Face
from roomread.runtime import Device, default_threads, open_session

# The height, px, down to which the net finds nearly every face; a face may be scaled to this size.
NET_FACE = 24.0
# Smallest wanted face of a large photo over its longer side: a full class from the back of a room.
FINEST = 1 / 80
# At full size 0.5 misses four faces of 771 and 0.35 finds all, with five false boxes. In scaled
# pictures the scores of small faces fall sooner than false ones rise.
FULL_SIZE_THRESHOLD = 0.45
SCALED_THRESHOLD = 0.4
# A picture is first looked at so small that the smallest wanted face is 16 px high. Faces of 28 px
# are seen well there; what is smaller or unsure, from this confidence on, is looked at again at
# full size. That takes half the time of all of it at full size, and as much is found
# (benchmarks/looks.py).
FIRST_FACE = 16.0
CLEAR_FACE = 28.0
HINT = 0.1
# The net halves the picture five times, and answers once for every 4 x 4 px.
MULTIPLE = 32
STRIDE = 4
# The net's weights and layers are of 32 bits, or of 8.
Precision = Literal["fp32", "int8"]
# The first layers hold 96 bytes of every px in 32 bits, the others far less: they are run on strips
# of the picture of about so many px, which fit into 28 MB, where 1920 x 1088 take 200 MB. Strips
# see so many rows of their neighbours as these layers look beyond a row (13), in eights. It costs
# about 5 % of the time: what the two parts hand over is copied. In 8 bits they are twice as large.
STRIP = {"fp32": 2**18, "int8": 2**19}
BORDER = 16
# What the two parts of the net hand over: what is left of 4 x 4 px and of 8 x 8.
BETWEEN = ("quarter", "eighth")
# A face is looked for again in a square twice its size, brought to 64 px: a seventh of the time of
# a whole 720p picture with 25 faces. On calls of 25 and 49 the boxes are 6 % lower than those of a
# whole search, all labels the same, and the scores differ by 0.012 in total variation; moving the
# whole picture by one px changes them by 0.010.
# A few faces have larger squares, up to 128 px, as long as all of them stay as wide as 256 px.
CELL = 64
WIDEST_CELL = 128
MOSAIC = 256
AROUND = 2.0
# From the middle of its square, in parts of the square, a face may have moved; beyond it would be
# cut by the edge.
DRIFT = 0.3


class Points(NamedTuple):
    """K places of a picture that may be faces, several of them one.

    Attributes:
        boxes: float32 [K, 2, 2], left top and right bottom, px.
        landmarks: float32 [K, 5, 2], x and y, px.
        confidence: float32 [K], 0..1.
    """

    boxes: NDArray[np.float32]
    landmarks: NDArray[np.float32]
    confidence: NDArray[np.float32]

    def only(self, which: NDArray[np.bool_] | NDArray[np.intp] | list[int]) -> Points:
        """Some of them."""
        return Points(self.boxes[which], self.landmarks[which], self.confidence[which])

    def surest(self) -> Points:
        """One for each face, the surest first."""
        return self.only(nms(self.boxes, self.confidence))

    def faces(self) -> list[Face]:
        """All of them as faces."""
        return [
            Face(Box(*box.ravel().tolist()), landmarks, float(confidence))
            for box, landmarks, confidence in zip(*self, strict=True)
        ]


class FaceNet(Protocol):
    """What computes CenterFace's points, here or elsewhere; called from several threads at once."""

    def points(self, picture: NDArray[np.uint8], threshold: float) -> Points:
        """Where a picture uint8 [H, W, 3] has a confidence of at least `threshold`, 0..1."""


class CenterFaceNet:
    """CenterFace's net in this process.

    Args:
        threads: for one picture; None for as many as there are processors, up to four.
        device: what computes.
        precision: None for 8 bits on the processor and 32 elsewhere. 8 bits take half the time, and
            find the same faces (benchmarks/looks.py).

    Raises:
        ModelFileError: the weights are not in the package.
        DeviceError: the device cannot be used.
    """

    def __init__(
        self,
        *,
        threads: int | None = None,
        device: Device = Device.CPU,
        precision: Precision | None = None,
    ) -> None:
        threads = threads or default_threads()
        precision = precision or ("int8" if device is Device.CPU else "fp32")
        self._shallow = _session(f"centerface-shallow-{precision}.onnx", threads, device)
        self._deep = _session(f"centerface-deep-{precision}.onnx", threads, device)
        self._strip = STRIP[precision]
        self._dtype = np.dtype(np.uint8 if precision == "int8" else np.float32)

    def points(self, picture: NDArray[np.uint8], threshold: float) -> Points:
        """See `FaceNet`."""
        maps = self._deep.run(
            ["heatmap", "scale", "offset", "landmarks"], self._features(padded(picture))
        )
        return decode([m[0] for m in maps], threshold)

    def _features(self, picture: NDArray[np.uint8]) -> dict[str, NDArray[np.uint8 | np.float32]]:
        """What the first layers make of a picture uint8 [H, W, 3], by the deep part's names."""
        height, width = picture.shape[:2]
        rows = max(self._strip // width // MULTIPLE, 2) * MULTIPLE
        if rows >= height:
            whole = self._shallow.run(BETWEEN, {"image": picture[np.newaxis]})
            return dict(zip(BETWEEN, whole, strict=True))
        quarter = np.empty((1, 24, height // 4, width // 4), dtype=self._dtype)
        eighth = np.empty((1, 32, height // 8, width // 8), dtype=self._dtype)
        for top in range(0, height, rows):
            bottom = min(top + rows, height)
            first, last = max(top - BORDER, 0), min(bottom + BORDER, height)
            strip = {"image": picture[np.newaxis, first:last]}
            parts = self._shallow.run(BETWEEN, strip)
            for whole, side, part in zip((quarter, eighth), (4, 8), parts, strict=True):
                inner = part[:, :, (top - first) // side : (bottom - first) // side]
                whole[:, :, top // side : bottom // side] = inner
        return dict(zip(BETWEEN, (quarter, eighth), strict=True))


class CenterFace:
    """Finds faces as points, with five landmarks each.

    Xu, Yan, Sun, Yang, Luo 2019, "CenterFace: Joint Face Detection and Alignment Using Face as
    Point", arXiv:1911.03599. The weights (MIT) were trained on WIDER FACE, whose pictures are
    for research.

    Time goes with the picture's area, so a picture is scaled down until the smallest wanted face
    is 24 px high; it is never scaled up. It is first looked at in two thirds of that size, and then
    again where smaller faces may be (coarse to fine, as in Najibi, Singh, Davis 2019, "AutoFocus:
    Efficient Multi-Scale Inference", arXiv:1812.01600).

    Args:
        min_face: the smallest wanted face, px (the box's longer side); smaller ones are left out.
            None: the larger of 24 px and an 80th of the picture's longer side sets the scale, and
            smaller faces that are still found are kept.
        threshold: the confidence from which a box counts, 0..1. None: 0.45 at full size and 0.4
            in pictures that are scaled down.
        thorough: look once, at the whole picture in that size: twice the time. It finds more of the
            faces that are smaller than the smallest wanted one.
        threads: for one picture; None for as many as there are processors, up to four.
        device: what computes.
        net: what computes instead, where it is not in this process; `threads` and `device` are its
            own then.

    Raises:
        ValueError: an argument is outside of its range.
        ModelFileError: the weights are not in the package.
        DeviceError: the device cannot be used.
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
        """Faces of a picture, largest first; an empty list when there is none.

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
            return self._search(image, full)
        sure = self._sure(first)
        points = self._look(image, first, min(HINT, sure))
        clear = _sizes(points.boxes) * first >= CLEAR_FACE
        seen = points.only(clear & (points.confidence >= sure)).surest()
        hints = _hints(points, seen)
        if len(hints) * CELL**2 > image.shape[0] * image.shape[1] * full**2:
            return self._search(image, full)
        if hints:
            again, _ = self._look_near(image, hints, self._threshold or FULL_SIZE_THRESHOLD)
            seen = Points(*(np.concatenate(both) for both in zip(seen, again, strict=True)))
        return self._wanted(seen)

    def detect_coarse(self, image: NDArray[np.uint8]) -> list[Face]:
        """One look at half the size: half the time of `detect`.

        It finds the same faces of 32 px and more, and 93 % of those of 20 to 32 px (photographs
        with 527 faces).
        """
        check_picture(image)
        return self._search(image, self._scale(image, NET_FACE) / 2)

    def detect_near(self, image: NDArray[np.uint8], expected: Sequence[Box]) -> list[Face | None]:
        """The face near each of some boxes, where one is; much faster than `detect`.

        The squares around them are laid side by side in one small picture.

        Args:
            image: uint8 [H, W, 3], RGB, upright.
            expected: N boxes in px of `image`, from where faces were a moment ago.

        Returns:
            N faces in the order of `expected`, None where there is none. What two squares show is
            the face of the first.

        Raises:
            MediaError: `image` is not such an array.
        """
        check_picture(image)
        if not expected:
            return []
        points, numbers = self._look_near(image, expected, self._threshold or SCALED_THRESHOLD)
        found: list[Face | None] = [None] * len(expected)
        for face, number in zip(points.faces(), numbers.tolist(), strict=True):
            # Surest first: what comes later in the same square is a neighbour.
            found[number] = found[number] or face
        return self._once(found)

    def _search(self, image: NDArray[np.uint8], scale: float) -> list[Face]:
        """The faces of a picture by one look."""
        return self._wanted(self._look(image, scale, self._sure(scale)))

    def _look(self, image: NDArray[np.uint8], scale: float, threshold: float) -> Points:
        """What is seen in a picture that is scaled down, in px of the picture itself."""
        scaled = _scaled(image, scale)
        boxes, landmarks, confidence = self._net.points(scaled, threshold)
        zoom = np.divide(image.shape[1::-1], scaled.shape[1::-1], dtype=np.float32)
        return Points(boxes * zoom, landmarks * zoom, confidence)

    def _look_near(
        self, image: NDArray[np.uint8], expected: Sequence[Box], threshold: float
    ) -> tuple[Points, NDArray[np.intp]]:
        """What is seen in the middle of the squares around N boxes, 1 or more, in px of `image`.

        Returns:
            One point for each face, the surest first, and the number of the box whose square shows
            it, int [K].
        """
        columns = math.ceil(math.sqrt(len(expected)))
        rows = math.ceil(len(expected) / columns)
        side = _cell(columns)
        mosaic = np.zeros((rows * side, columns * side, 3), dtype=np.uint8)
        squares = np.empty((len(expected), 2, 2), dtype=np.float32)
        for number, box in enumerate(expected):
            row, column = divmod(number, columns)
            cell = mosaic[row * side : (row + 1) * side, column * side : (column + 1) * side]
            squares[number] = np.reshape(_fill(cell, image, box), (2, 2))
        points = self._net.points(mosaic, threshold).surest()
        centers = points.boxes.mean(axis=1)
        places = np.floor(centers / side).astype(np.intp)
        numbers = places[:, 1] * columns + places[:, 0]
        # What lies further off is a neighbour, or cut by the square's edge.
        in_middle = np.abs(centers - places * side - side / 2).max(axis=1) <= DRIFT * side
        kept = in_middle & (numbers < len(expected))
        boxes, landmarks, confidence = points.only(kept)
        numbers = numbers[kept]
        corners = places[kept, np.newaxis].astype(np.float32) * side
        origins = squares[numbers, :1]
        zoom = (squares[numbers, 1:] - origins) / side
        boxes, landmarks = ((part - corners) * zoom + origins for part in (boxes, landmarks))
        return Points(boxes, landmarks, confidence), numbers

    def _once(self, found: list[Face | None]) -> list[Face | None]:
        """Leaves out what is too small, and what an earlier square shows too."""
        faces = [face for face in found if face is not None and self._is_wanted(face)]
        if not faces:
            return [None] * len(found)
        boxes = np.array(
            [[[f.box.left, f.box.top], [f.box.right, f.box.bottom]] for f in faces], np.float32
        )
        kept = {id(faces[one]) for one in nms(boxes, -np.arange(len(faces), dtype=np.float32))}
        return [face if id(face) in kept else None for face in found]

    def _scale(self, image: NDArray[np.uint8], face: float) -> float:
        """What brings the smallest wanted face to a height of `face` px."""
        smallest = self._min_face or max(NET_FACE, FINEST * max(image.shape[:2]))
        return min(1.0, face / smallest)

    def _sure(self, scale: float) -> float:
        """The confidence from which a box counts in a picture that is scaled so."""
        return self._threshold or (FULL_SIZE_THRESHOLD if scale >= 1 else SCALED_THRESHOLD)

    def _wanted(self, points: Points) -> list[Face]:
        return largest_first(face for face in points.surest().faces() if self._is_wanted(face))

    def _is_wanted(self, face: Face) -> bool:
        return self._min_face is None or max(face.box.width, face.box.height) >= self._min_face


def decode(maps: list[NDArray[np.float32]], threshold: float) -> Points:
    """Read the net's maps where the heatmap is high (section 3 of the paper).

    Args:
        maps: heatmap [1, R, C], scale (log height, log width) and offset (y, x) [2, R, C], and
            landmarks (five times y, x, in box sizes from the box's corner) [10, R, C]; float32.
        threshold: the lowest confidence, 0..1.

    Returns:
        Points in px of the net's picture.
    """
    heatmap, scale, offset, points = maps
    rows, columns = np.nonzero(heatmap[0] >= threshold)
    # Both as (x, y) [K, 2]; the net says y first.
    sizes = STRIDE * np.exp(scale[::-1, rows, columns].T)
    cells = np.stack([columns, rows], axis=1, dtype=np.float32) + np.float32(0.5)
    centers = STRIDE * (cells + offset[::-1, rows, columns].T)
    corners = centers - sizes / 2
    boxes = np.stack([corners, corners + sizes], axis=1)
    relative = points[:, rows, columns].T.reshape(-1, 5, 2)[..., ::-1]
    landmarks = corners[:, np.newaxis] + relative * sizes[:, np.newaxis]
    return Points(boxes, landmarks, heatmap[0, rows, columns])


def nms(boxes: NDArray[np.float32], confidence: NDArray[np.float32]) -> list[int]:
    """Indices of the boxes that are left when each face keeps only its surest one.

    Args:
        boxes: float32 [K, 2, 2], left top and right bottom, px.
        confidence: float32 [K].
    """
    areas = np.prod(boxes[:, 1] - boxes[:, 0], axis=1)
    waiting = np.argsort(-confidence, kind="stable")
    kept = []
    while waiting.size:
        best, waiting = waiting[0], waiting[1:]
        kept.append(int(best))
        low = np.maximum(boxes[best, 0], boxes[waiting, 0])
        high = np.minimum(boxes[best, 1], boxes[waiting, 1])
        common = np.prod(np.maximum(high - low, 0), axis=1)
        waiting = waiting[common <= SAME_FACE * (areas[best] + areas[waiting] - common)]
    return kept


def _sizes(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    """The longer sides of boxes [K, 2, 2], float32 [K]."""
    sizes: NDArray[np.float32] = (boxes[:, 1] - boxes[:, 0]).max(axis=1)
    return sizes


def _hints(points: Points, seen: Points) -> list[Box]:
    """Where to look again: boxes whose squares show, in their middle, all points outside of faces.

    Args:
        points: of which some may be faces.
        seen: one for each face that is seen already.
    """
    centers = points.boxes.mean(axis=1)
    low, high = seen.boxes[:, 0], seen.boxes[:, 1]
    inside = (centers[:, np.newaxis] > low) & (centers[:, np.newaxis] < high)
    points = points.only(~inside.all(axis=-1).any(axis=1))
    centers = points.boxes.mean(axis=1, keepdims=True)
    reach = DRIFT * np.maximum(AROUND * _sizes(points.boxes), CELL)[:, np.newaxis, np.newaxis]
    middles = centers + reach * np.array([[-1], [1]], dtype=np.float32)
    return [Box(*points.boxes[one].ravel().tolist()) for one in nms(middles, points.confidence)]


def _session(name: str, threads: int, device: Device) -> onnxruntime.InferenceSession:
    weights = files("roomread.faces").joinpath("bundled", name)
    if not weights.is_file():
        raise ModelFileError(
            "the face detector's weights are not in the package",
            hint="install roomread from a wheel, or run `pip install -e .` in a checkout",
        )
    # Pictures come in many sizes: with plans for 60 of them all nets hold 301 MB, without them
    # 266, at the same speed.
    return open_session(weights.read_bytes(), threads=threads, device=device, plan_memory=False)


class _Scaler(threading.local):
    """FFmpeg's scaler: by area nearly the same picture as Pillow's, in a third of the time.

    It keeps its tables from one picture to the next, so that each thread needs its own.
    """

    def __init__(self) -> None:
        self.own = VideoReformatter()


_SCALER = _Scaler()


def _scaled(image: NDArray[np.uint8], scale: float) -> NDArray[np.uint8]:
    """The picture itself at full size, else a smaller one without aliasing."""
    if scale >= 1:
        return image
    height, width = image.shape[:2]
    size = max(1, round(width * scale)), max(1, round(height * scale))
    frame = VideoFrame.from_numpy_buffer(np.ascontiguousarray(image), format="rgb24")
    small = _SCALER.own.reformat(frame, *size, format="rgb24", interpolation=Interpolation.AREA)
    return np.asarray(small.to_ndarray(), dtype=np.uint8)


def _cell(columns: int) -> int:
    """The side of a face's square, px; a multiple of the net's 32."""
    return max(CELL, min(WIDEST_CELL, MOSAIC // columns // MULTIPLE * MULTIPLE))


def _fill(cell: NDArray[np.uint8], image: NDArray[np.uint8], box: Box) -> Box:
    """Draws the square around a box into a cell, black where the picture ends.

    Args:
        cell: uint8 [S, S, 3], black.
        image: uint8 [H, W, 3].
        box: of a face, px of `image`.

    Returns:
        The square that the cell shows, px of `image`.
    """
    x, y = box.center
    # Never scaled up: a small face has no more detail than it has.
    side = len(cell)
    half = max(AROUND * max(box.width, box.height), float(side)) / 2
    square = Box(x - half, y - half, x + half, y + half)
    scale = side / square.width
    height, width = image.shape[:2]
    left, top = max(0, math.floor(square.left)), max(0, math.floor(square.top))
    right, bottom = min(width, math.ceil(square.right)), min(height, math.ceil(square.bottom))
    if left >= right or top >= bottom:
        return square
    # To the nearest px of the cell, an eighth of what a face's box differs anyway.
    x0, x1 = (min(max(round((px - square.left) * scale), 0), side) for px in (left, right))
    y0, y1 = (min(max(round((px - square.top) * scale), 0), side) for px in (top, bottom))
    if x0 < x1 and y0 < y1:
        part = Image.fromarray(image[top:bottom, left:right])
        small = part.resize((x1 - x0, y1 - y0), Image.Resampling.BILINEAR, reducing_gap=2.0)
        cell[y0:y1, x0:x1] = np.asarray(small)
    return square


def padded(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A picture uint8 [H, W, 3] with black to the right and below, up to a multiple of 32 px."""
    height, width = image.shape[:2]
    return np.pad(image, ((0, -height % MULTIPLE), (0, -width % MULTIPLE), (0, 0)))
