"""Measure how well rotated, cut, very large and covered faces are read.

    python benchmarks/difficult_faces.py [path/to/fer2013.parquet] [--count 300]
    python benchmarks/difficult_faces.py --only rotation --angles 0 90 180 270

PublicTest pictures are enlarged to 160 px and placed on grey pictures of 320 px; close-ups are made
of the two portraits of `roomread.bench.scenes`. The truth is the FER+ majority. No picture is shown
or saved.
"""

from __future__ import annotations

import argparse
import io
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from roomread import Analyzer
from roomread.bench import scenes
from roomread.faces import CenterFace
from roomread.geometry import Box
from roomread.readings import Face, Reading, Unreadable

DATA = Path(__file__).parents[2] / "shared" / "data" / "fer2013.parquet"
FACE, SIDE, GREY = 160, 320, 120
LOW = (SIDE - FACE) // 2
# In the order of `Expression`.
VOTES = tuple(
    f"votes_{name}"
    for name in ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral")
)
# Confidences are compared with accuracies in these bins.
BINS = (0.0, 0.6, 0.8, 0.95, 1.01)


def public_test(path: Path, count: int, seed: int) -> Iterator[tuple[Image.Image, int]]:
    """Return random PublicTest pictures that no tagger called "no face", and their labels."""
    table = pq.read_table(path, columns=["Usage", "votes_no_face", "image", *VOTES])
    usage = np.array(table["Usage"].to_pylist())
    rows = np.flatnonzero((usage == "PublicTest") & (np.array(table["votes_no_face"]) == 0))
    votes = np.stack([np.array(table[column]) for column in VOTES], axis=1)
    for row in np.random.default_rng(seed).choice(rows, min(count, len(rows)), replace=False):
        with Image.open(io.BytesIO(table["image"][int(row)].as_py())) as picture:
            yield picture.convert("L"), int(votes[row].argmax())


def on_grey(picture: Image.Image, angle: float = 0.0) -> NDArray[np.uint8]:
    """Return a picture enlarged, rotated clockwise and placed on grey, uint8 [320, 320, 3]."""
    ground = Image.new("L", (SIDE, SIDE), GREY)
    ground.paste(picture.resize((FACE, FACE), Image.Resampling.BICUBIC), (LOW, LOW))
    turned = ground.rotate(-angle, Image.Resampling.BICUBIC, fillcolor=GREY)
    return np.asarray(turned.convert("RGB"))


def central(readings: list[Reading]) -> Reading | None:
    """Return the reading of the face in the middle of a picture."""
    middle = Box(LOW, LOW, SIDE - LOW, SIDE - LOW)
    near = [reading for reading in readings if reading.box.iou(middle) > 0.2]
    return max(near, key=lambda reading: reading.box.iou(middle), default=None)


def central_face(faces: list[Face]) -> Face | None:
    """Return the detected face in the middle of a picture."""
    middle = Box(LOW, LOW, SIDE - LOW, SIDE - LOW)
    near = [face for face in faces if face.box.iou(middle) > 0.2]
    return max(near, key=lambda face: face.box.iou(middle), default=None)


def rotation(
    analyzer: Analyzer, pictures: list[tuple[Image.Image, int]], angles: list[float]
) -> None:
    """Print the readings of faces by their angle of rotation."""
    print(f"\nturned in the picture plane, {len(pictures)} faces")
    print("angle  found  likeliest right, of all  labelled  wrong labels  tilted")
    for angle in angles:
        found = right = labelled = wrong = tilted = 0
        for picture, label in pictures:
            reading = central(list(analyzer.analyze(on_grey(picture, angle))))
            if reading is None:
                continue
            found += 1
            tilted += reading.quality.reason is Unreadable.TILTED
            right += reading.scores is not None and reading.scores.top == label
            labelled += reading.expression is not None
            wrong += reading.expression is not None and reading.expression != label
        parts = [each / len(pictures) for each in (found, right, labelled, wrong, tilted)]
        print(f"{angle:5g}  " + "  ".join(f"{part:7.1%}" for part in parts), flush=True)


def cut(analyzer: Analyzer, pictures: list[tuple[Image.Image, int]]) -> None:
    """Print the readings of faces that the edge of a picture cuts, and of whole faces."""
    print("\ncut by an edge: found, then of these unreadable, unsure and labelled")
    for share in (0.0, 0.3, 0.4, 0.5, 0.6):
        says: Counter[str] = Counter()
        for number, (picture, _) in enumerate(pictures):
            whole = on_grey(picture)
            upright = central(list(analyzer.analyze(whole)))
            if upright is None:
                continue
            box = upright.box
            says["faces"] += 1
            x, y = int(share * box.width), int(share * box.height)
            parts = [
                whole[: int(box.bottom) - y],
                whole[int(box.top) + y :],
                whole[:, int(box.left) + x :],
                whole[:, : int(box.right) - x],
            ]
            part = parts[number % 4] if share else np.asarray(picture.convert("RGB"))
            for reading in list(analyzer.analyze(np.ascontiguousarray(part)))[:1]:
                says["found"] += 1
                says[kind(reading)] += 1
        title = f"{share:.0%} beyond" if share else "48 px picture as a photo"
        print(f"{title:25} {dict(says)}", flush=True)


