"""Open model files: one ONNX graph with its preprocessing inside, and the card that describes it.

The format of a model file:

- input `faces`: uint8 [N, 1, S, S] grey, with any N; S is read from the graph;
- outputs `logits` float [N, 7] (shown to users), `features` float [N, D] and, if the net has them,
  `logits_fer2013` float [N, 7], `action_units` float [N, A] in 0..1 and `pose` float [N, 3], yaw,
  pitch and roll in degrees;
- metadata `roomread.card`: a `ModelCard` as JSON.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

from roomread.errors import ModelFileError
from roomread.readings import CropGeometry, Expression
from roomread.runtime import Device, NetSession, default_threads, open_session

CARD_KEY = "roomread.card"
# Maximum size of a model file; the largest net in `roomread.training` takes less than 100 MB.
MAX_BYTES = 200 * 2**20
# ONNX Runtime's errors have no common base class.
_LOAD_ERRORS = (
    ort_errors.Fail,
    ort_errors.InvalidArgument,
    ort_errors.InvalidGraph,
    ort_errors.InvalidProtobuf,
    ort_errors.NoModel,
    ort_errors.NotImplemented,
    ort_errors.RuntimeException,
)
_ADVICE = "give the name of a bundled model, or a model file that Roomread's training wrote"


@dataclass(frozen=True, slots=True)
class ModelCard:
    """The description that a model file carries.

    Attributes:
        net: the net's name in `training.nets`.
        temperature: divisor of `logits` before the softmax, over 0 (Guo et al. 2017,
            arXiv:1706.04599).
        threshold: the confidence below which the label is withheld, 0..1.
        framing: the crop geometry of this net.
        version: the version of Roomread that trained the net.
        data: the name and digest of the training data.
        seed: the random seed of the training run.
        licence: the licence of the weights.
        training: the recipe's settings.
        figures: the results of the evaluation as text; a key names the pictures and their truth.
        confusion: the confusion matrix [7, 7] for each key of `figures`; rows are the truth.
        curves: values that training recorded for each epoch: "epoch", "train_loss", "val_accuracy",
            ...
        notes: notes for users: training data, limits.
        temperature_fer2013: the same as `temperature`, for `logits_fer2013`.
        tau: strength of the logit adjustment that removes the net's bias towards frequent
            expressions, 0 for none; the weights of `logits` include it (Menon et al. 2020,
            arXiv:2007.07314).
        tau_fer2013: the same as `tau`, for `logits_fer2013`.
        precision: the number format of the weights, "float32" or "int8".
        action_units: the units in the order of the output `action_units`. A key is the FACS name;
            its value has the name in ARKit ("arkit") and the correlation with the targets ("r").
        pose: the source of the targets of the output `pose` ("taught by"), and its mean absolute
            errors by name, degrees; empty without pose.
        refit: how the weights of `logits` were refitted after training; empty if they were not.
        labels: the classes in the order of `logits`.
    """

    net: str
    temperature: float
    threshold: float
    framing: CropGeometry
    version: str
    data: str
    seed: int
    licence: str
    training: dict[str, Any] = field(default_factory=dict)
    figures: dict[str, str] = field(default_factory=dict)
    confusion: dict[str, list[list[int]]] = field(default_factory=dict)
    curves: list[dict[str, float]] = field(default_factory=list)
    notes: str = ""
    temperature_fer2013: float = 1.0
    tau: float = 0.0
    tau_fer2013: float = 0.0
    precision: str = "float32"
    refit: dict[str, Any] = field(default_factory=dict)
    action_units: dict[str, dict[str, Any]] = field(default_factory=dict)
    pose: dict[str, Any] = field(default_factory=dict)
    labels: tuple[str, ...] = tuple(e.display_name for e in Expression)

    def to_json(self) -> str:
        """Return the card as the JSON that is stored in the file's metadata."""
        return json.dumps(asdict(self), indent=1)

    @classmethod
    def from_json(cls, text: str) -> ModelCard:
        """Parse a card from JSON.

        Raises:
            ValueError: a field is missing, unknown, or out of its range.
        """
        try:
            fields = json.loads(text)
            fields["framing"] = CropGeometry(**fields["framing"])
            fields["labels"] = tuple(fields["labels"])
            card = cls(**fields)
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a model card: {error}") from error
        expected = tuple(e.display_name for e in Expression)
        if card.labels != expected:
            found = ", ".join(card.labels)
            wanted = ", ".join(expected)
            raise ValueError(f"the labels in the model card are '{found}', but must be '{wanted}'")
        if not (
            min(card.temperature, card.temperature_fer2013) > 0
            and 0 <= card.threshold <= 1
            and card.framing.side > 0
        ):
            raise ValueError(
                "a value in the model card is out of range: 'temperature', "
                "'temperature_fer2013', 'threshold' or 'framing.side'"
            )
        square = [len(card.labels)] * len(card.labels)
        if any([len(row) for row in counts] != square for counts in card.confusion.values()):
            raise ValueError(
                "a confusion matrix in the model card does not have a row and a column per label"
            )
        return card


