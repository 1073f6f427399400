"""Read and write the folder of a training run.

- `recipe.json`: the settings;
- `data.json`: the path of the data set, and its digest;
- `checkpoints/`: best.ckpt (by PublicTest) and last.ckpt;
- `logs/`: one metrics.csv for each start; `tensorboard/`: the same metrics for TensorBoard;
- `model.onnx`: the best epoch, calibrated, with its card;
- `figures.json`: the evaluation of the model file on PublicTest.
"""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from roomread.errors import DataError
from roomread.training.dataset import FerData, Split
from roomread.training.fer2013 import read_fer2013
from roomread.training.recipe import Recipe

_DATA_HINT = "pass the data set that the run was trained on"


@dataclass(frozen=True, slots=True)
class DataSource:
    """The files of a data set.

    Attributes:
        path: the path, as accepted by `read_fer2013`.
        ferplus: the path of the FER+ file, or None.
        digest: `FerData.digest`.
        splits: the split of each folder by name, as accepted by `read_fer2013`; None for the
            published names.
    """

    path: str
    ferplus: str | None
    digest: str
    splits: dict[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """A run's folder, whose files are read on access."""

    folder: Path

    @property
    def checkpoint(self) -> Path:
        """The checkpoint of the epoch that was best on PublicTest."""
        return self.folder / "checkpoints" / "best.ckpt"

    @property
    def last_checkpoint(self) -> Path:
        """The checkpoint of the last complete epoch, from which to resume."""
        return self.folder / "checkpoints" / "last.ckpt"

    @property
    def recipe_file(self) -> Path:
        """The file of the recipe."""
        return self.folder / "recipe.json"

    @property
    def source_file(self) -> Path:
        """The file with the path and the digest of the data set."""
        return self.folder / "data.json"

    @property
    def model(self) -> Path:
        """The model file of the best epoch, calibrated."""
        return self.folder / "model.onnx"

    @property
    def int8_model(self) -> Path:
        """The quantised model file."""
        return self.folder / "model.int8.onnx"

    @property
    def views(self) -> Path:
        """The folder of teachers' predictions, which all runs in the same parent folder share."""
        return self.folder.parent / "views"

    @property
    def faces(self) -> Path:
        """The folder of unlabelled faces, which all runs in the same parent folder share."""
        return self.folder.parent / "faces"

    def recipe(self) -> Recipe:
        """Read the recipe of the run.

        Raises:
            DataError: the file is missing or damaged.
        """
        return Recipe.read(self.recipe_file)

    def save_source(self, source: DataSource) -> None:
        """Save the path and the digest of the data set."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._write("data.json", asdict(source))

    def data(self) -> FerData:
        """Read the data set that the run was trained on.

        Raises:
            DataError: the path of the data set was not saved, or the data set is missing or has
                changed.
        """
        values = self._read("data.json", hint=_DATA_HINT)
        try:
            source = DataSource(**values)
        except TypeError as error:
            problem = f"{self.source_file}: does not describe a data set"
            raise DataError(problem, hint=_DATA_HINT) from error
        ferplus = Path(source.ferplus) if source.ferplus is not None else None
        splits = {name: Split[split] for name, split in (source.splits or {}).items()}
        data = read_fer2013(Path(source.path), ferplus=ferplus, splits=splits or None)
        if data.digest != source.digest:
            problem = f"{source.path}: has changed since the run was trained"
            raise DataError(problem, hint=_DATA_HINT)
        return data

    def save_figures(self, figures: list[dict[str, Any]]) -> None:
        """Save the results of `Evaluation.to_dict`."""
        self._write("figures.json", figures)

    def figures(self) -> list[dict[str, Any]]:
        """Read the figures on PublicTest that `save_figures` wrote.

        Raises:
            DataError: the file is missing or damaged.
        """
        values: list[dict[str, Any]] = self._read("figures.json", hint="name a data set to measure")
        return values

    def curves(self) -> list[dict[str, float]]:
        """Return the metrics of each epoch, including those of a resumed run.

        Returns:
            One dictionary per epoch, in order, with `epoch` and the metrics that `Training` logs.
        """
        epochs: defaultdict[int, dict[str, float]] = defaultdict(dict)
        # A resumed run writes a new file; values in later files replace those of repeated epochs.
        for file in sorted((self.folder / "logs").glob("version_*/metrics.csv"), key=_version):
            # A run that was killed may have written a part of the last line.
            whole, _, _ = file.read_text(encoding="utf-8").rpartition("\n")
            for row in csv.DictReader(whole.splitlines()):
                values = {k: v for k, v in row.items() if v and k not in ("epoch", "step")}
                epochs[int(row["epoch"])].update({k: float(v) for k, v in values.items()})
        return [{"epoch": float(epoch)} | values for epoch, values in sorted(epochs.items())]

    def _write(self, name: str, values: Any) -> None:
        text = json.dumps(values, indent=2) + "\n"
        (self.folder / name).write_text(text, encoding="utf-8")

    def _read(self, name: str, *, hint: str) -> Any:
        path = self.folder / name
        try:
            return json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise DataError(f"{self.folder}: has no {name}", hint=hint) from error
        except (OSError, ValueError) as error:
            raise DataError(f"{path}: cannot be read ({error})", hint=hint) from error


def _version(file: Path) -> int:
    return int(file.parent.name.removeprefix("version_"))
