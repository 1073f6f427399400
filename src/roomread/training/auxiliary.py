"""Teach a trained net action units and head pose: linear outputs of its last layer of maps.

The targets come from a table of another program, MediaPipe's Face Landmarker in the table that the
project uses. Its values are estimates themselves, so an agreement with them is given as a
correlation, never as an accuracy.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import onnx
import pyarrow as pa
import pyarrow.parquet
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from roomread.classifier import ModelFile, open_model
from roomread.classifier.model_file import CARD_KEY
from roomread.errors import DataError
from roomread.media import atomic_path
from roomread.runtime import open_session
from roomread.training.dataset import FerData, Split

# Action units of the Facial Action Coding System (Ekman and Friesen 1978), and the blendshapes of
# ARKit that describe the same movement; those of the left and right half are averaged. Cheek
# squint, nose sneer and cheek puff are absent, as MediaPipe's hardly leave 0.
UNITS: dict[str, tuple[str, ...]] = {
    "AU1": ("browInnerUp",),
    "AU2": ("browOuterUpLeft", "browOuterUpRight"),
    "AU4": ("browDownLeft", "browDownRight"),
    "AU5": ("eyeWideLeft", "eyeWideRight"),
    "AU7": ("eyeSquintLeft", "eyeSquintRight"),
    "AU10": ("mouthUpperUpLeft", "mouthUpperUpRight"),
    "AU12": ("mouthSmileLeft", "mouthSmileRight"),
    "AU14": ("mouthDimpleLeft", "mouthDimpleRight"),
    "AU15": ("mouthFrownLeft", "mouthFrownRight"),
    "AU16": ("mouthLowerDownLeft", "mouthLowerDownRight"),
    "AU17": ("mouthShrugLower",),
    "AU18": ("mouthPucker",),
    "AU20": ("mouthStretchLeft", "mouthStretchRight"),
    "AU22": ("mouthFunnel",),
    "AU24": ("mouthPressLeft", "mouthPressRight"),
    "AU26": ("jawOpen",),
    "AU28": ("mouthRollLower", "mouthRollUpper"),
    "AU45": ("eyeBlinkLeft", "eyeBlinkRight"),
    "AU63": ("eyeLookUpLeft", "eyeLookUpRight"),
    "AU64": ("eyeLookDownLeft", "eyeLookDownRight"),
}
ANGLES = ("yaw", "pitch", "roll")
# The correlation under which a unit is not published.
LEAST_CORRELATION = 0.5
# Strength of the L2 penalty for standardised inputs, per picture.
_PENALTY = 0.01
# The last maps are averaged to this many rows and columns, which tells left from right and eyes
# from mouth.
_GRID = 3
_BATCH = 64
# The bins of yaw in which the error is measured, degrees.
_YAW_BINS = ((0, 10), (10, 20), (20, 30), (30, 90))


@dataclass(frozen=True, slots=True, eq=False)
class AuxiliaryTargets:
    """Action units and pose of the pictures of a data set, as another program estimates them.

    Attributes:
        found: bool [N], whether it found a face; the other rows are 0.
        units: float32 [N, len(UNITS)], 0..1.
        pose: float32 [N, 3], `ANGLES` in degrees, with the signs of `readings.Pose`.
    """

    found: NDArray[np.bool_]
    units: NDArray[np.float32]
    pose: NDArray[np.float32]

    def take(self, rows: NDArray[np.bool_]) -> AuxiliaryTargets:
        """Return the targets of some pictures, by a mask [N]."""
        return AuxiliaryTargets(self.found[rows], self.units[rows], self.pose[rows])


def read_targets(path: Path, data: FerData) -> AuxiliaryTargets:
    """Read the targets of a data set's pictures from a Parquet table.

    Args:
        path: a table with a row for each picture: `row` (as in `FerData.rows`), `Usage`, `found`,
            ARKit's blendshapes in 0..1, and MediaPipe's yaw, pitch and roll in degrees.
        data: the data set.

    Raises:
        DataError: the table cannot be read, lacks a column or a picture of the data set, or has
            another split for it.
    """
    columns = sorted({column for parts in UNITS.values() for column in parts})
    names = ["row", "Usage", "found", *columns, *ANGLES]
    try:
        table = pyarrow.parquet.read_table(path, columns=names)
    except (OSError, pa.ArrowException) as error:
        raise DataError(f"{path}: cannot be read as a table of action units ({error})") from error
    missing = [name for name in names if name not in table.column_names]
    if missing:
        raise DataError(f"{path}: has no column {missing[0]}")
    rows = table["row"].to_numpy()
    order = np.argsort(rows)
    place = np.minimum(np.searchsorted(rows[order], data.rows), len(rows) - 1)
    chosen = order[place]
    if len(rows) == 0 or (rows[chosen] != data.rows).any():
        raise DataError(f"{path}: does not have all {len(data)} pictures of the data set")
    usage = [str(name) for name in table["Usage"].to_pylist()]
    unknown = sorted(set(usage) - set(Split.__members__))
    if unknown:
        raise DataError(f"{path}: has the unknown split '{unknown[0]}'")
    splits = np.array([Split[name] for name in usage], dtype=np.int8)
    if (splits[chosen] != data.splits).any():
        raise DataError(f"{path}: is of another data set: its splits differ")
    values = {
        name: np.nan_to_num(table[name].cast(pa.float32()).to_numpy())[chosen]
        for name in (*columns, *ANGLES)
    }
    units = [np.mean([values[part] for part in parts], axis=0) for parts in UNITS.values()]
    pose = np.stack([values[name] for name in ANGLES], axis=1) * _SIGNS
    found = table["found"].to_numpy(zero_copy_only=False).astype(bool)[chosen]
    return AuxiliaryTargets(found, np.stack(units, axis=1), pose)


# MediaPipe's angles times these are those of `readings.Pose`.
_SIGNS = np.array([1, -1, -1], dtype=np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class AuxiliaryFit:
    """Linear outputs of a net's last maps, and their agreement with the targets on PublicTest.

    Attributes:
        weight: float32 [9 D, A + 3], of the maps averaged to 3 x 3.
        bias: float32 [A + 3].
        correlations: r of each of the A published units, by name, in order.
        unpublished: r of the units under `LEAST_CORRELATION`.
        errors: the mean absolute error of each angle, and of yaw by bins of |yaw|, degrees.
    """

    weight: NDArray[np.float32]
    bias: NDArray[np.float32]
    correlations: dict[str, float]
    unpublished: dict[str, float]
    errors: dict[str, float]


def fit_auxiliary(
    path: Path, data: FerData, targets: AuxiliaryTargets, *, penalty: float = _PENALTY
) -> AuxiliaryFit:
    """Fit the outputs to Training by ridge regression, and measure them on PublicTest.

    Each picture is used as it is and mirrored; PrivateTest is not used.

    Args:
        path: a model file, in fp32 or int8, whose features are means of maps.
        data: all splits.
        targets: the targets of the same pictures.
        penalty: the strength of the L2 penalty, over 0.

    Raises:
        ModelFileError: `path` is not a model file.
        DataError: its features are not means of maps that can be averaged to 3 x 3, or a split has
            fewer than two pictures with targets.
    """
    maps = _MapReader(path)
    known = targets.found
    training, public = (
        known & (data.splits == split) for split in (Split.Training, Split.PublicTest)
    )
    if min(training.sum(), public.sum()) < 2:
        raise DataError("Training and PublicTest need at least two pictures with action units each")
    images, wanted = data.images[training], targets.take(training)
    x = np.concatenate([maps.of(images), maps.of(np.ascontiguousarray(images[:, :, ::-1]))])
    turned = wanted.pose * np.array([-1, 1, -1], dtype=np.float32)
    y = np.concatenate([np.hstack([wanted.units, wanted.pose]), np.hstack([wanted.units, turned])])
    weight, bias = _ridge(x, y, penalty)
    predictions = maps.of(data.images[public]) @ weight + bias
    truth = targets.take(public)
    count = len(UNITS)
    clipped = predictions[:, :count].clip(0, 1)
    found = {
        name: round(_correlation(clipped[:, i], truth.units[:, i]), 3)
        for i, name in enumerate(UNITS)
    }
    kept = [i for i, name in enumerate(UNITS) if found[name] >= LEAST_CORRELATION]
    columns = [*kept, *range(count, count + len(ANGLES))]
    published = {name: r for name, r in found.items() if r >= LEAST_CORRELATION}
    return AuxiliaryFit(
        weight[:, columns],
        bias[columns],
        published,
        {name: r for name, r in found.items() if name not in published},
        _pose_errors(predictions[:, count:], truth.pose),
    )


def write_auxiliary(path: Path, fit: AuxiliaryFit, out: Path) -> ModelFile:
    """Write a model file with the outputs `action_units` and `pose`, and name them in its card.

    Outputs of an earlier fit are replaced; all else, the other outputs included, is unchanged.

    Args:
        path: the model file that was passed to `fit_auxiliary`.
        fit: the result of `fit_auxiliary`.
        out: the file, which is written atomically.

    Raises:
        ModelFileError: `path` is not a model file.
        OutputError: `out` cannot be written.
    """
    card = replace(
        open_model(path).card,
        action_units={
            name: {"arkit": _arkit(name), "r": r} for name, r in fit.correlations.items()
        },
        pose={"taught by": "MediaPipe Face Landmarker", **fit.errors},
    )
    proto = onnx.load(path)
    _add_outputs(proto, fit)
    metadata = {entry.key: entry.value for entry in proto.metadata_props}
    helper.set_model_props(proto, metadata | {CARD_KEY: card.to_json()})
    with atomic_path(out) as draft:
        onnx.save(proto, draft)
    return open_model(out)


class _MapReader:
    """Compute the last maps of a net, averaged to 3 x 3.

    Raises:
        ModelFileError: the file is not a model file.
        DataError: its features are not means of maps that can be averaged.
    """

    def __init__(self, path: Path) -> None:
        open_model(path)
        proto = onnx.load(path)
        name = _pool(proto)
        proto.graph.output.append(helper.make_empty_tensor_value_info(name))
        content = proto.SerializeToString()
        self._session, self._name = open_session(lambda: content, threads=1), name

    def of(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return float32 [N, 9 D] of pictures uint8 [N, S, S]."""
        return np.concatenate(
            [
                self._session.run([self._name], {"faces": images[i : i + _BATCH, None]})[0]
                for i in range(0, len(images), _BATCH)
            ]
        )


