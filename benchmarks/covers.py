"""Train and measure the net that recognises covered faces.

    python benchmarks/covers.py train path/to/fer2013.parquet    # writes faces/covers.onnx
    python benchmarks/covers.py measure path/to/fer2013.parquet

Masks, scarves, hands, sunglasses and objects are drawn over some pictures of the split Training.
Decoys that leave eyes and mouth free are drawn over others: hats, clear glasses, beards, plasters.
Blur, noise and changes of light are added to both. The net is measured on PublicTest, with covers
drawn from another seed.
"""

from __future__ import annotations

import argparse
import io
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import onnx
import pyarrow.parquet as pq
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter
from torch import Tensor, nn

from difficult_faces import DATA, VOTES
from roomread.classifier import ExpressionClassifier
from roomread.faces import covers

# Covers are drawn at this size, px.
SIZE = 192
WEIGHTS = Path(covers.__file__).with_name("covers.onnx")
# The parts of a face that a cover hides, in the order of `KINDS`.
PARTS = ("lower half", "upper half", "left or right half")
SHARES = (0.5, 0.35, 0.15)
Grey = NDArray[np.float64]
Random = np.random.Generator


def polygon(points: list[tuple[float, float]]) -> Image.Image:
    """Return a mask with a filled polygon, whose corners are fractions of the picture's size."""
    mask = Image.new("L", (SIZE, SIZE))
    ImageDraw.Draw(mask).polygon([(x * SIZE, y * SIZE) for x, y in points], fill=255)
    return mask


def texture(random: Random, level: float) -> Grey:
    """Return a random surface of about one grey level, with shade, stripes, blotches and noise."""
    y, x = np.mgrid[0:SIZE, 0:SIZE] / SIZE
    angle = random.uniform(0, 2 * np.pi)
    surface = level + random.uniform(0, 50) * (
        (x - 0.5) * np.cos(angle) + (y - 0.5) * np.sin(angle)
    )
    if random.random() < 0.4:
        angle = random.uniform(0, np.pi)
        waves = np.sin(2 * np.pi * random.uniform(4, 25) * (x * np.cos(angle) + y * np.sin(angle)))
        surface += random.uniform(3, 25) * waves
    if random.random() < 0.5:
        coarse = random.normal(0, 1, (int(random.integers(6, 60)),) * 2).astype(np.float32)
        large = Image.fromarray(coarse).resize((SIZE, SIZE), Image.Resampling.BICUBIC)
        surface += random.uniform(2, 18) * np.asarray(large)
    surface += random.normal(0, random.uniform(0, 5), (SIZE, SIZE))
    clipped: Grey = np.clip(surface, 0, 255)
    return clipped


def laid(face: Grey, mask: Image.Image, surface: Grey, random: Random) -> Grey:
    """Return a face that is covered by a texture where a mask is white."""
    soft = mask.filter(ImageFilter.GaussianBlur(random.uniform(0.3, 2.5)))
    share = np.asarray(soft, dtype=np.float64) / 255
    return face * (1 - share) + surface * share


def mask(face: Grey, random: Random) -> Grey:
    """Draw a surgical or cloth mask."""
    top, side = random.normal(0.52, 0.05), random.normal(0.56, 0.04)
    bottom, middle, width = random.uniform(0.93, 1.08), 0.5, random.uniform(0.32, 0.46)
    outline = [(-1, side), (-0.5, top + 0.03), (0, top), (0.5, top + 0.03), (1, side)]
    outline += [(0.9, bottom - 0.15), (0.5, bottom), (-0.5, bottom), (-0.9, bottom - 0.15)]
    levels = (random.uniform(150, 245), random.uniform(10, 70), random.uniform(60, 150))
    surface = texture(random, levels[random.choice(3, p=(0.55, 0.25, 0.2))])
    points = [(middle + x * width, y) for x, y in outline]
    return laid(face, polygon(points), surface, random)


