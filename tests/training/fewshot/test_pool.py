from __future__ import annotations

from dataclasses import replace

import numpy as np

from fer_files import tiny_fer
from roomread.classifier import open_model
from roomread.training.dataset import Split
from roomread.training.fewshot import Pool


def test_pool_contains_no_duplicates_and_no_training_pictures() -> None:
    data = tiny_fer(each=3)
    images = data.images.copy()
    public = np.flatnonzero(data.splits == Split.PublicTest)
    images[public[0]] = images[0]
    images[public[1]] = images[public[2]]
    drawn = Pool.make(open_model(), replace(data, images=images), Split.PublicTest)
    assert len(drawn.labels) == len(public) - 2
