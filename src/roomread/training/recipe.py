"""The settings of a training run, read from TOML or a model's card and saved with the run."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import Any, Self, get_type_hints

from roomread.errors import DataError
from roomread.readings import Expression


class Optimizer(StrEnum):
    """The optimisation algorithm."""

    SGD = "sgd"
    ADAMW = "adamw"


class Target(StrEnum):
    """The training target of the head `logits`, whose output users see.

    Attributes:
        LABEL: FER-2013's label.
        VOTES: the distribution of the FER+ votes.
        BLEND: the weighted mean of label and votes, see `Recipe.blend`.
    """

    LABEL = "label"
    VOTES = "votes"
    BLEND = "blend"


class Imbalance(StrEnum):
    """The treatment of rare classes, such as disgust, which is 1.5 % of FER-2013.

    Attributes:
        NONE: no treatment.
        SAMPLING: pictures of rare classes are drawn more often.
        WEIGHTS: the loss of rare classes has a higher weight.
        FOCAL: the loss of well-classified pictures has a lower weight.
        LOGIT_ADJUSTMENT: the log of the class frequencies is added to the logits in the loss.
    """

    NONE = "none"
    SAMPLING = "sampling"
    WEIGHTS = "weights"
    FOCAL = "focal"
    LOGIT_ADJUSTMENT = "logit-adjustment"


# The outputs that can be trained beside the expressions, by their names in a model file.
ACTION_UNITS, POSE = "action_units", "pose"
AUXILIARY_OUTPUTS = (ACTION_UNITS, POSE)
# Names of the settings that are fractions or probabilities, 0..1.
_SHARES = (
    "warmup",
    "label_smoothing",
    "ema_decay",
    "cutout",
    "jpeg",
    "small_face",
    "motion_blur",
    "noise",
    "blend",
    "teacher_share",
    "unlabelled_share",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """All settings that determine a run's result, except the data.

    Attributes:
        net: a name of `nets.NETS`.
        epochs: the maximum number of passes over the Training split.
        patience: the number of epochs without a better PublicTest accuracy after which the run
            stops early; only epochs with the last of `sides` are counted.
        batch_size: pictures per step, over all devices.
        sides: the sides in pixels to which pictures are scaled, each for an equal part of the
            epochs; starting with small sides is faster, with the same result (Tan and Le 2021,
            arXiv:2104.00298).
        optimizer: SGD with Nesterov's momentum 0.9, or AdamW (arXiv:1711.05101).
        learning_rate: the highest learning rate, after warm-up.
        weight_decay: the weight decay of every weight.
        warmup: the fraction of all steps over which the learning rate rises, 0..1; a cosine to 0
            follows (Loshchilov and Hutter 2016, arXiv:1608.03983).
        label_smoothing: the smoothing of FER-2013's labels, 0..1 (arXiv:1512.00567).
        ema_decay: the decay, 0..1, of the moving average of the weights; the average is validated
            and kept.
        cutout: the probability that a picture loses a rectangle, 0..1 (arXiv:1708.04552).
        jpeg: the probability of JPEG compression of quality 10 to 60, 0..1.
        small_face: the probability that a picture is scaled down to 12 to 32 px and up again, 0..1.
        motion_blur: the probability of a motion blur of 3 to 7 px, 0..1.
        noise: the probability of noise with a standard deviation of up to 0.08, 0..1.
        mixup: alpha of mixup's Beta distribution, 0 to train without mixup (arXiv:1710.09412).
        target: the target of `logits` if the data has FER+ votes; without votes it is the label.
        blend: the weight of the votes in the target "blend", 0..1; the label has the rest.
        imbalance: the treatment of rare classes.
        imbalance_strength: the exponent of the class counts in sampling and weights, tau of logit
            adjustment (arXiv:2007.07314), or gamma of the focal loss (arXiv:1708.02002).
        balance: whether to adjust the logits for rare expressions after training, with the strength
            that is best on PublicTest (see `calibrate.fit_tau`).
        drop_test_copies: whether to train without pictures that have copies in PublicTest or
            PrivateTest.
        teachers: model files whose mean probabilities are a soft target (Hinton et al. 2015,
            arXiv:1503.02531).
        teacher_share: the weight of the teachers' probabilities in the target, 0..1.
        views: the number of augmented views of each picture for which the teachers' predictions are
            computed; epoch e trains on view e modulo this number. With 0 the teachers see the
            original pictures, and each epoch is augmented independently. See `views.TaughtViews`.
        withhold: names of expressions that the net never sees: pictures with such a label or FER+
            majority, and votes for them, are left out. The few-shot benchmark teaches them from a
            few pictures. They have no prior, so `balance` must be off.
        start: the folder of a run of the same net, from whose best weights training starts, or its
            model file in fp32 or 16 bits; "" for random weights. Nets of the compact family can
            also start from a wider one, see `nets.narrow`.
        unlabelled: a folder of pictures without labels, whose only target is the teachers'
            prediction; "" to train on labelled pictures only.
        unlabelled_crops: whether the unlabelled pictures are square crops of faces; otherwise the
            largest face in each picture is cut out, and used if it is readable.
        unlabelled_share: the fraction of unlabelled pictures in each batch, 0..1; a batch has at
            least one labelled and one unlabelled picture.
        auxiliary: a table of action units and head pose that the net learns as a second task, see
            `auxiliary_targets.read_targets`; "" to learn expressions only.
        auxiliary_outputs: the outputs of the second task: "action_units", "pose" or both.
        auxiliary_weight: the weight of the loss of the second task, greater than 0; the loss of
            each expression head has the weight 1. The targets are standardised.
        seed: the seed of weights, order and augmentation.
    """

    net: str = "compact"
    epochs: int = 20
    patience: int = 10
    batch_size: int = 128
    sides: tuple[int, ...] = (48,)
    optimizer: Optimizer = Optimizer.SGD
    learning_rate: float = 0.1
    weight_decay: float = 5e-4
    warmup: float = 0.1
    label_smoothing: float = 0.05
    ema_decay: float = 0.998
    cutout: float = 0.25
    jpeg: float = 0.0
    small_face: float = 0.0
    motion_blur: float = 0.0
    noise: float = 0.0
    mixup: float = 0.0
    target: Target = Target.VOTES
    blend: float = 0.5
    imbalance: Imbalance = Imbalance.NONE
    imbalance_strength: float = 1.0
    balance: bool = True
    drop_test_copies: bool = False
    teachers: tuple[str, ...] = ()
    teacher_share: float = 0.5
    views: int = 0
    withhold: tuple[str, ...] = ()
    start: str = ""
    unlabelled: str = ""
    unlabelled_crops: bool = False
    unlabelled_share: float = 0.25
    auxiliary: str = ""
    auxiliary_outputs: tuple[str, ...] = AUXILIARY_OUTPUTS
    auxiliary_weight: float = 0.2
    seed: int = 0

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            DataError: a value is out of its range.
        """
        for name in ("epochs", "patience", "batch_size"):
            _require(name, getattr(self, name), "at least 1", ok=getattr(self, name) >= 1)
        for name in _SHARES:
            _require(name, getattr(self, name), "0 to 1", ok=0 <= getattr(self, name) <= 1)
        for name in ("weight_decay", "mixup", "imbalance_strength", "views"):
            _require(name, getattr(self, name), "at least 0", ok=getattr(self, name) >= 0)
        for name in ("learning_rate", "auxiliary_weight"):
            _require(name, getattr(self, name), "over 0", ok=getattr(self, name) > 0)
        named = set(self.auxiliary_outputs)
        _require(
            "auxiliary_outputs",
            ", ".join(self.auxiliary_outputs) or "empty",
            f"one or more of {', '.join(AUXILIARY_OUTPUTS)}",
            ok=bool(named) and named <= set(AUXILIARY_OUTPUTS),
        )
        sides_fit = bool(self.sides) and min(self.sides) >= 16 and self.sides[-1] == 48
        _require("sides", self.sides, "16 or more, ending with 48", ok=sides_fit)
        names = {e.display_name for e in Expression}
        known = set(self.withhold) <= names and len(set(self.withhold)) < len(names) - 1
        _require("withhold", self.withhold, "names of up to five expressions", ok=known)
        unbalanced = not (self.withhold and self.balance)
        _require(
            "views", self.views, "0 without teachers", ok=bool(self.teachers) or not self.views
        )
        if self.unlabelled and not self.teachers:
            raise DataError(
                "training on pictures without labels needs teacher nets, which predict the targets",
                hint="name a model file as teacher",
            )
        _require("balance", self.balance, "false where expressions are withheld", ok=unbalanced)

    @property
    def paths(self) -> tuple[str, ...]:
        """The files, folders and bundled models that the settings name."""
        named = (self.start, self.unlabelled, self.auxiliary, *self.teachers)
        return tuple(path for path in named if path)

    def side_at(self, epoch: int) -> int:
        """Return the side in pixels at which an epoch trains and validates."""
        # Count from the end, so that the last epoch is at the last side even with few epochs.
        left = max(self.epochs - 1 - epoch, 0)
        return self.sides[len(self.sides) - 1 - left * len(self.sides) // self.epochs]

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], *, source: str) -> Self:
        """Build a recipe from plain data; missing settings have their defaults.

        Raises:
            DataError: a setting is unknown, or its value has the wrong type or is out of range.
        """
        kinds = get_type_hints(cls)
        unknown = sorted(set(values) - {field.name for field in fields(cls)})
        if unknown:
            raise DataError(
                f"{source}: there is no setting '{unknown[0]}'",
                hint=f"the settings are {', '.join(sorted(kinds))}",
            )
        try:
            return cls(**{name: _as(kinds[name], value) for name, value in values.items()})
        except (TypeError, ValueError) as error:
            raise DataError(f"{source}: {error}") from error
        except DataError as error:
            raise DataError(f"{source}: {error.problem}", hint=error.hint) from error

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a recipe from a TOML file, or from the JSON that `save` writes.

        Raises:
            DataError: the file cannot be read, or contains an invalid setting, see `from_dict`.
        """
        try:
            text = path.read_text(encoding="utf-8")
            values = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
        except (OSError, ValueError) as error:
            raise DataError(f"{path}: is not a recipe ({error})") from error
        return cls.from_dict(values, source=str(path))

    def save(self, path: Path) -> None:
        """Write the settings as JSON."""
        path.write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")


def _require(name: str, value: object, expected: str, *, ok: bool) -> None:
    if not ok:
        raise DataError(f"{name} is {value}, but must be {expected}")


def _as(kind: Any, value: Any) -> Any:
    """Convert a TOML or JSON value to the type of a field."""
    if kind in (tuple[int, ...], tuple[str, ...]):
        inner = int if kind == tuple[int, ...] else str
        if not isinstance(value, list | tuple):
            raise TypeError(f"{value!r} is not a list")
        return tuple(_as(inner, item) for item in value)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        if value not in list(kind):
            raise ValueError(f"{value!r} is not one of {', '.join(kind)}")
        return kind(value)
    if type(value) is not kind:
        raise TypeError(f"{value!r} is not of type {kind.__name__}")
    return value
