"""Equality by value for dataclasses that hold arrays."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import fields
from typing import Any, cast

import numpy as np


class ComparedByValue:
    """Base of frozen dataclasses (declared with `eq=False`) whose fields may be arrays.

    Two objects of one class are equal if all their fields are equal; arrays are compared element by
    element. The `__eq__` that dataclasses generate compares tuples, which fails on arrays.
    """

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return all(map(_equal, _values(self), _values(other)))

    def __hash__(self) -> int:
        return hash(tuple(map(_hashable, _values(self))))


def _values(instance: object) -> list[Any]:
    return [getattr(instance, each.name) for each in fields(cast("Any", instance)) if each.compare]


def _equal(a: Any, b: Any) -> bool:
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        return np.array_equal(a, b)
    return bool(a == b)


def _hashable(value: Any) -> Hashable:
    # Hash values and not bytes: equal arrays may differ in dtype, and 0.0 equals -0.0.
    if isinstance(value, np.ndarray):
        return tuple(value.ravel().tolist())
    if isinstance(value, Mapping):
        return frozenset(value.items())
    return cast("Hashable", value)
