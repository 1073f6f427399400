"""Make objects of multi-threaded native libraries usable in forked processes.

A forked process has no copies of its parent's threads. In the child, a native object that passes
work to its own threads would therefore wait forever, both when it is used and when it is destroyed.
Web servers with preloading, Celery and `multiprocessing` create forked processes.
"""

from __future__ import annotations

import ctypes
import os
import threading
import weakref
from collections.abc import Callable
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class ForkSafe(Generic[T]):
    """An object that is created again in each forked process on first use.

    Args:
        make: A function that creates the object; it is called immediately, and again on first use
            in each forked process.
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._value: T | None = make()
        self._lock = threading.Lock()
        _existing.add(self)

    def get(self) -> T:
        """Return the object of this process. Thread-safe.

        Raises:
            Exception: Any exception that `make` raises in a forked process.
        """
        value = self._value
        if value is None:
            with self._lock:
                if self._value is None:
                    self._value = self._make()
                value = self._value
        return value


class PerThread(Generic[T]):
    """An object that each thread creates on first use, and again after a fork.

    Args:
        make: A function that creates the object.
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._own = threading.local()

    def get(self) -> T:
        """Return the object of this thread; it is destroyed when the thread ends."""
        safe: ForkSafe[T] | None = getattr(self._own, "safe", None)
        if safe is None:
            safe = self._own.safe = ForkSafe(self._make)
        return safe.get()


_existing: weakref.WeakSet[ForkSafe[Any]] = weakref.WeakSet()
# References to the parent's objects during a fork. Without them, Python would destroy objects of
# other threads in the child before it calls `_in_child`.
_held: list[object] = []


def _before_fork() -> None:
    _held[:] = [each._value for each in list(_existing)]  # noqa: SLF001 (a part of the class)


def _in_child() -> None:
    for value in _held:
        # Keep the parent's object forever, because its destructor would wait for threads that do
        # not exist.
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(value))
    _held.clear()
    for each in list(_existing):
        # Replace the lock, which another thread of the parent may have held.
        each._value, each._lock = None, threading.Lock()  # noqa: SLF001 (a part of the class)


if hasattr(os, "register_at_fork"):
    # Windows has no fork.
    os.register_at_fork(before=_before_fork, after_in_parent=_held.clear, after_in_child=_in_child)