def scarf(face: Grey, random: Random) -> Grey:
    """Draw a scarf up to the nose."""
    level = random.uniform(0.55, 0.68)
    edge = [(x, random.normal(level, 0.03)) for x in (0, 0.25, 0.5, 0.75, 1)]
    surface = texture(random, random.uniform(10, 245))
    return laid(face, polygon([*edge, (1, 1.1), (0, 1.1)]), surface, random)


def thing(face: Grey, random: Random, middle: float, height: tuple[float, float]) -> Grey:
    """Draw an object such as a phone, a book or a cup, as a rectangle over the middle of a face."""
    angle = random.uniform(-0.5, 0.5)
    cos, sin = np.cos(angle), np.sin(angle)
    x, y = random.normal(0.5, 0.05), random.normal(middle, 0.04)
    w, h = random.uniform(0.35, 0.9) / 2, random.uniform(*height) / 2
    corners = ((-w, -h), (w, -h), (w, h), (-w, h))
    points = [(x + cos * a - sin * b, y + sin * a + cos * b) for a, b in corners]
    return laid(face, polygon(points), texture(random, random.uniform(5, 250)), random)


def hand(face: Grey, random: Random, x: float, y: float, angle: float) -> Grey:
    """Draw three to five fingers in the colour of the skin, side by side."""
    rows = slice(int(0.2 * SIZE), int(0.6 * SIZE))
    tone = float(np.median(face[rows, rows]) * random.uniform(0.75, 1.2))
    fingers, width = int(random.integers(3, 6)), random.uniform(0.09, 0.13)
    shape, gaps = Image.new("L", (SIZE, SIZE)), Image.new("L", (SIZE, SIZE))
    along = np.array([np.cos(angle), np.sin(angle)])
    across = np.array([-along[1], along[0]])
    for number in range(fingers):
        half = random.uniform(0.2, 0.42)
        center = np.array([x, y]) + across * (number - (fingers - 1) / 2) * width
        ends = [tuple((center + sign * half * along) * SIZE) for sign in (-1, 1)]
        drawing = ImageDraw.Draw(shape)
        drawing.line(ends, fill=255, width=int(width * SIZE))
        for a, b in ends:
            radius = width * SIZE / 2
            drawing.ellipse([a - radius, b - radius, a + radius, b + radius], fill=255)
        if number:
            gap = [tuple(np.array(end) - across * width * SIZE / 2) for end in ends]
            ImageDraw.Draw(gaps).line(gap, fill=255, width=int(random.integers(2, 6)))
    covered = laid(face, shape, texture(random, tone), random)
    inner = np.minimum(np.asarray(gaps), np.asarray(shape))
    shadow = np.full((SIZE, SIZE), tone * random.uniform(0.4, 0.8))
    return laid(covered, Image.fromarray(inner), shadow, random)


def sunglasses(face: Grey, random: Random, *, clear: bool = False) -> Grey:
    """Draw dark glasses, round or square, or the frame of clear glasses."""
    y, eye = random.normal(0.38, 0.03), random.uniform(0.16, 0.2)
    width, height = random.uniform(0.13, 0.18), random.uniform(0.07, 0.13)
    shape = Image.new("L", (SIZE, SIZE))
    drawing = ImageDraw.Draw(shape)
    round_ones, line = random.random() < 0.5, int(random.integers(3, 8))
    for sign in (-1, 1):
        x = 0.5 + sign * eye
        box = [(x - width) * SIZE, (y - height) * SIZE, (x + width) * SIZE, (y + height) * SIZE]
        draw = drawing.ellipse if round_ones else drawing.rectangle
        draw(box, fill=None if clear else 255, outline=255, width=line)
        temple = [((x + sign * width) * SIZE, y * SIZE), ((0.5 + sign * 0.62) * SIZE, y * SIZE)]
        drawing.line(temple, fill=255, width=line)
    drawing.line([(0.42 * SIZE, y * SIZE), (0.58 * SIZE, y * SIZE)], fill=255, width=line)
    return laid(face, shape, texture(random, random.uniform(0, 60)), random)


