from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from roomread.training import export
from roomread.training.expression_net import ExpressionNet
from roomread.training.nets import make_net
from roomread.training.rewrite import rewritten


@pytest.mark.parametrize(("name", "pools"), [("compact", 0), ("densenet", 2)])
def test_average_pooling_before_a_pointwise_convolution_is_merged_into_the_convolution(
    name: str, pools: int
) -> None:
    net = ExpressionNet(make_net(name), two_heads=False)
    layers = [node.op_type for node in export.export(net).graph.graph.node]
    # DenseNet pools after its 1 x 1 convolutions, so its pooling remains.
    assert layers.count("AveragePool") == pools
    assert "ReduceMean" not in layers
    assert "GlobalAveragePool" in layers


def pooled(*, pads: int = 0, stride: int = 2, readers: int = 1, kernel: int = 1) -> onnx.ModelProto:
    """Return a net of 2 x 2 average pooling and convolutions that read it."""
    rng = np.random.default_rng(0)
    weights = [
        numpy_helper.from_array(rng.normal(size=(3, 2, kernel, kernel)).astype(np.float32), f"w{n}")
        for n in range(readers)
    ]
    pool = helper.make_node(
        "AveragePool", ["x"], ["p"], kernel_shape=[2, 2], strides=[stride] * 2, pads=[pads] * 4
    )
    mixes = [
        helper.make_node("Conv", ["p", f"w{n}"], [f"y{n}"], kernel_shape=[kernel] * 2)
        for n in range(readers)
    ]
    x = helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [1, 2, 6, 6])
    outputs = [
        helper.make_tensor_value_info(f"y{n}", onnx.TensorProto.FLOAT, None) for n in range(readers)
    ]
    graph = helper.make_graph([pool, *mixes], "net", [x], outputs, weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def run(model: onnx.ModelProto) -> list[np.ndarray]:
    x = np.random.default_rng(1).normal(size=(1, 2, 6, 6)).astype(np.float32)
    outputs: Any = ReferenceEvaluator(model).run(None, {"x": x})
    return list(outputs)


def layers(model: onnx.ModelProto) -> list[str]:
    return [node.op_type for node in model.graph.node]


def test_merged_convolution_computes_the_same_as_pooling_and_convolution() -> None:
    before = run(pooled())
    merged = rewritten(pooled())
    assert layers(merged) == ["Conv"]
    assert [weight.name for weight in merged.graph.initializer] == ["w0_averaging"]
    np.testing.assert_allclose(run(merged)[0], before[0], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "model",
    [pooled(pads=1), pooled(stride=1), pooled(readers=2), pooled(kernel=2)],
    ids=["padded", "overlapping", "read twice", "not pointwise"],
)
def test_pooling_that_cannot_be_merged_is_kept(model: onnx.ModelProto) -> None:
    before, kinds = run(model), layers(model)
    assert layers(rewritten(model)) == kinds
    for old, new in zip(before, run(model), strict=True):
        np.testing.assert_array_equal(old, new)


@pytest.mark.parametrize(
    ("axes", "keepdims", "kind"),
    [
        ([2, 3], 1, "GlobalAveragePool"),
        ([-1, -2], 1, "GlobalAveragePool"),
        ([2, 3], 0, "ReduceMean"),
        ([1, 2], 1, "ReduceMean"),
    ],
)
def test_only_a_mean_over_all_pixels_becomes_global_average_pooling(
    axes: list[int], keepdims: int, kind: str
) -> None:
    mean = helper.make_node("ReduceMean", ["x", "axes"], ["y"], keepdims=keepdims)
    x, y = (helper.make_tensor_value_info(n, onnx.TensorProto.FLOAT, None) for n in "xy")
    chosen = numpy_helper.from_array(np.array(axes, np.int64), "axes")
    graph = helper.make_graph([mean], "net", [x], [y], [chosen])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    before = run(model)
    assert layers(rewritten(model)) == [kind]
    assert bool(model.graph.initializer) == (kind == "ReduceMean")
    np.testing.assert_allclose(run(model)[0], before[0], rtol=1e-5, atol=1e-6)
