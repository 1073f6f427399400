"""Compare the readings of detected and cropped faces with readings of the data set's own crops.

    python benchmarks/end_to_end.py path/to/fer2013.parquet

PublicTest pictures are enlarged and placed in a larger picture, in which CenterFace detects the
face; its crop is read. The same pictures are also read unchanged. Both readings are compared with
the FER+ majority. No picture is shown or saved.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from roomread.classifier import ExpressionClassifier
from roomread.faces import CenterFace, cut
from roomread.training.dataset import Split, vote_majority
from roomread.training.evaluate import wilson_margin
from roomread.training.fer2013 import read_fer2013

ZOOM, BORDER = 4, 64


def in_a_larger_picture(face: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a grey 48 x 48 picture, enlarged four times, in the middle of a grey RGB picture."""
    side = ZOOM * len(face)
    large = np.asarray(Image.fromarray(face).resize((side, side), Image.Resampling.BICUBIC))
    return np.repeat(np.pad(large, BORDER, constant_values=128)[..., None], 3, axis=2)


def main() -> None:
    """Print the accuracy with and without detection, on the same pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--count", type=int, default=600)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    public = read_fer2013(options.data).split(Split.PublicTest)
    if public.votes is None:
        raise SystemExit(f"{options.data}: has no FER+ votes")
    majority = vote_majority(public.votes)
    rows = np.random.default_rng(options.seed).permutation(np.flatnonzero(majority >= 0))
    detector, classifier = CenterFace(), ExpressionClassifier()
    as_they_are: list[bool] = []
    found_and_cut: list[bool] = []
    for row in rows[: options.count]:
        picture = in_a_larger_picture(public.images[row])
        faces = detector.detect(picture)[:1]
        if not faces:
            continue
        crops = cut(picture, faces, classifier.framing)
        plain, cropped = classifier.classify(np.stack([public.images[row], crops[0]]))
        as_they_are.append(plain.top == majority[row])
        found_and_cut.append(cropped.top == majority[row])
    n = len(found_and_cut)
    print(f"{n} of {options.count} faces found; right of these, model {classifier.model.digest}:")
    for name, right in (("as they are", as_they_are), ("found and cut", found_and_cut)):
        share = float(np.mean(right))
        print(f"  {name:<14} {share:.3f} ± {wilson_margin(share, n):.3f}")


if __name__ == "__main__":
    main()
