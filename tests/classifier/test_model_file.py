from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from roomread.classifier import ModelCard, bundled_models, open_model
from roomread.classifier.model_file import CARD_KEY
from roomread.errors import ModelFileError
from roomread.readings import CropGeometry

CARD = ModelCard("tiny", 2.0, 0.4, CropGeometry(1.2, 0.1), "0", "none", 0, "Apache-2.0")


def tiny_model(
    path: Path,
    *,
    card: str | None = CARD.to_json(),
    shape: Sequence[str | int | None] = ("N", 1, 48, 48),
    input_name: str = "faces",
    classes: int = 7,
) -> Path:
    """Write a model file whose logits are the mean brightness times 0 to 6."""
    faces = helper.make_tensor_value_info(input_name, TensorProto.UINT8, shape)
    logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["N", classes])
    features = helper.make_tensor_value_info("features", TensorProto.FLOAT, ["N", 1])
    weights = np.arange(classes, dtype=np.float32)[None]
    graph = helper.make_graph(
        [
            helper.make_node("Cast", [input_name], ["x"], to=TensorProto.FLOAT),
            helper.make_node("ReduceMean", ["x", "axes"], ["features"], keepdims=0),
            helper.make_node("MatMul", ["features", "w"], ["logits"]),
        ],
        "tiny",
        [faces],
        [logits, features],
        [
            helper.make_tensor("axes", TensorProto.INT64, [2], [2, 3]),
            helper.make_tensor("w", TensorProto.FLOAT, weights.shape, weights),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    if card is not None:
        helper.set_model_props(model, {CARD_KEY: card})
    onnx.save(model, path)
    return path


def changed(**fields: object) -> str:
    return json.dumps(json.loads(CARD.to_json()) | fields)


def test_bundled_default_model_exists_and_is_small() -> None:
    assert "compact" in bundled_models()
    model = open_model("compact")
    assert model.size < 5_000_000
    assert model.side == 48
    assert 0 < model.card.threshold < 1


def test_a_model_file_is_opened_by_path(tmp_path: Path) -> None:
    model = open_model(tiny_model(tmp_path / "tiny.onnx"))
    assert model.name == "tiny.onnx"
    assert model.card == CARD
    assert not model.has_fer2013_head


def test_different_files_have_different_digests(tmp_path: Path) -> None:
    a = open_model(tiny_model(tmp_path / "a.onnx"))
    b = open_model(tiny_model(tmp_path / "b.onnx", card=replace(CARD, seed=1).to_json()))
    assert a.digest != b.digest


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"card": None}, "has no Roomread model card"),
        ({"card": "{"}, "odd.onnx: "),
        ({"card": "[]"}, "not a model card"),
        ({"card": changed(extra=1)}, "not a model card"),
        (
            {"card": changed(labels=["happy", "sad"])},
            "the labels in the model card are 'happy, sad'",
        ),
        ({"card": changed(temperature=0)}, "out of range"),
        ({"card": changed(threshold=2)}, "out of range"),
        ({"shape": ("N", 3, 48, 48)}, r"not \[N, 1, S, S\]"),
        ({"shape": ("N", 1, 48, 32)}, r"not \[N, 1, S, S\]"),
        ({"input_name": "images"}, "has no input 'faces'"),
        ({"classes": 8}, "'logits' is not"),
    ],
)
def test_model_file_in_another_format_is_refused(
    tmp_path: Path, options: dict[str, object], complaint: str
) -> None:
    path = tiny_model(tmp_path / "odd.onnx", **options)  # type: ignore[arg-type]
    with pytest.raises(ModelFileError, match=complaint) as caught:
        open_model(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"not a net", b"\x08\x07" * 50])
def test_file_that_is_not_onnx_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "net.onnx"
    path.write_bytes(content)
    with pytest.raises(ModelFileError, match=r"net\.onnx"):
        open_model(path)


def test_error_of_a_missing_file_names_the_bundled_models(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="compact"):
        open_model(tmp_path / "missing.onnx")


def test_folder_is_refused_as_a_model_file(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError):
        open_model(tmp_path)


def test_confusion_matrix_of_the_wrong_size_is_refused() -> None:
    card = replace(open_model().card, confusion={"FER-2013 label": [[1, 2], [3, 4]]})
    with pytest.raises(ValueError, match="confusion matrix"):
        ModelCard.from_json(card.to_json())
