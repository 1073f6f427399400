"""Train, calibrate, evaluate and export a net in one call."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from roomread._version import __version__
from roomread.classifier import ModelCard, ModelFile
from roomread.faces import FER2013_FRAMING
from roomread.training.auxiliary import measure_auxiliary
from roomread.training.auxiliary_outputs import write_auxiliary
from roomread.training.auxiliary_targets import read_targets
from roomread.training.calibrate import calibrate, fit_tau, fit_temperature
from roomread.training.dataset import FerData, Split, vote_majority
from roomread.training.evaluate import Evaluation, evaluate, predict
from roomread.training.export import ExportedNet, export
from roomread.training.expression_net import ExpressionNet
from roomread.training.fit import load_net, train, training_rows, withheld
from roomread.training.hardware import ONE_PROCESS, Hardware
from roomread.training.recipe import Recipe
from roomread.training.runs import DataSource, Run
from roomread.training.targets import make_targets

_NOTES = (
    "Reads the expression a face shows, not what the person feels. Trained on FER-2013 "
    "(Goodfellow et al. 2013), photographs found by web search and labelled by few people{votes}. "
    "Weakest on disgust and fear; not tested on children."
)
_VOTES = ", with the votes of FER+ (Barsoum et al. 2016)"
_BATCH = 256
# Name of the figure in an int8 file's card that compares the file with its fp32 form.
AGAINST_FP32 = "against fp32"


class Trainer(Protocol):
    """A function that trains a net and writes its run; see `fit.train`."""

    def __call__(
        self, data: FerData, recipe: Recipe, out: Path, *, resume: bool, hardware: Hardware
    ) -> ExpressionNet:
        """Train a net, and keep the epoch that is best on PublicTest."""


def train_model(  # noqa: PLR0913 (a run has this many independent inputs)
    data: FerData,
    recipe: Recipe,
    out: Path,
    *,
    source: DataSource | None = None,
    resume: bool = False,
    hardware: Hardware = ONE_PROCESS,
    trainer: Trainer = train,
) -> ModelFile:
    """Train, calibrate on PublicTest and write `out/model.onnx`; PrivateTest is not used.

    Args:
        data: all splits.
        recipe: the settings.
        out: the run's folder.
        source: the location of the data set, which is saved so that `Run.data` can read it again;
            None to save nothing.
        resume: see `fit.train`.
        hardware: the hardware to train on.
        trainer: the function that trains, for example on other machines.

    Raises:
        DataError: see `fit.train`.
        ModelFileError: ONNX Runtime differs from torch on the exported file.
    """
    run = Run(out)
    trainer(data, recipe, out, resume=resume, hardware=hardware)
    if source is not None:
        run.save_source(source)
    return finish(run, data)


def finish(run: Run, data: FerData) -> ModelFile:
    """Calibrate a run's best epoch on PublicTest, and write its model file and figures.

    Raises:
        DataError: the folder contains no run.
        ModelFileError: ONNX Runtime differs from torch on the exported file.
    """
    recipe = run.recipe()
    net = load_net(run.checkpoint, recipe)
    card = _card(recipe, data)
    if recipe.balance:
        card = _balanced(net, card, data, recipe)
    exported = export(net)
    known = data.split(Split.PublicTest).without(withheld(recipe))
    card = _calibrated(exported, card, known, run.model)
    calibrated = exported.save(card, run.model)
    # A file cannot contain its own digest.
    results = evaluate(replace(calibrated, digest="this file"), data, Split.PublicTest)
    run.save_figures([result.to_dict() for result in results])
    card = replace(with_figures(card, results), curves=_rounded(run.curves()))
    written = exported.save(card, run.model)
    return _with_auxiliary(net, written, recipe, data, run.model)


def _with_auxiliary(
    net: ExpressionNet, written: ModelFile, recipe: Recipe, data: FerData, path: Path
) -> ModelFile:
    """Add the outputs of an auxiliary head to the model file, if the net has such a head."""
    if net.auxiliary is None:
        return written
    targets = read_targets(Path(recipe.auxiliary), data)
    weight, bias = net.auxiliary.linear_of_raw_targets()
    fit = measure_auxiliary(path, data, targets, weight, bias, outputs=recipe.auxiliary_outputs)
    return write_auxiliary(path, fit, path)


def with_figures(card: ModelCard, results: list[Evaluation]) -> ModelCard:
    """Return the card with new results; keep only the old comparison of int8 with fp32."""
    confusion = {result.name: result.confusion.tolist() for result in results}
    kept = {name: text for name, text in card.figures.items() if name == AGAINST_FP32}
    return replace(card, figures=_figures(results) | kept, confusion=confusion)


def _figures(results: list[Evaluation]) -> dict[str, str]:
    return {
        f"{result.name}: {kind}": str(figure)
        for result in results
        for kind, figure in (
            ("accuracy", result.accuracy),
            ("macro-F1", result.macro_f1),
            ("ECE", result.ece),
        )
    }


def _rounded(curves: list[dict[str, float]]) -> list[dict[str, float]]:
    """Round training curves to four digits; the random variation between epochs is larger."""
    return [{name: round(value, 4) for name, value in row.items()} for row in curves]


def _card(recipe: Recipe, data: FerData) -> ModelCard:
    return ModelCard(
        net=recipe.net,
        temperature=1.0,
        threshold=0.0,
        framing=FER2013_FRAMING,
        version=__version__,
        data=_data_names(recipe, data),
        seed=recipe.seed,
        licence="Apache-2.0",
        training=asdict(recipe),
        notes=_NOTES.format(votes=_VOTES if data.votes is not None else ""),
    )


def _data_names(recipe: Recipe, data: FerData) -> str:
    names = f"fer2013 {data.digest}"
    if recipe.unlabelled:
        names += f"; unlabelled pictures of {Path(recipe.unlabelled).resolve().name}"
    return names


def _balanced(net: ExpressionNet, card: ModelCard, data: FerData, recipe: Recipe) -> ModelCard:
    """Adjust the heads' biases for rare expressions by the strength that is best on PublicTest."""
    targets = make_targets(training_rows(data, recipe), recipe, taught=False)
    public = data.split(Split.PublicTest)
    logits, logits_fer2013 = _logits(net, public.images)
    seen, fer2013 = _prior(targets.seen), _prior(targets.fer2013)
    labels = _seen_labels(public)
    known = labels >= 0
    tau = fit_tau(logits[known], labels[known], seen)
    tau_fer2013 = 0.0
    if logits_fer2013 is not None:
        tau_fer2013 = fit_tau(logits_fer2013, public.labels, fer2013)
    offsets = (tau * np.log(seen), tau_fer2013 * np.log(fer2013))
    net.subtract_from_logits(*(torch.from_numpy(offset) for offset in offsets))
    return replace(card, tau=tau, tau_fer2013=tau_fer2013)