def band(face: Grey, random: Random) -> Grey:
    """Draw a band across both eyes."""
    y, half = random.normal(0.38, 0.03), random.uniform(0.08, 0.14)
    points = [(0.0, y - half), (1.0, y - half), (1.0, y + half), (0.0, y + half)]
    return laid(face, polygon(points), texture(random, random.uniform(5, 250)), random)


Drawer = Callable[[Grey, Random], Grey]
KINDS: tuple[tuple[Drawer, ...], ...] = (
    (
        *(mask, mask, mask, scarf),
        *(lambda f, r: hand(f, r, 0.5, r.normal(0.76, 0.05), r.uniform(0, 2 * np.pi)),) * 2,
        lambda f, r: thing(f, r, 0.8, (0.3, 0.5)),
    ),
    (
        *(sunglasses, sunglasses, sunglasses, band),
        lambda f, r: hand(f, r, 0.5, r.normal(0.38, 0.04), r.normal(0, 0.35)),
        lambda f, r: thing(f, r, 0.35, (0.25, 0.4)),
    ),
    (
        lambda f, r: hand(
            f, r, 0.5 + r.choice((-1, 1)) * r.uniform(0.2, 0.3), 0.62, r.normal(np.pi / 2, 0.4)
        ),
    ),
)


def hat(face: Grey, random: Random) -> Grey:
    """Draw a hat or cap over the forehead."""
    y = random.uniform(0.06, 0.2)
    points = [(0.0, 0.0), (1.0, 0.0), (1.0, y), (0.5, y - 0.04), (0.0, y)]
    return laid(face, polygon(points), texture(random, random.uniform(5, 250)), random)


def beside(face: Grey, random: Random) -> Grey:
    """Draw an object at one side of the face."""
    w = random.uniform(0.05, 0.16)
    points = [(0.0, 0.0), (w, random.uniform(0, 0.3)), (0.8 * w, 1.0), (0.0, 1.0)]
    if random.random() < 0.5:
        points = [(1 - x, y) for x, y in points]
    return laid(face, polygon(points), texture(random, random.uniform(5, 250)), random)


def plaster(face: Grey, random: Random) -> Grey:
    """Draw a plaster: a small spot at a random place."""
    x, y = random.uniform(0.15, 0.85), random.uniform(0.1, 0.9)
    w, h = random.uniform(0.02, 0.07), random.uniform(0.02, 0.05)
    points = [(x - w, y - h), (x + w, y - h), (x + w, y + h), (x - w, y + h)]
    return laid(face, polygon(points), texture(random, random.uniform(5, 250)), random)


def beard(face: Grey, random: Random) -> Grey:
    """Draw a beard that leaves the mouth free."""
    outline = [(0.12, 0.55), (0.3, 0.66), (0.5, 0.62), (0.7, 0.66), (0.88, 0.55)]
    area = polygon([*outline, (0.8, 0.9), (0.5, 1.05), (0.2, 0.9)])
    ImageDraw.Draw(area).ellipse([x * SIZE for x in (0.33, 0.7, 0.67, 0.88)], fill=0)
    share = np.asarray(area.filter(ImageFilter.GaussianBlur(6)), dtype=np.float64) / 255
    share *= random.uniform(0.4, 0.9)
    dark = random.random() < 0.75
    level = random.uniform(5, 60) if dark else random.uniform(100, 220)
    hair = level + random.normal(0, random.uniform(5, 25), (SIZE, SIZE))
    return np.clip(face * (1 - share) + hair * share, 0, 255)


def spectacles(face: Grey, random: Random) -> Grey:
    """Draw clear glasses."""
    return sunglasses(face, random, clear=True)


DECOYS: tuple[Drawer, ...] = (hat, beside, plaster, beard, spectacles)


