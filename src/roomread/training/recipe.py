"""A training run's settings: plain data, written beside its results."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Recipe:
    """What decides a run's result, besides the data.

    Attributes:
        net: a name of `nets.NETS`.
        epochs: at most so many passes over the Training split.
        patience: epochs without a better PublicTest accuracy before the run stops early.
        batch_size: pictures a step.
        learning_rate: the highest, after warm-up; SGD with Nesterov's momentum 0.9.
        weight_decay: on every weight.
        warmup: the part of all steps over which the learning rate rises, 0..1; then a cosine to 0
            (Loshchilov and Hutter 2016, arXiv:1608.03983).
        label_smoothing: of FER-2013's labels, 0..1 (Szegedy et al. 2015, arXiv:1512.00567).
        ema_decay: of the averaged weights that are validated and kept, 0..1.
        seed: of weights, order and augmentation.
    """

    net: str = "compact"
    epochs: int = 20
    patience: int = 10
    batch_size: int = 128
    learning_rate: float = 0.1
    weight_decay: float = 5e-4
    warmup: float = 0.1
    label_smoothing: float = 0.05
    ema_decay: float = 0.998
    seed: int = 0

    def save(self, path: Path) -> None:
        """Writes the settings as JSON."""
        path.write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")
