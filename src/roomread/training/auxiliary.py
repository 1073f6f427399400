"""Fit outputs for action units and head pose to the final feature maps of a trained net.

Outputs that were trained together with the net (see `auxiliary_head`) are only measured here. The
model file has the same outputs in both cases.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from roomread.errors import DataError
from roomread.training.auxiliary_outputs import AuxiliaryFit, MapReader
from roomread.training.auxiliary_targets import ANGLES, UNITS, AuxiliaryTargets
from roomread.training.dataset import FerData, Split
from roomread.training.recipe import ACTION_UNITS, AUXILIARY_OUTPUTS, POSE

# Minimum correlation for an action unit to be an output of the model file.
LEAST_CORRELATION = 0.5
# Strength of the L2 penalty for standardised inputs, per picture.
_PENALTY = 0.01
# Bins of the absolute value of an angle in which its error is measured, degrees.
_BINS = ((0, 10), (10, 20), (20, 30), (30, 90))


def fit_auxiliary(
    path: Path, data: FerData, targets: AuxiliaryTargets, *, penalty: float = _PENALTY
) -> AuxiliaryFit:
    """Fit outputs for action units and pose on Training, and measure them on PublicTest.

    The fit is a ridge regression on each picture and its mirror image. PrivateTest is not used.

    Args:
        path: a model file, in fp32 or int8, whose features come from global average pooling.
        data: all splits.
        targets: the action units and pose of the same pictures.
        penalty: the strength of the L2 penalty, greater than 0.

    Raises:
        ModelFileError: `path` is not a model file.
        DataError: the features of the net do not come from global average pooling, its final
            feature maps cannot be averaged to 3 x 3, or Training or PublicTest has fewer than two
            pictures with targets.
    """
    maps = MapReader(path)
    known = targets.found
    training, public = (
        known & (data.splits == split) for split in (Split.Training, Split.PublicTest)
    )
    if min(training.sum(), public.sum()) < 2:
        raise DataError("Training or PublicTest has fewer than two pictures with action units")
    images, wanted = data.images[training], targets.take(training)
    x = np.concatenate([maps.of(images), maps.of(np.ascontiguousarray(images[:, :, ::-1]))])
    turned = wanted.pose * np.array([-1, 1, -1], dtype=np.float32)
    y = np.concatenate([np.hstack([wanted.units, wanted.pose]), np.hstack([wanted.units, turned])])
    weight, bias = _ridge(x, y, penalty)
    return _measured(maps.of(data.images[public]), targets.take(public), weight, bias)


def measure_auxiliary(
    path: Path,
    data: FerData,
    targets: AuxiliaryTargets,
    weight: NDArray[np.float32],
    bias: NDArray[np.float32],
    *,
    outputs: Sequence[str] = AUXILIARY_OUTPUTS,
) -> AuxiliaryFit:
    """Measure, on PublicTest, auxiliary outputs that were trained together with the net.

    Args:
        path: the net's model file.
        data: all splits.
        targets: the action units and pose of the same pictures.
        weight: float32 [9 D, K], the weights of D maps averaged to 3 x 3. The columns are `UNITS`,
            then `ANGLES`, without the columns of outputs that were not trained.
        bias: float32 [K].
        outputs: the outputs that were trained, out of `recipe.AUXILIARY_OUTPUTS`.

    Raises:
        ModelFileError: `path` is not a model file.
        DataError: the features of the net do not come from global average pooling, its final
            feature maps cannot be averaged to 3 x 3, or PublicTest has fewer than two pictures with
            targets.
    """
    public = targets.found & (data.splits == Split.PublicTest)
    if public.sum() < 2:
        raise DataError("PublicTest has fewer than two pictures with action units")
    maps = MapReader(path).of(data.images[public])
    return _measured(maps, targets.take(public), weight, bias, outputs=outputs)


def _measured(
    maps: NDArray[np.float32],
    truth: AuxiliaryTargets,
    weight: NDArray[np.float32],
    bias: NDArray[np.float32],
    *,
    outputs: Sequence[str] = AUXILIARY_OUTPUTS,
) -> AuxiliaryFit:
    """Compare outputs with the truth; drop action units with r below `LEAST_CORRELATION`."""
    predictions = maps @ weight + bias
    count = len(UNITS) if ACTION_UNITS in outputs else 0
    clipped = predictions[:, :count].clip(0, 1)
    found = {
        name: round(_correlation(clipped[:, i], truth.units[:, i]), 3)
        for i, name in enumerate(UNITS)
        if i < count
    }
    kept = [i for i, r in enumerate(found.values()) if r >= LEAST_CORRELATION]
    columns = [*kept, *range(count, len(bias))]
    published = {name: r for name, r in found.items() if r >= LEAST_CORRELATION}
    return AuxiliaryFit(
        weight[:, columns],
        bias[columns],
        published,
        {name: r for name, r in found.items() if name not in published},
        _pose_errors(predictions[:, count:], truth.pose) if POSE in outputs else {},
    )


def _ridge(
    x: NDArray[np.float32], y: NDArray[np.float32], penalty: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return weight float32 [D, K] and bias [K] of ridge regression of y [N, K] on x [N, D]."""
    mean, deviation = x.mean(axis=0), x.std(axis=0) + 1e-6
    scaled = (x - mean) / deviation
    products = (scaled.T @ scaled).astype(np.float64)
    products[np.diag_indices(len(products))] += penalty * len(x)
    middle = y.mean(axis=0)
    solved = np.linalg.solve(products, scaled.T @ (y - middle))
    weight = (solved / deviation[:, None]).astype(np.float32)
    return weight, (middle - mean @ weight).astype(np.float32)


def _correlation(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    """Return Pearson's r; 0 if one of the arrays is constant."""
    if min(a.std(), b.std()) == 0:
        return 0.0
    return float(np.corrcoef(a, b)[0, 1])


def _pose_errors(predictions: NDArray[np.float32], truth: NDArray[np.float32]) -> dict[str, float]:
    """Return the mean absolute error of each angle, degrees.

    The error is computed over all pictures, and separately for ranges of the true angle's absolute
    value.
    """
    errors, sizes = np.abs(predictions - truth), np.abs(truth)
    named = {f"error of {name}": float(errors[:, i].mean()) for i, name in enumerate(ANGLES)}
    for i, name in enumerate(ANGLES):
        for low, high in _BINS:
            rows = (sizes[:, i] >= low) & (sizes[:, i] < high)
            if rows.any():
                named[f"error of {name}, {low} to {high}"] = float(errors[rows, i].mean())
    return {name: round(value, 2) for name, value in named.items()}