@dataclass(frozen=True, slots=True, eq=False)
class ModelFile:
    """An opened model file.

    Attributes:
        name: the file's name.
        digest: the first 12 hex digits of the file's SHA-256.
        size: the size of the file, bytes.
        session: the opened net; its `run` may be called from several threads.
        card: the model's card.
        side: the side S of a crop, px.
    """

    name: str
    digest: str
    size: int
    session: NetSession
    card: ModelCard
    side: int

    @property
    def has_fer2013_head(self) -> bool:
        """Whether the net has a second head, which was trained on the labels of FER-2013."""
        return any(output.name == "logits_fer2013" for output in self.session.get_outputs())


def bundled_models() -> list[str]:
    """Return the names of the models in the package."""
    folder = resources.files("roomread.classifier") / "bundled"
    return sorted(f.name[: -len(".onnx")] for f in folder.iterdir() if f.name.endswith(".onnx"))


def open_model(
    model: str | Path = "compact", *, threads: int | None = None, device: Device = Device.CPU
) -> ModelFile:
    """Open a bundled model by name, or a model file by path.

    Args:
        model: the name or path.
        threads: the number of threads for one batch; None for one per processor, at most four.
        device: the device on which the net runs.

    Raises:
        ModelFileError: the file does not exist, or does not conform to the format.
        DeviceError: the device cannot be used.
    """
    name = str(model)
    threads = threads or default_threads()
    if name in bundled_models():
        bundled = resources.files("roomread.classifier") / "bundled" / f"{name}.onnx"
        return _open(bundled.read_bytes, name, threads, device)
    path = Path(model)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ModelFileError(f"{path}: is too large for a model file", hint=_ADVICE)
        content = path.read_bytes()
        # Keep the content for forked processes, because the file may change.
        return _open(lambda: content, path.name, threads, device)
    except OSError as error:
        names = ", ".join(bundled_models())
        raise ModelFileError(
            f"{name}: no such model: {error.strerror}", hint=f"the bundled models are {names}"
        ) from error


def _open(read: Callable[[], bytes], name: str, threads: int, device: Device) -> ModelFile:
    try:
        session = open_session(read, threads=threads, device=device)
    except _LOAD_ERRORS as error:
        raise ModelFileError(f"{name}: is not an ONNX model", hint=_ADVICE) from error
    metadata = session.get_metadata()
    if CARD_KEY not in metadata:
        raise ModelFileError(f"{name}: has no Roomread model card", hint=_ADVICE)
    try:
        card = ModelCard.from_json(metadata[CARD_KEY])
    except ValueError as error:
        raise ModelFileError(f"{name}: {error}", hint=_ADVICE) from error
    _check_units(session, card, name)
    content = read()
    digest = hashlib.sha256(content).hexdigest()[:12]
    return ModelFile(name, digest, len(content), session, card, _side(session, name))


def _side(session: NetSession, name: str) -> int:
    inputs = {value.name: value for value in session.get_inputs()}
    outputs = {value.name: value for value in session.get_outputs()}
    faces = inputs.get("faces")
    if faces is None or faces.type != "tensor(uint8)" or len(faces.shape) != 4:
        raise ModelFileError(f"{name}: has no input 'faces' of uint8 [N, 1, S, S]", hint=_ADVICE)
    if not {"logits", "features"} <= set(outputs):
        raise ModelFileError(f"{name}: lacks the output 'logits' or 'features'", hint=_ADVICE)
    _, channels, height, width = faces.shape
    if channels != 1 or height != width or not isinstance(height, int):
        raise ModelFileError(f"{name}: 'faces' is {faces.shape}, not [N, 1, S, S]", hint=_ADVICE)
    if outputs["logits"].shape[1] != len(Expression):
        raise ModelFileError(f"{name}: 'logits' is not [N, {len(Expression)}]", hint=_ADVICE)
    return int(height)


def _check_units(session: NetSession, card: ModelCard, name: str) -> None:
    """Check that the card names each action unit, and that a pose has three angles.

    Raises:
        ModelFileError: The card does not name each unit, or the pose has another shape.
    """
    widths = {output.name: output.shape[1:] for output in session.get_outputs()}
    if widths.get("action_units", [0]) != [len(card.action_units)]:
        raise ModelFileError(
            f"{name}: its card and its output 'action_units' have different numbers of units",
            hint=_ADVICE,
        )
    if widths.get("pose", [3]) != [3]:
        raise ModelFileError(f"{name}: 'pose' is not [N, 3]", hint=_ADVICE)
