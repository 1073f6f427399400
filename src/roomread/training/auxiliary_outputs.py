"""Add the outputs `action_units` and `pose`, linear in the final feature maps, to a model file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from roomread.classifier import ModelFile, open_model
from roomread.classifier.model_file import CARD_KEY
from roomread.errors import DataError
from roomread.media import atomic_path
from roomread.runtime import open_session
from roomread.training.auxiliary_targets import UNITS

# The final maps are averaged to this number of rows and columns, enough to separate left from right
# and eyes from mouth.
GRID = 3
# Prefix of the names of nodes and weights that are added to a graph.
NODE_PREFIX = "auxiliary"
_HEAD = f"{NODE_PREFIX}.head"
_BATCH = 64


@dataclass(frozen=True, slots=True, eq=False)
class AuxiliaryFit:
    """Linear outputs of a net's final feature maps, and their errors on PublicTest.

    Attributes:
        weight: float32 [9 D, A + 3], the weights of D maps averaged to 3 x 3, for A action units
            and three angles; [9 D, A] without pose.
        bias: float32 [A + 3], or [A].
        correlations: Pearson's r of each of the A action units, by name, in the order of the
            columns.
        unpublished: Pearson's r, by name, of the action units that have no output because their r
            is below `auxiliary.LEAST_CORRELATION`.
        errors: the mean absolute error of each angle, overall and for several ranges of the true
            angle's absolute value, degrees; empty without pose.
    """

    weight: NDArray[np.float32]
    bias: NDArray[np.float32]
    correlations: dict[str, float]
    unpublished: dict[str, float]
    errors: dict[str, float]


def write_auxiliary(path: Path, fit: AuxiliaryFit, out: Path) -> ModelFile:
    """Write a model file with the outputs `action_units` and `pose`, and name them in its card.

    Outputs of an earlier fit are replaced. Everything else in the file is unchanged.

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
        pose={"taught by": "MediaPipe Face Landmarker", **fit.errors} if fit.errors else {},
    )
    proto = onnx.load(path)
    _add_outputs(proto, fit)
    metadata = {entry.key: entry.value for entry in proto.metadata_props}
    helper.set_model_props(proto, metadata | {CARD_KEY: card.to_json()})
    with atomic_path(out) as draft:
        onnx.save(proto, draft)
    return open_model(out)


class MapReader:
    """A model file that is run up to its final feature maps, averaged to 3 x 3.

    Args:
        path: the model file.

    Raises:
        ModelFileError: `path` is not a model file.
        DataError: the features of the net do not come from global average pooling, or its final
            feature maps cannot be averaged to 3 x 3.
    """

    def __init__(self, path: Path) -> None:
        open_model(path)
        proto = onnx.load(path)
        name = _add_grid(proto)
        proto.graph.output.append(helper.make_empty_tensor_value_info(name))
        content = proto.SerializeToString()
        self._session, self._name = open_session(lambda: content, threads=1), name

    def of(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the averaged maps, float32 [N, 9 D], of pictures uint8 [N, S, S]."""
        return np.concatenate(
            [
                self._session.run([self._name], {"faces": images[i : i + _BATCH, None]})[0]
                for i in range(0, len(images), _BATCH)
            ]
        )


def _add_grid(model: onnx.ModelProto) -> str:
    """Add the final feature maps, averaged to 3 x 3 and flattened, to a graph; return their name.

    Raises:
        DataError: the features do not come from global average pooling, or the final feature maps
            cannot be averaged to 3 x 3.
    """
    graph, name = model.graph, f"{NODE_PREFIX}.maps"
    if any(name in node.output for node in graph.node):
        return name
    maps = _last_maps(graph)
    shapes = {
        info.name: [size.dim_value for size in info.type.tensor_type.shape.dim]
        for info in onnx.shape_inference.infer_shapes(model).graph.value_info
    }
    _, _, height, width = shapes.get(maps or "", [0, 0, 0, 0])
    if maps is None or not height or height != width or height % GRID:
        raise DataError(
            "the features of this net do not come from global average pooling, or its final "
            "feature maps cannot be average-pooled to 3 x 3",
            hint="use a net such as compact, whose final feature maps are 6 x 6",
        )
    side = [height // GRID] * 2
    graph.node.append(
        helper.make_node(
            "AveragePool", [maps], [f"{name}.grid"], name, kernel_shape=side, strides=side
        )
    )
    graph.node.append(helper.make_node("Flatten", [f"{name}.grid"], [name], f"{name}.flat"))
    return name


def _last_maps(graph: onnx.GraphProto) -> str | None:
    """Return the name of the maps from which global average pooling makes the features, if any."""
    makers = {output: node for node in graph.node for output in node.output}
    passed = {"Reshape", "Flatten", "Squeeze", "QuantizeLinear", "DequantizeLinear"}
    node = makers.get("features")
    while node is not None and node.op_type in passed:
        node = makers.get(node.input[0])
    return node.input[0] if node is not None and node.op_type == "GlobalAveragePool" else None


def _add_outputs(model: onnx.ModelProto, fit: AuxiliaryFit) -> None:
    graph, units = model.graph, len(fit.correlations)
    maps = _add_grid(model)
    ours = ("action_units", "pose")
    for old in [node for node in graph.node if node.name.startswith(_HEAD)]:
        graph.node.remove(old)
    for parts in (graph.initializer, graph.output):
        for old in [each for each in parts if each.name in ours or each.name.startswith(_HEAD)]:
            parts.remove(old)
    for name, columns in zip(ours, (slice(None, units), slice(units, None)), strict=True):
        if not len(fit.bias[columns]):
            continue
        head = f"{_HEAD}.{name}"
        # 16 bits are exact enough for weights, and take half the space.
        weight = np.ascontiguousarray(fit.weight[:, columns], np.float16)
        bias = np.ascontiguousarray(fit.bias[columns], np.float32)
        graph.initializer.append(numpy_helper.from_array(weight, f"{head}.weight_short"))
        graph.initializer.append(numpy_helper.from_array(bias, f"{head}.bias"))
        graph.node.append(
            helper.make_node(
                "Cast",
                [f"{head}.weight_short"],
                [f"{head}.weight"],
                f"{head}.cast",
                to=onnx.TensorProto.FLOAT,
            )
        )
        linear = f"{head}.linear" if name == "action_units" else name
        graph.node.append(
            helper.make_node("Gemm", [maps, f"{head}.weight", f"{head}.bias"], [linear], head)
        )
        graph.output.append(
            helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["N", len(bias)])
        )
    if not units:
        return
    limits = {f"{_HEAD}.least": 0.0, f"{_HEAD}.most": 1.0}
    for name, limit in limits.items():
        graph.initializer.append(numpy_helper.from_array(np.array(limit, np.float32), name))
    graph.node.append(
        helper.make_node(
            "Clip",
            [f"{_HEAD}.action_units.linear", *limits],
            ["action_units"],
            f"{_HEAD}.clip",
        )
    )


def _arkit(unit: str) -> str:
    """Return ARKit's names for an action unit, without Left and Right, joined by "and"."""
    parts = UNITS[unit]
    return " and ".join(dict.fromkeys(p.removesuffix("Left").removesuffix("Right") for p in parts))
