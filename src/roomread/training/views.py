"""Make augmented views of the Training pictures, and cache the teachers' predictions for them.

A student learns most from a teacher that sees exactly the same picture (Beyer et al. 2021,
"Knowledge distillation: A good teacher is patient and consistent", arXiv:2106.05237). Teachers are
slow, so a recipe has a fixed number of views, and each prediction is computed only once.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import kornia
import numpy as np
import torch
from numpy.typing import NDArray

from roomread.classifier import ModelFile, open_model
from roomread.errors import DataError
from roomread.media import atomic_path
from roomread.readings import Expression
from roomread.training.augment import augmentation
from roomread.training.auxiliary_head import Turns
from roomread.training.evaluate import predict, probabilities
from roomread.training.recipe import Recipe
from roomread.training.targets import Targets

# Number of pictures in a block; each block has its own random seed.
_BLOCK = 512
# Must be incremented with every change of `augmented_view`, which makes stored predictions invalid.
_FORMAT = 1


class View(NamedTuple):
    """One augmented copy of every picture.

    Attributes:
        images: uint8 [N, 48, 48].
        turns: the mirroring and rotation of each picture.
    """

    images: NDArray[np.uint8]
    turns: Turns


def augmented_view(images: NDArray[np.uint8], number: int, *, cutout: float) -> View:
    """Return augmented copies of pictures; the same number gives the same copies in every call.

    Args:
        images: the pictures, uint8 [N, 48, 48], in the order of the data set.
        number: the index of the view, from 0.
        cutout: see `augment.augmentation`.
    """
    change = augmentation(cutout=cutout)
    view, turns = np.empty_like(images), []
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        for block, start in enumerate(range(0, len(images), _BLOCK)):
            rows = slice(start, start + _BLOCK)
            torch.manual_seed(number * 1_000_003 + block)
            changed = change(torch.from_numpy(images[rows]).unsqueeze(1).float() / 255)
            view[rows] = (changed * 255).round().clamp(0, 255).byte().squeeze(1).numpy()
            turns.append(change.turns)
    return View(view, Turns(*(torch.cat(parts) for parts in zip(*turns, strict=True))))


def teacher_predictions(
    models: Sequence[ModelFile], images: NDArray[np.uint8]
) -> NDArray[np.float32]:
    """Return the teachers' mean calibrated probabilities, float32 [N, 2, 7].

    The probabilities are averaged over each picture and its mirror image. The second axis has two
    entries: the head whose predictions users see, and the head for FER-2013's label.
    """
    mirrored = np.ascontiguousarray(images[:, :, ::-1])
    each = []
    for model in models:
        for pictures in (images, mirrored):
            logits = predict(model, pictures)
            heads = [probabilities(model, logits, fer2013=fer2013) for fer2013 in (False, True)]
            each.append(np.stack(heads, axis=1))
    mean: NDArray[np.float32] = np.mean(each, axis=0)
    return mean


class TaughtViews:
    """The views of a recipe's Training pictures with the teachers' predictions, cached on disk.

    Missing predictions are computed and written to the folder, where resumed runs, and runs with
    another seed or net, find them.

    Args:
        images: the Training pictures, uint8 [N, 48, 48].
        recipe: the recipe, of which teachers, `views` and `cutout` are used.
        folder: the folder of the cache; predictions of other teachers, pictures or views are stored
            separately.

    Raises:
        ModelFileError: a teacher cannot be opened.
    """

    def __init__(self, images: NDArray[np.uint8], recipe: Recipe, folder: Path) -> None:
        self._images, self._recipe = images, recipe
        digests = [open_model(name).digest for name in recipe.teachers]
        key = {
            "format": _FORMAT,
            "pictures": hashlib.sha256(images.tobytes()).hexdigest(),
            # Another version of kornia may change pictures differently with the same seed.
            "kornia": kornia.__version__,
            "cutout": recipe.cutout,
            "teachers": digests,
        }
        self.folder = folder / hashlib.sha256(json.dumps(key).encode()).hexdigest()[:12]

    def view_at(self, epoch: int) -> View:
        """Return the pictures that an epoch trains on."""
        number = epoch % self._recipe.views
        return augmented_view(self._images, number, cutout=self._recipe.cutout)

    def predictions_at(self, epoch: int) -> Targets:
        """Return the teachers' predictions for an epoch's pictures.

        Raises:
            DataError: a file of predictions is damaged.
            OutputError: the predictions cannot be written.
        """
        path = self.folder / f"view-{epoch % self._recipe.views:03}.npy"
        if not path.exists():
            self._ask(path, self.view_at(epoch).images)
        try:
            predictions = np.load(path, allow_pickle=False)
        except (OSError, ValueError) as error:
            raise DataError(
                f"{path}: the stored predictions of teachers are damaged", hint="delete the file"
            ) from error
        if predictions.shape != (len(self._images), 2, len(Expression)):
            raise DataError(
                f"{path}: the stored predictions of teachers have a wrong shape",
                hint="delete the file",
            )
        seen, fer2013 = torch.from_numpy(predictions.astype(np.float32)).unbind(dim=1)
        return Targets(seen, fer2013)

    def _ask(self, path: Path, view: NDArray[np.uint8]) -> None:
        threads = torch.get_num_threads()
        models = [open_model(name, threads=threads) for name in self._recipe.teachers]
        predictions = teacher_predictions(models, view).astype(np.float16)
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_path(path) as draft:
            np.save(draft, predictions)
