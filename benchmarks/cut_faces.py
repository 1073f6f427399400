"""Fit the rule that recognises faces cut by the picture's edge, and measure it on other faces.

    python benchmarks/cut_faces.py [path/to/fer2013.parquet] [--count 2400]

PublicTest pictures, enlarged as in `difficult_faces.py`, are cut at one edge by 20 to 50 % of the
face's box; some are also cut at the edge of the box, or filled by the face. The whole faces are the
uncut pictures, and the 48 px pictures themselves. The rule is fitted to every second pair of
pictures and measured on the others. The printed weights for `faces.cutoff` have the limit 0.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from difficult_faces import DATA, FACE, LOW, SIDE, central_face, on_grey, public_test
from roomread.faces import CenterFace
from roomread.faces.cutoff import EdgeWeights, cut_score, edge_values
from roomread.faces.orientation import Orientation, orientation
from roomread.geometry import Box
from roomread.readings import Face

NAMES = ("side", "top", "side", "bottom")
# Maximum fraction of whole 48 px pictures of the fitted half that the rule may call cut.
FALSE = 0.008


class Example(NamedTuple):
    """A detected face, and the edge that cuts it: 0 left, 1 top, 2 right, 3 bottom, or None."""

    number: int
    title: str
    edge: int | None
    face: Face
    picture: Box

    @property
    def is_fitted(self) -> bool:
        """Whether the example belongs to the half to which the rule is fitted."""
        return self.number // 2 % 2 == 0

    @property
    def orientation(self) -> Orientation:
        """The orientation of the face by its landmarks."""
        if self.face.landmarks is None:
            raise ValueError("the detector gave a face without landmarks")
        return orientation(self.face.landmarks)


def beyond(image: NDArray[np.uint8], box: Box, edge: int, share: float) -> NDArray[np.uint8]:
    """Return a picture cropped so that its edge cuts off a share of a box."""
    x, y = int(share * box.width), int(share * box.height)
    parts = (
        image[:, int(box.left) + x :],
        image[int(box.top) + y :],
        image[:, : int(box.right) - x],
        image[: int(box.bottom) - y],
    )
    return np.ascontiguousarray(parts[edge])


def examples(
    detector: CenterFace, pictures: Sequence[tuple[Image.Image, int]]
) -> Iterator[Example]:
    """Yield whole and cut faces as the detector finds them."""
    for number, (picture, _) in enumerate(pictures):
        whole = on_grey(picture)
        shown: list[tuple[str, int | None, NDArray[np.uint8]]] = [
            ("48 px", None, np.asarray(picture.convert("RGB")))
        ]
        found = central_face(detector.detect(whole))
        if found is not None:
            yield Example(number, "on grey", None, found, Box(0, 0, SIDE, SIDE))
            box, edge = found.box, number // 3 % 4
            shown += [
                (f"{share:.0%}", edge, beyond(whole, box, edge, share))
                for share in (0.3, (0.2, 0.4, 0.5)[number % 3])
            ]
            if number % 6 == 0:
                tight = whole[LOW : LOW + FACE, LOW : LOW + FACE]
                close = beyond(tight, box.moved(-LOW, -LOW), edge, 0.3)
                shown.append(("30%, face fills the picture", edge, close))
                shown.append(("at the box", None, beyond(whole, box, edge, 0.0)))
        for title, edge_of, image in shown:
            for face in detector.detect(image)[:1]:
                yield Example(number, title, edge_of, face, Box(0, 0, *image.shape[1::-1]))


def logistic(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the weights of a logistic regression, by Newton's method with a small ridge."""
    weights = np.zeros(x.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-np.clip(x @ weights, -30, 30)))
        slope = x.T @ (y - p) - 0.05 * weights
        bend = (x * (p * (1 - p))[:, None]).T @ x + 0.05 * np.eye(x.shape[1])
        weights += np.linalg.solve(bend, slope)
    return weights


def fit(known: Sequence[Example]) -> dict[str, EdgeWeights]:
    """Return the weights of each kind of edge."""
    fitted = {}
    for kind in dict.fromkeys(NAMES):
        rows, labels = [], []
        for one in known:
            values = edge_values(one.face, one.orientation, one.picture)
            for edge, name in enumerate(NAMES):
                weak_cut = one.title == "20%"
                if name != kind or weak_cut or one.edge not in (None, edge):
                    continue
                rows.append(values[edge])
                labels.append(float(one.edge == edge))
        fitted[kind] = EdgeWeights(*logistic(np.array(rows), np.array(labels)))
    return fitted


def main() -> None:
    """Fit the rule, measure it, and print the weights and the results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("data", nargs="?", type=Path, default=DATA)
    parser.add_argument("--count", type=int, default=2400)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    pictures = list(public_test(options.data, options.count, options.seed))
    known = list(examples(CenterFace(), pictures))
    fitted = fit([one for one in known if one.is_fitted])
    edges = tuple(fitted[name] for name in NAMES)
    scores = np.array([cut_score(one.face, one.orientation, one.picture, edges) for one in known])
    whole = [e.is_fitted and e.title == "48 px" for e in known]
    limit = float(np.quantile(scores[whole], 1 - FALSE))
    for kind, weights in fitted.items():
        print(kind, np.round(weights._replace(bias=weights.bias - limit), 3).tolist())
    for fitted_half in (True, False):
        print("fitted half" if fitted_half else "other half")
        for title in sorted({e.title for e in known}):
            which = np.array([e.is_fitted == fitted_half and e.title == title for e in known])
            print(
                f"  {title:28} {which.sum():5}  taken for cut {(scores[which] > limit).mean():.1%}"
            )


if __name__ == "__main__":
    main()
