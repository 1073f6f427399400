from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pytest
from numpy.typing import NDArray

from roomread.readings.equality import ComparedByValue


@dataclass(frozen=True, slots=True, eq=False)
class Sample(ComparedByValue):
    name: str
    values: NDArray[np.generic] | None = None
    shares: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class OtherSample(Sample):
    pass


def test_objects_with_equal_arrays_and_mappings_are_equal_and_hash_alike() -> None:
    first, second = (
        Sample("a", np.array([[1.0, 2.0]]), {"bored": 0.5, "confused": 0.25}),
        Sample("a", np.array([[1.0, 2.0]]), {"confused": 0.25, "bored": 0.5}),
    )
    assert first == second
    assert len({first, second}) == 1


def test_arrays_that_differ_only_in_dtype_or_in_the_sign_of_zero_hash_alike() -> None:
    first, second = (
        Sample("a", np.array([0.0, 1.0])),
        Sample("a", np.array([-0.0, 1.0], np.float32)),
    )
    assert first == second
    assert hash(first) == hash(second)


@pytest.mark.parametrize(
    "other",
    [
        Sample("b", np.array([1.0, 2.0])),
        Sample("a", np.array([1.0, 2.5])),
        Sample("a", np.array([[1.0, 2.0]])),
        Sample("a", np.array([1.0])),
        Sample("a"),
        Sample("a", np.array([1.0, 2.0]), {"bored": 0.5}),
        OtherSample("a", np.array([1.0, 2.0])),
        "a",
    ],
    ids=["name", "value", "shape", "length", "no array", "mapping", "subclass", "another type"],
)
def test_objects_that_differ_are_not_equal(other: object) -> None:
    sample = Sample("a", np.array([1.0, 2.0]))
    assert sample != other
    assert other != sample
