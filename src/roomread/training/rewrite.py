"""Rewrite an exported net to an equivalent one with fewer operations."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import helper, numpy_helper


def rewritten(model: onnx.ModelProto) -> onnx.ModelProto:
    """Simplify the pooling of a net; the outputs of the net change by rounding errors only.

    Average pooling is merged into the following convolution, and means over all pixels become
    GlobalAveragePool. Without this change, in the int8 form of the default net, ONNX Runtime needs
    a third as much time for pooling in the shortcuts as for all convolutions.

    Args:
        model: the net, which is changed in place and returned.
    """
    _mix_at_once(model.graph)
    _average_in_one_step(model.graph)
    used = {name for node in model.graph.node for name in node.input}
    for weight in [one for one in model.graph.initializer if one.name not in used]:
        model.graph.initializer.remove(weight)
    # Remove the exporter's shape annotations of arrays that no longer exist.
    del model.graph.value_info[:]
    return model


def _mix_at_once(graph: onnx.GraphProto) -> None:
    """Merge k x k average pooling and the following 1 x 1 convolution into one convolution."""
    weights = {weight.name: weight for weight in graph.initializer}
    for pool in [node for node in graph.node if node.op_type == "AveragePool"]:
        side = _numbers(pool, "kernel_shape")
        readers = [node for node in graph.node if pool.output[0] in node.input]
        if _numbers(pool, "strides") != side or any(_numbers(pool, "pads")):
            continue
        if len(readers) != 1 or not _is_pointwise(readers[0], weights):
            continue
        (mix,) = readers
        weight = numpy_helper.to_array(weights[mix.input[1]])
        spread = np.tile(weight, (1, 1, *side)) / np.float32(np.prod(side))
        averaging = f"{mix.input[1]}_averaging"
        graph.initializer.append(numpy_helper.from_array(spread.astype(weight.dtype), averaging))
        mix.input[0], mix.input[1] = pool.input[0], averaging
        sides = ("kernel_shape", "strides")
        kept = [attribute for attribute in mix.attribute if attribute.name not in sides]
        del mix.attribute[:]
        mix.attribute.extend([*kept, *(helper.make_attribute(name, side) for name in sides)])
        graph.node.remove(pool)


def _average_in_one_step(graph: onnx.GraphProto) -> None:
    """Replace means over all pixels with GlobalAveragePool, for which there is an 8-bit form."""
    weights = {weight.name: numpy_helper.to_array(weight) for weight in graph.initializer}
    for node in graph.node:
        if node.op_type != "ReduceMean" or len(node.input) != 2 or node.input[1] not in weights:
            continue
        axes = weights[node.input[1]].tolist()
        if axes in ([2, 3], [-1, -2], [-2, -1]) and _numbers(node, "keepdims") in ([], [1]):
            node.op_type = "GlobalAveragePool"
            del node.input[1:]
            del node.attribute[:]


def _is_pointwise(node: onnx.NodeProto, weights: dict[str, onnx.TensorProto]) -> bool:
    """Return whether a node is a 1 x 1 convolution of all channels with constant weights."""
    return (
        node.op_type == "Conv"
        and node.input[1] in weights
        and list(weights[node.input[1]].dims[2:]) == [1, 1]
        and _numbers(node, "group") in ([], [1])
        and _numbers(node, "strides") in ([], [1, 1])
        and not any(_numbers(node, "pads"))
    )


def _numbers(node: onnx.NodeProto, name: str) -> list[int]:
    """Return the integers of a node's attribute; an empty list if the attribute is not set."""
    found = next((a for a in node.attribute if a.name == name), None)
    return [] if found is None else list(found.ints) or [found.i]
