"""Create tiny data sets in the formats of FER-2013, with noise as pictures."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
from PIL import Image

from roomread.readings import Expression
from roomread.training.dataset import SIDE, VOTE_NAMES, FerData, Split

_VOTED_AS = {
    Expression.ANGRY: "anger",
    Expression.DISGUST: "disgust",
    Expression.FEAR: "fear",
    Expression.HAPPY: "happiness",
    Expression.SAD: "sadness",
    Expression.SURPRISE: "surprise",
    Expression.NEUTRAL: "neutral",
}

SHARED_FER2013 = Path(__file__).parents[2] / "shared" / "data" / "fer2013.parquet"


def tiny_fer(*, each: int = 2, votes: bool = False, seed: int = 0) -> FerData:
    """Return `each` pictures of every expression and split; brightness encodes the class."""
    rng = np.random.default_rng(seed)
    labels = np.tile(np.repeat(np.arange(len(Expression)), each), len(Split)).astype(np.int64)
    splits = np.repeat(np.arange(len(Split)), each * len(Expression)).astype(np.int8)
    noise = rng.integers(0, 60, (len(labels), SIDE, SIDE))
    images = (noise + 28 * labels[:, None, None]).astype(np.uint8)
    counts = None
    if votes:
        counts = rng.multinomial(10, np.full(len(VOTE_NAMES), 0.1), len(labels)).astype(np.int16)
    return FerData(images, labels, splits, counts, np.arange(len(labels), dtype=np.int64))


def with_clear_votes(data: FerData) -> FerData:
    """Return the same pictures with FER+ votes in which all taggers chose the label."""
    votes = np.zeros((len(data), len(VOTE_NAMES)), dtype=np.int16)
    column_of = np.array([VOTE_NAMES.index(name) for name in _VOTED_AS.values()])
    votes[np.arange(len(data)), column_of[data.labels]] = 10
    return dataclasses.replace(data, votes=votes)


def write_csv(data: FerData, path: Path, *, header: str = "emotion,pixels,Usage") -> Path:
    """Write the data set as `fer2013.csv`; `header` determines the order of the columns."""
    lines = [header]
    for image, label, split in zip(data.images, data.labels, data.splits, strict=True):
        cells = {
            "emotion": str(label),
            "pixels": " ".join(map(str, image.ravel())),
            "Usage": Split(split).name,
        }
        lines.append(",".join(cells[name.strip()] for name in header.split(",")))
    path.write_text("\n".join(lines) + "\n")
    return path


def write_ferplus(data: FerData, path: Path) -> Path:
    """Write the votes as FER+'s `fer2013new.csv`."""
    assert data.votes is not None
    lines = ["Usage,Image name," + ",".join((*VOTE_NAMES[:-1], "NF"))]
    for row, (votes, split) in enumerate(zip(data.votes, data.splits, strict=True)):
        lines.append(f"{Split(split).name},fer{row:07}.png," + ",".join(map(str, votes)))
    path.write_text("\n".join(lines) + "\n")
    return path


def write_folder(data: FerData, folder: Path) -> Path:
    """Write each picture to a file such as `test/neutral/PrivateTest_41.png`."""
    for row, (image, label, split) in enumerate(
        zip(data.images, data.labels, data.splits, strict=True)
    ):
        part = "train" if split == Split.Training else "test"
        place = folder / part / Expression(label).display_name
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(place / f"{Split(split).name}_{row}.png")
    return folder
