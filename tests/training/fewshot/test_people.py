from __future__ import annotations

import numpy as np

from roomread.training.fewshot.people import change_alike


def test_all_pictures_of_a_synthetic_person_are_changed_in_the_same_way() -> None:
    picture = np.random.default_rng(0).integers(0, 255, (48, 48), dtype=np.uint8)
    one, two = change_alike(np.stack([picture, picture]), np.random.default_rng(1))
    (other,) = change_alike(picture[None], np.random.default_rng(2))
    assert (one == two).all()
    assert (one != other).any()