def _logits(
    net: ExpressionNet, images: NDArray[np.uint8]
) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
    """Return the logits float [N, 7] of both heads for pictures [N, 48, 48]; None without one."""
    net.eval()
    with torch.inference_mode():
        parts = torch.split(torch.from_numpy(images).unsqueeze(1), _BATCH)
        batches = [net(part) for part in parts]
    logits = torch.cat([batch.logits for batch in batches]).numpy()
    of_label = [batch.logits_fer2013 for batch in batches if batch.logits_fer2013 is not None]
    return logits, torch.cat(of_label).numpy() if of_label else None


def _prior(targets: torch.Tensor) -> NDArray[np.float32]:
    """Return the frequency of each class in targets [N, 7]; a class counts as at least one."""
    prior: NDArray[np.float32] = (targets.sum(dim=0).clamp(min=1) / targets.sum()).numpy()
    return prior


def _calibrated(exported: ExportedNet, card: ModelCard, public: FerData, path: Path) -> ModelCard:
    """Return the card with temperatures and threshold fitted on PublicTest."""
    logits = predict(exported.save(card, path), public.images)
    labels = _seen_labels(public)
    known = labels >= 0
    temperature, threshold = calibrate(logits["logits"][known], labels[known])
    card = replace(card, temperature=temperature, threshold=threshold)
    if "logits_fer2013" in logits:
        temperature = fit_temperature(logits["logits_fer2013"], public.labels)
        card = replace(card, temperature_fer2013=round(temperature, 4))
    return card


def _seen_labels(part: FerData) -> NDArray[np.int64]:
    """Return the classes by which the output `logits` is judged: FER+ majorities or labels."""
    return vote_majority(part.votes) if part.votes is not None else part.labels