def crop(face: Grey, random: Random) -> NDArray[np.uint8]:
    """Return a 48 px crop whose position and size vary slightly at random."""
    half, (dx, dy) = SIZE * random.uniform(0.46, 0.55), random.normal(0, 0.025, 2) * SIZE
    around = np.pad(np.clip(face, 0, 255).astype(np.uint8), SIZE // 4, mode="edge")
    x, y = SIZE * 0.75 + dx, SIZE * 0.75 + dy
    box = (x - half, y - half, x + half, y + half)
    small = Image.fromarray(around).resize((48, 48), Image.Resampling.BICUBIC, box=box)
    return np.asarray(small)


def enlarged(picture: Image.Image) -> Grey:
    """Return a picture enlarged to the size at which covers are drawn."""
    return np.asarray(picture.resize((SIZE, SIZE), Image.Resampling.BICUBIC), dtype=np.float64)


def pictures(path: Path, split: str, count: int, seed: int) -> Iterator[tuple[Image.Image, int]]:
    """Return random pictures of a split that no tagger called "no face", and their labels."""
    table = pq.read_table(path, columns=["Usage", "votes_no_face", "image", *VOTES])
    usage = np.array(table["Usage"].to_pylist())
    rows = np.flatnonzero((usage == split) & (np.array(table["votes_no_face"]) == 0))
    votes = np.stack([np.array(table[column]) for column in VOTES], axis=1)
    for row in np.random.default_rng(seed).permutation(rows)[:count]:
        with Image.open(io.BytesIO(table["image"][int(row)].as_py())) as picture:
            yield picture.convert("L"), int(votes[row].argmax())


def examples(path: Path, count: int) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Return crops uint8 [N, 48, 48] of Training, and whether each is covered."""
    random, crops, labels = np.random.default_rng(0), [], []
    for number, (picture, _) in enumerate(pictures(path, "Training", count, seed=0)):
        face = enlarged(picture)
        decoy = DECOYS[random.integers(len(DECOYS))](face, random) if number % 2 else face
        crops.append(crop(decoy, random))
        drawers = KINDS[random.choice(len(KINDS), p=SHARES)]
        crops.append(crop(drawers[random.integers(len(drawers))](face, random), random))
        labels += [0.0, 1.0]
    return np.stack(crops), np.array(labels, dtype=np.float32)


class CoverNet(nn.Module):
    """A net of four strided convolutions that ignores the crop's light and contrast."""

    def __init__(self) -> None:
        super().__init__()
        widths = (1, 12, 24, 32, 32)
        layers: list[nn.Module] = []
        for before, after in itertools.pairwise(widths):
            convolution = nn.Conv2d(before, after, 3, stride=2, padding=1, bias=False)
            layers += [convolution, nn.BatchNorm2d(after), nn.ReLU()]
        self.layers = nn.Sequential(*layers, nn.Flatten(), nn.Dropout(0.3), nn.Linear(288, 1))

    def forward(self, faces: Tensor) -> Tensor:
        """Return the log odds [N] of crops [N, 1, 48, 48] that a part is covered."""
        x = faces.float()
        x = x - x.mean((2, 3), keepdim=True)
        deviation = torch.sqrt((x * x).sum((2, 3), keepdim=True) / (48 * 48 - 1))
        scores: Tensor = self.layers(x / (deviation + 8))[:, 0]
        return scores


def disturbed(crops: Tensor) -> Tensor:
    """Return a batch with random changes of mirroring, resolution, noise and light."""
    x = crops.float()
    if torch.rand(1) < 0.5:
        x = x.flip(3)
    if torch.rand(1) < 0.35:
        side = int(torch.randint(16, 40, (1,)))
        coarse = nn.functional.interpolate(x, size=side, mode="bilinear", antialias=True)
        x = nn.functional.interpolate(coarse, size=48, mode="bicubic")
    if torch.rand(1) < 0.35:
        x = x + torch.randn_like(x) * float(torch.rand(1)) * 14
    light = float(torch.rand(1) * 1.2 + 0.5)
    return (x.clamp(0, 255) / 255) ** light * 255


def train(path: Path, count: int, epochs: int) -> None:
    """Train the net, and write it to its file."""
    torch.manual_seed(0)
    crops, labels = examples(path, count)
    x, y, batch = torch.from_numpy(crops)[:, None], torch.from_numpy(labels), 128
    net = CoverNet()
    optimizer = torch.optim.AdamW(net.parameters(), lr=3e-3, weight_decay=1e-3)
    steps = epochs * (len(x) // batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 6e-3, total_steps=steps)
    for epoch in range(epochs):
        losses = []
        order = torch.randperm(len(x))
        for first in range(0, len(x) - batch + 1, batch):
            places = order[first : first + batch]
            logits = net(disturbed(x[places]))
            loss = nn.functional.binary_cross_entropy_with_logits(logits, y[places])
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call] # torch has no type for it
            optimizer.step()
            schedule.step()
            losses.append(loss.item())
        print(f"epoch {epoch}: {np.mean(losses):.3f}", flush=True)
    export(net.eval(), WEIGHTS)


def export(net: CoverNet, path: Path) -> None:
    """Write the net as ONNX."""
    example = (torch.zeros(2, 1, 48, 48, dtype=torch.uint8),)
    free = {"faces": {0: "N"}, "scores": {0: "N"}}
    torch.onnx.export(
        *(net, example, path),
        input_names=["faces"],
        output_names=["scores"],
        dynamic_axes=free,
        opset_version=17,
        dynamo=False,
    )
    graph = onnx.load(path)
    for node in graph.graph.node:
        node.doc_string = ""
    onnx.save(graph, path)


def calibration_error(sure: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """Return the expected calibration error of confidences, in 15 bins."""
    bins = np.minimum((sure * 15).astype(int), 14)
    gaps = [
        abs(sure[bins == n].mean() - right[bins == n].mean()) * (bins == n).mean()
        for n in np.unique(bins)
    ]
    return float(np.sum(gaps))


def measure(path: Path, count: int) -> None:
    """Print the shares of faces rated as covered, and the calibration with and without them."""
    random, classifier = np.random.default_rng(5), ExpressionClassifier()
    shown: dict[str, tuple[list[NDArray[np.uint8]], list[int]]] = {}
    for picture, label in pictures(path, "PublicTest", count, seed=5):
        face = enlarged(picture)
        crops = {"nothing": np.asarray(picture), "a beard drawn": crop(beard(face, random), random)}
        for part, drawers in zip(PARTS, KINDS, strict=True):
            drawn = drawers[random.integers(len(drawers))](face, random)
            crops[part] = crop(drawn, random)
        for title, one in crops.items():
            images, labels = shown.setdefault(title, ([], []))
            images.append(one)
            labels.append(label)
    print("covered: called so; labelled, right, confidence, ECE; the same without those")
    for title, (images, labels) in shown.items():
        faces = np.stack(images)
        is_covered = covers.cover_scores(faces) > covers.COVERED
        scores = classifier.classify(faces)
        sure = np.array([float(each.probabilities.max()) for each in scores])
        right = np.array([each.top == label for each, label in zip(scores, labels, strict=True)])
        told = np.array([each.expression is not None for each in scores])
        line = f"{title:20} {is_covered.mean():6.1%}"
        for which in (told, told & ~is_covered):
            error = calibration_error(sure[which], right[which])
            line += f"  {which.mean():6.1%} {right[which].mean():.3f} {sure[which].mean():.3f}"
            line += f" {error:.3f}"
        print(line, flush=True)


def main() -> None:
    """Train or measure the net, as the command line requests."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("what", choices=["train", "measure"])
    parser.add_argument("data", nargs="?", type=Path, default=DATA)
    parser.add_argument("--count", type=int)
    parser.add_argument("--epochs", type=int, default=10)
    options = parser.parse_args()
    if options.what == "train":
        train(options.data, options.count or 14_000, options.epochs)
    else:
        measure(options.data, options.count or 1200)


if __name__ == "__main__":
    main()