def kind(reading: Reading) -> str:
    """Return whether a reading is unreadable (with its reason), unsure or labelled."""
    if reading.scores is None:
        return f"unreadable: {reading.quality.reason}"
    return "labelled" if reading.expression is not None else "unsure"


def close_up(detector: CenterFace) -> None:
    """Print how often a face that fills a picture is found exactly once and in its place."""
    print("\nclose-ups of two portraits: side of the picture, px; found once with an IoU over 0.65")
    for side in (320, 480, 640, 1080, 1500, 2160, 3000, 4000):
        right = tries = 0
        for portrait, box in scenes.portraits():
            for share in (0.33, 0.5, 0.67, 0.75, 0.83, 0.91, 1.0):
                (x, y), half = box.center, box.height / share / 2
                left, top = int(x - half), int(y - half)
                frame = (left, top, int(x + half), int(y + half))
                picture = Image.fromarray(portrait).crop(frame)
                zoom = side / picture.width
                large = picture.resize((side, side), Image.Resampling.BICUBIC)
                faces = detector.detect(np.asarray(large))
                expected = Box(*(edge * zoom for edge in box.moved(-left, -top)))
                tries += 1
                right += len(faces) == 1 and faces[0].box.iou(expected) > 0.65
        print(f"{side:5}  {right} of {tries}", flush=True)


def covered(analyzer: Analyzer, pictures: list[tuple[Image.Image, int]]) -> None:
    """Print the accuracy and the confidence of partly covered faces."""
    print("\ncovered: labelled, accuracy of labels, mean confidence of labels; by confidence")
    for name in ("nothing", "mask", "sunglasses", "hand"):
        sure: list[float] = []
        right: list[bool] = []
        reasons: Counter[str] = Counter()
        for picture, label in pictures:
            reading = central(list(analyzer.analyze(with_cover(picture, name))))
            if reading is None:
                reasons["not found"] += 1
            elif reading.expression is None or reading.confidence is None:
                reasons[kind(reading)] += 1
            else:
                sure.append(reading.confidence)
                right.append(reading.expression == label)
        bins = np.digitize(sure, BINS)
        by_bin = [
            f"{np.mean(np.array(sure)[bins == n]):.2f}->{np.mean(np.array(right)[bins == n]):.2f}"
            for n in range(1, len(BINS))
            if (bins == n).any()
        ]
        print(
            f"{name:10} {len(sure) / len(pictures):.1%}  {np.mean(right):.3f}  {np.mean(sure):.3f}"
            f"  {' '.join(by_bin)}  {dict(reasons)}",
            flush=True,
        )


def with_cover(picture: Image.Image, name: str) -> NDArray[np.uint8]:
    """Return a face on grey with its mouth, its eyes or one half covered."""
    image = Image.fromarray(on_grey(picture))
    draw = ImageDraw.Draw(image)
    left, top = LOW, LOW
    if name == "mask":
        shape = [(0.12, 0.58), (0.5, 0.5), (0.88, 0.58), (0.82, 0.9), (0.5, 1.0), (0.18, 0.9)]
        draw.polygon([(left + x * FACE, top + y * FACE) for x, y in shape], fill=(190, 205, 215))
    elif name == "sunglasses":
        for middle in (0.32, 0.68):
            box = [(middle - 0.16, 0.28), (middle + 0.16, 0.5)]
            draw.ellipse([(left + x * FACE, top + y * FACE) for x, y in box], fill=(15, 15, 18))
    elif name == "hand":
        box = [(0.45, 0.5), (1.0, 1.05)]
        draw.ellipse([(left + x * FACE, top + y * FACE) for x, y in box], fill=(150, 125, 110))
    return np.asarray(image)


def main() -> None:
    """Measure the chosen kinds of faces, and print the results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("data", nargs="?", type=Path, default=DATA)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--angles", type=float, nargs="+", default=list(range(0, 360, 15)))
    parser.add_argument("--only", choices=["rotation", "cut", "close-up", "covered"])
    options = parser.parse_args()
    analyzer = Analyzer()
    pictures = list(public_test(options.data, options.count, options.seed))
    print(f"FER-2013 PublicTest, {len(pictures)} random | seed {options.seed}")
    if options.only in (None, "rotation"):
        rotation(analyzer, pictures, options.angles)
    if options.only in (None, "cut"):
        cut(analyzer, pictures)
    if options.only in (None, "close-up"):
        close_up(CenterFace())
    if options.only in (None, "covered"):
        covered(analyzer, pictures)


if __name__ == "__main__":
    main()