def _pool(model: onnx.ModelProto) -> str:
    """Add the last maps, averaged to 3 x 3 and flattened, to a graph; return their name.

    Raises:
        DataError: the features are not means of maps that can be averaged so.
    """
    graph, name = model.graph, "auxiliary.maps"
    if any(name in node.output for node in graph.node):
        return name
    maps = _last_maps(graph)
    shapes = {
        info.name: [size.dim_value for size in info.type.tensor_type.shape.dim]
        for info in onnx.shape_inference.infer_shapes(model).graph.value_info
    }
    _, _, height, width = shapes.get(maps or "", [0, 0, 0, 0])
    if maps is None or not height or height != width or height % _GRID:
        raise DataError(
            "the features of this net are not means of maps that can be averaged to 3 x 3",
            hint="take a net such as compact, whose last maps have 6 x 6 pixels",
        )
    side = [height // _GRID] * 2
    graph.node.append(
        helper.make_node(
            "AveragePool", [maps], [f"{name}.grid"], name, kernel_shape=side, strides=side
        )
    )
    graph.node.append(helper.make_node("Flatten", [f"{name}.grid"], [name], f"{name}.flat"))
    return name


def _last_maps(graph: onnx.GraphProto) -> str | None:
    """Return the name of the maps whose means are the features; None if they are not means."""
    makers = {output: node for node in graph.node for output in node.output}
    passed = {"Reshape", "Flatten", "Squeeze", "QuantizeLinear", "DequantizeLinear"}
    node = makers.get("features")
    while node is not None and node.op_type in passed:
        node = makers.get(node.input[0])
    return node.input[0] if node is not None and node.op_type == "GlobalAveragePool" else None


def _add_outputs(model: onnx.ModelProto, fit: AuxiliaryFit) -> None:
    graph, units = model.graph, len(fit.correlations)
    maps = _pool(model)
    ours = ("action_units", "pose")
    for old in [node for node in graph.node if node.name.startswith("auxiliary.head")]:
        graph.node.remove(old)
    for parts in (graph.initializer, graph.output):
        for old in [
            each for each in parts if each.name in ours or each.name.startswith("auxiliary.head")
        ]:
            parts.remove(old)
    for name, columns in zip(ours, (slice(None, units), slice(units, None)), strict=True):
        head = f"auxiliary.head.{name}"
        values = {"weight": fit.weight[:, columns], "bias": fit.bias[columns]}
        for kind, value in values.items():
            graph.initializer.append(
                numpy_helper.from_array(np.ascontiguousarray(value, np.float32), f"{head}.{kind}")
            )
        linear = f"{head}.linear" if name == "action_units" else name
        graph.node.append(
            helper.make_node("Gemm", [maps, f"{head}.weight", f"{head}.bias"], [linear], head)
        )
        graph.output.append(
            helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["N", value.shape[-1]])
        )
    limits = {"auxiliary.head.least": 0.0, "auxiliary.head.most": 1.0}
    for name, limit in limits.items():
        graph.initializer.append(numpy_helper.from_array(np.array(limit, np.float32), name))
    graph.node.append(
        helper.make_node(
            "Clip",
            ["auxiliary.head.action_units.linear", *limits],
            ["action_units"],
            "auxiliary.head.clip",
        )
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
    """Return Pearson's r; 0 where one of both does not vary."""
    if min(a.std(), b.std()) == 0:
        return 0.0
    return float(np.corrcoef(a, b)[0, 1])


def _pose_errors(predictions: NDArray[np.float32], truth: NDArray[np.float32]) -> dict[str, float]:
    """Return the mean absolute error of each angle, and of yaw by bins of |yaw|, degrees."""
    errors = np.abs(predictions - truth)
    named = {f"error of {name}": float(errors[:, i].mean()) for i, name in enumerate(ANGLES)}
    turned = np.abs(truth[:, 0])
    for low, high in _YAW_BINS:
        rows = (turned >= low) & (turned < high)
        if rows.any():
            named[f"error of yaw, {low} to {high}"] = float(errors[rows, 0].mean())
    return {name: round(value, 2) for name, value in named.items()}


def _arkit(unit: str) -> str:
    """Return ARKit's name of a unit, without the side."""
    parts = UNITS[unit]
    return " and ".join(dict.fromkeys(p.removesuffix("Left").removesuffix("Right") for p in parts))
