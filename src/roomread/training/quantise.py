"""Quantise a model file to 8-bit integers, which makes it smaller and, on many processors, faster.

The quantisation is static: the range of every layer's output is measured once, on pictures (Jacob
et al. 2017, arXiv:1712.05877).
"""

from __future__ import annotations

import contextlib
import io
import logging
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process

from roomread.classifier import ModelFile, open_model
from roomread.classifier.model_file import CARD_KEY
from roomread.errors import ModelFileError
from roomread.training.auxiliary_outputs import NODE_PREFIX
from roomread.training.dataset import FerData, Split
from roomread.training.evaluate import Evaluation, evaluate
from roomread.training.timing import times_as_fast
from roomread.training.workbench import AGAINST_FP32, with_figures

_PICTURES = 512
_BATCH = 64


@dataclass(frozen=True, slots=True, eq=False)
class Quantised:
    """An int8 model file and its comparison with the fp32 file.

    Attributes:
        model: the opened int8 file.
        before: the fp32 file's evaluations on PublicTest.
        after: the int8 file's evaluations on PublicTest.
        times_as_fast: the time per face in fp32 divided by the time in int8, in batches of 25 with
            one thread.
    """

    model: ModelFile
    before: list[Evaluation]
    after: list[Evaluation]
    times_as_fast: float

    @property
    def points_lost(self) -> float:
        """The largest loss of accuracy in any evaluation, percentage points; below 0 for a gain."""
        pairs = zip(self.before, self.after, strict=True)
        return max(100 * (b.accuracy.value - a.accuracy.value) for b, a in pairs)


def quantise(model: Path, data: FerData, out: Path) -> Quantised:
    """Write a model file in int8, with a card that compares its accuracy and speed with fp32.

    Args:
        model: an fp32 model file.
        data: all splits; the range of each layer's output and the accuracy are measured on
            PublicTest.
        out: the file, which is written atomically.

    Raises:
        ModelFileError: `model` is not a model file, or is already int8.
        DataError: the data set has no PublicTest pictures.
        OSError: the file cannot be written.
    """
    plain = open_model(model, threads=1)
    if plain.card.precision == "int8":
        raise ModelFileError(f"{model}: is int8 already", hint="use the run's model.onnx")
    before = evaluate(plain, data, Split.PublicTest)
    public = data.split(Split.PublicTest)
    spread = np.linspace(0, len(public) - 1, min(_PICTURES, len(public))).astype(int)
    with tempfile.TemporaryDirectory(dir=out.parent) as folder:
        prepared, draft = Path(folder) / "prepared.onnx", Path(folder) / out.name
        quant_pre_process(str(model), str(prepared))
        _quantise(prepared, draft, public.images[spread])
        _write_card(draft, plain)
        after = evaluate(replace(open_model(draft), digest="this file"), data, Split.PublicTest)
        ratio = times_as_fast(plain, open_model(draft, threads=1))
        result = Quantised(open_model(draft), before, after, ratio)
        _write_card(draft, plain, result)
        draft.replace(out)
    return replace(result, model=open_model(out))


class _CalibrationPictures(CalibrationDataReader):  # type: ignore[misc]
    """The pictures, in batches, on which ONNX Runtime measures the range of each layer's output."""

    def __init__(self, images: NDArray[np.uint8]) -> None:
        self.batches = self._batches(images)

    def _batches(self, images: NDArray[np.uint8]) -> Iterator[dict[str, NDArray[np.uint8]]]:
        # All batches have the same size, as the library requires.
        size = min(_BATCH, len(images))
        for start in range(0, len(images) - size + 1, size):
            yield {"faces": images[start : start + size, None]}

    def get_next(self) -> dict[str, NDArray[np.uint8]] | None:
        return next(self.batches, None)


def _quantise(source: Path, out: Path, images: NDArray[np.uint8]) -> None:
    nodes = onnx.load(source).graph.node
    first = next(node for node in nodes if node.op_type == "Conv")
    # Do not quantise the heads of action units and pose, whose errors the card states.
    heads = [node.name for node in nodes if node.name.startswith(NODE_PREFIX)]
    # Suppress the library's output about its steps.
    logging.disable(logging.WARNING)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            quantize_static(
                source,
                out,
                _CalibrationPictures(images),
                quant_format=QuantFormat.QDQ,
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
                per_channel=True,
                # Exclude the first layer: with one input channel it is faster in 32 bits, and its
                # input keeps all 256 levels.
                nodes_to_exclude=[first.name, *heads],
                # Use 7-bit weights, whose products cannot overflow the 16-bit sums of processors
                # without VNNI.
                reduce_range=True,
                calibrate_method=CalibrationMethod.Percentile,
                extra_options={"CalibPercentile": 99.99},
            )
    finally:
        logging.disable(logging.NOTSET)


def _write_card(path: Path, plain: ModelFile, result: Quantised | None = None) -> None:
    card = replace(plain.card, precision="int8")
    if result is not None:
        card = with_figures(card, result.after)
        card.figures[AGAINST_FP32] = (
            f"{result.points_lost:+.2f} points lost on PublicTest, "
            f"{result.times_as_fast:.2f} times as fast a face (batch 25, one thread)"
        )
    proto = onnx.load(path)
    onnx.helper.set_model_props(proto, {CARD_KEY: card.to_json()})
    onnx.save(proto, path)
