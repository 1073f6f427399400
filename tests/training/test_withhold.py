from __future__ import annotations

import numpy as np
import pytest

from fer_files import tiny_fer
from roomread.errors import DataError
from roomread.readings import Expression
from roomread.training.dataset import VOTE_NAMES, vote_majority
from roomread.training.fit import training_rows
from roomread.training.recipe import Recipe
from roomread.training.targets import make_targets

WITHHELD = Recipe(withhold=("disgust", "fear"), balance=False)
UNSEEN = [Expression.DISGUST, Expression.FEAR]


def test_training_rows_contain_no_label_and_no_vote_of_a_withheld_expression() -> None:
    data = tiny_fer(each=40, votes=True)
    rows = training_rows(data, WITHHELD)
    assert len(rows) > 0
    assert not np.isin(rows.labels, UNSEEN).any()
    assert rows.votes is not None
    assert not np.isin(vote_majority(rows.votes), UNSEEN).any()
    assert rows.votes[:, [VOTE_NAMES.index("disgust"), VOTE_NAMES.index("fear")]].sum() == 0
    assert float(make_targets(rows, WITHHELD).seen[:, UNSEEN].sum()) == 0
    assert data.votes is not None
    assert data.votes[:, VOTE_NAMES.index("fear")].sum() > 0


def test_invalid_choice_of_withheld_expressions_is_refused() -> None:
    for wrong in (("contempt",), ("fear", "sad", "happy", "angry", "disgust", "neutral")):
        with pytest.raises(DataError, match="withhold"):
            Recipe(withhold=wrong, balance=False)
    with pytest.raises(DataError, match="balance"):
        Recipe(withhold=("fear",))
