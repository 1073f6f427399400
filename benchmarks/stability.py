"""Measure how often faces keep their label when their pictures change a little.

    python benchmarks/stability.py [path/to/fer2013.parquet] [--count 600]

PublicTest pictures are enlarged to 120 px and given a border; the face is detected anew in each
changed picture. The gain of further views of the same face (its mirror image, a larger crop or
both) is measured as well, because each costs another run of the net. No picture is shown or saved.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from roomread.bench.stability import Answer, measure
from roomread.classifier import ExpressionClassifier, softmax
from roomread.faces import CenterFace
from roomread.training.dataset import Split, vote_majority
from roomread.training.fer2013 import read_fer2013

DATA = Path(__file__).parents[2] / "shared" / "data" / "fer2013.parquet"
SIDE, BORDER = 120, 50


def framed(face: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a grey picture enlarged, in RGB, with a border that continues its edge."""
    large = np.asarray(Image.fromarray(face).resize((SIDE, SIDE), Image.Resampling.BICUBIC))
    return np.repeat(np.pad(large, BORDER, "edge")[..., None], 3, axis=2)


def main() -> None:
    """Print the table of stability, and the accuracy with and without a mirror image."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, nargs="?", default=DATA)
    parser.add_argument("--count", type=int, default=600)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    public = read_fer2013(options.data).split(Split.PublicTest).faces_only()
    if public.votes is None:
        raise SystemExit(f"{options.data}: has no FER+ votes")
    majority = vote_majority(public.votes)
    rows = np.random.default_rng(options.seed).permutation(np.flatnonzero(majority >= 0))
    rows = rows[: options.count]
    classifier = ExpressionClassifier()
    pictures = [framed(public.images[row]) for row in rows]
    results = measure(pictures, CenterFace(), classifier)
    print(f"{len(rows)} pictures, model {classifier.model.digest}; same label, another label:\n")
    print("| | " + " | ".join(Answer) + " |\n|---|" + "---|" * len(Answer))
    for name in dict.fromkeys(name for name, _ in results):
        cells = [results[name, answer] for answer in Answer]
        print(f"| {name} | " + " | ".join(f"{c.same:.1%}, {c.other:.1%}" for c in cells) + " |")
    crops = public.images[rows]
    logits = [classifier.predict(each).logits for each in (crops, crops[:, :, ::-1])]
    for name, mean in (("one crop", logits[0]), ("with its mirror image", sum(logits) / 2)):
        right = softmax(np.asarray(mean), temperature=1).argmax(axis=1) == majority[rows]
        print(f"FER+ majority of the pictures as they are, {name}: {right.mean():.3f}")


if __name__ == "__main__":
    main()
