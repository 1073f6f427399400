"""From a data set to a calibrated model file with its card, in one call."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from roomread._version import __version__
from roomread.classifier import ModelCard, ModelFile, softmax
from roomread.faces import FER2013_FRAMING
from roomread.training.calibrate import abstention_threshold, fit_temperature
from roomread.training.dataset import FerData, Split, vote_majority
from roomread.training.evaluate import evaluate, predict
from roomread.training.export import export_model
from roomread.training.expression_net import ExpressionNet
from roomread.training.fit import train
from roomread.training.recipe import Recipe

_NOTES = (
    "Reads the expression a face shows, not what the person feels. Trained on FER-2013 "
    "(Goodfellow et al. 2013), photographs found by web search and labelled by few people{votes}. "
    "Weakest on disgust and fear; not tested on children."
)
_VOTES = ", with the votes of FER+ (Barsoum et al. 2016)"


def train_model(data: FerData, recipe: Recipe, out: Path, *, resume: bool = False) -> ModelFile:
    """Trains, calibrates on PublicTest and writes `out/model.onnx`; PrivateTest is not looked at.

    Raises:
        DataError: see `fit.train`.
        ModelFileError: the exported file does not give what the net gives.
    """
    net = train(data, recipe, out, resume=resume)
    return finish(net, data, recipe, out / "model.onnx")


def finish(net: ExpressionNet, data: FerData, recipe: Recipe, path: Path) -> ModelFile:
    """Calibrates a trained net on PublicTest and writes it as a model file with its card."""
    notes = _NOTES.format(votes=_VOTES if data.votes is not None else "")
    card = ModelCard(
        net=recipe.net,
        temperature=1.0,
        threshold=0.0,
        framing=FER2013_FRAMING,
        version=__version__,
        data=f"fer2013 {data.digest}",
        seed=recipe.seed,
        licence="Apache-2.0",
        training=asdict(recipe),
        notes=notes,
    )
    # The logits are the same in every draft: what follows are entries of the card.
    draft = export_model(net, card, path)
    public = data.split(Split.PublicTest)
    labels = _seen_labels(public)
    logits = predict(draft, public.images, "logits")[labels >= 0]
    temperature = fit_temperature(logits, labels[labels >= 0])
    threshold = abstention_threshold(softmax(logits, temperature=temperature), labels[labels >= 0])
    fields = asdict(card) | {
        "framing": FER2013_FRAMING,
        "temperature": round(temperature, 4),
        "threshold": round(threshold, 3),
    }
    if draft.has_fer2013_head:
        logits = predict(draft, public.images, "logits_fer2013")
        fields["temperature_fer2013"] = round(fit_temperature(logits, public.labels), 4)
    calibrated = export_model(net, ModelCard(**fields), path)
    # A file cannot hold its own digest.
    calibrated = replace(calibrated, digest="this file")
    fields["figures"] = {
        f"{result.name}: {kind}": str(figure)
        for result in evaluate(calibrated, data, Split.PublicTest)
        for kind, figure in (
            ("accuracy", result.accuracy),
            ("macro-F1", result.macro_f1),
            ("ECE", result.ece),
        )
    }
    return export_model(net, ModelCard(**fields), path)


def _seen_labels(part: FerData) -> NDArray[np.int64]:
    """What `logits` are held to: the FER+ majority where known (else -1), or FER-2013's label."""
    return vote_majority(part.votes) if part.votes is not None else part.labels
