"""Create HEIC files as phones write them: a grid of HEVC tiles with rotation, mirroring and EXIF.

The package that decodes HEIC cannot write it. PyAV encodes the tiles, and this module adds the
boxes of the file format.
"""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass

import av
import numpy as np
from PIL import Image


@dataclass(frozen=True)
class Turn:
    """The rotation and mirroring that a HEIC file states for its picture.

    Attributes:
        quarters: counter-clockwise quarter turns, as `irot` counts them.
        mirror: `imir`'s axis: 0 exchanges top and bottom, 1 left and right; None for no mirror.
        exif: the orientation in EXIF data; None for no EXIF data.
    """

    quarters: int = 0
    mirror: int | None = None
    exif: int | None = None


def make_heic(image: np.ndarray, *, tile: int = 128, turn: Turn | None = None) -> bytes:
    """Return a HEIC of a picture uint8 [H, W, 3] whose sides are multiples of `tile`."""
    turn = turn or Turn()
    height, width = image.shape[:2]
    places = [(y, x) for y in range(0, height, tile) for x in range(0, width, tile)]
    tiles = [encode_tile(image[y : y + tile, x : x + tile]) for y, x in places]
    count = len(tiles)
    grid = struct.pack(">BBBBHH", 0, 0, height // tile - 1, width // tile - 1, width, height)
    items = [(b"hvc1", data) for _, data in tiles] + [(b"grid", grid)]
    references = [box(b"dimg", ids(count + 1, count, *range(1, count + 1)))]
    if turn.exif is not None:
        exif = Image.Exif()
        exif[0x0112] = turn.exif
        items.append((b"Exif", b"\0\0\0\0" + exif.tobytes().removeprefix(b"Exif\0\0")))
        references.append(box(b"cdsc", ids(count + 2, 1, count + 1)))
    properties = [box(b"hvcC", tiles[0][0]), size_box(tile, tile), size_box(width, height)]
    used = [3]
    if turn.quarters:
        properties.append(box(b"irot", bytes([turn.quarters])))
        used.append(0x80 | len(properties))
    if turn.mirror is not None:
        properties.append(box(b"imir", bytes([turn.mirror])))
        used.append(0x80 | len(properties))
    associations = [ids(n + 1) + bytes([2, 0x81, 2]) for n in range(count)]
    associations.append(ids(count + 1) + bytes([len(used), *used]))
    meta = [
        full_box(b"hdlr", struct.pack(">I4s12s", 0, b"pict", b"") + b"\0"),
        full_box(b"pitm", ids(count + 1)),
        full_box(b"iinf", ids(len(items)) + b"".join(map(item_box, range(len(items)), items))),
        full_box(b"iref", b"".join(references)),
        box(
            b"iprp",
            box(b"ipco", b"".join(properties))
            + full_box(b"ipma", struct.pack(">I", len(associations)) + b"".join(associations)),
        ),
    ]
    start = box(b"ftyp", b"heic\0\0\0\0mif1heic")
    # Offsets of the data count from the start of the file, so first build the boxes once to find
    # their length.
    length = len(start + full_box(b"meta", b"".join(meta) + places_box(items, 0)))
    boxes = full_box(b"meta", b"".join(meta) + places_box(items, length + 8))
    return start + boxes + box(b"mdat", b"".join(data for _, data in items))


def encode_tile(image: np.ndarray) -> tuple[bytes, bytes]:
    """Return the decoder's settings (`hvcC`) and a picture as the data of one HEVC key frame."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        options = {"x265-params": "log-level=-1:bframes=0"}
        video = container.add_stream("libx265", rate=25, options=options)
        assert isinstance(video, av.VideoStream)
        video.height, video.width = image.shape[:2]
        video.pix_fmt = "yuv420p"
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
        frame.pts = 0
        container.mux(video.encode(frame))
        container.mux(video.encode(None))
    content = file.getvalue()
    place = content.index(b"hvcC")
    size = int.from_bytes(content[place - 4 : place], "big")
    file.seek(0)
    with av.open(file, "r") as made:
        data = bytes(next(packet for packet in made.demux(video=0) if packet.size))
    return content[place + 4 : place - 4 + size], data


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), kind) + content


def full_box(kind: bytes, content: bytes, version: int = 0, flags: int = 0) -> bytes:
    return box(kind, struct.pack(">I", version << 24 | flags) + content)


def ids(*numbers: int) -> bytes:
    return struct.pack(f">{len(numbers)}H", *numbers)


def size_box(width: int, height: int) -> bytes:
    return full_box(b"ispe", struct.pack(">II", width, height))


def item_box(index: int, item: tuple[bytes, bytes]) -> bytes:
    hidden = 1 if item[0] == b"hvc1" else 0
    return full_box(b"infe", ids(index + 1, 0) + item[0] + b"\0", 2, hidden)


def places_box(items: list[tuple[bytes, bytes]], start: int) -> bytes:
    places = b""
    for index, (_, data) in enumerate(items):
        places += ids(index + 1, 0, 0, 1) + struct.pack(">II", start, len(data))
        start += len(data)
    return full_box(b"iloc", b"\x44\0" + ids(len(items)) + places, 1)
