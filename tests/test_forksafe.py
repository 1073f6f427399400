from __future__ import annotations

import os
import threading
from collections.abc import Callable

import pytest

from roomread.forksafe import ForkSafe, PerThread

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork"),
    # Python 3.12 and newer warn of a fork with several threads, which these tests need.
    pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning"),
]


class Native:
    """A fake native object that counts its destructions in processes that did not create it."""

    destroyed = 0

    def __init__(self) -> None:
        self.process = os.getpid()

    def __del__(self) -> None:
        type(self).destroyed += os.getpid() != self.process


def in_child(check: Callable[[], bool]) -> bool:
    """Return whether a check returns True in a forked process."""
    child = os.fork()
    if child == 0:
        right = False
        try:
            right = check()
        finally:
            os._exit(0 if right else 1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_object_is_created_once_per_process() -> None:
    made: list[int] = []
    safe = ForkSafe(lambda: made.append(1) or Native())  # type: ignore[func-returns-value] # counts
    assert safe.get() is safe.get()
    assert made == [1]


def test_object_is_created_again_in_a_child_process_and_kept_in_the_parent() -> None:
    safe = ForkSafe(Native)
    before = safe.get()

    def new_here() -> bool:
        return safe.get().process == os.getpid() and safe.get() is safe.get()

    assert in_child(new_here)
    assert safe.get() is before


def test_object_of_the_parent_is_never_destroyed_in_a_child() -> None:
    safe = ForkSafe(Native)

    def none_destroyed() -> bool:
        nonlocal safe
        del safe
        return Native.destroyed == 0

    assert in_child(none_destroyed)


def test_object_of_another_thread_is_never_destroyed_in_a_child() -> None:
    local = threading.local()
    there, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        local.safe = ForkSafe(Native)
        there.set()
        go_on.wait(60)

    thread = threading.Thread(target=hold)
    thread.start()
    assert there.wait(60)
    try:
        assert in_child(lambda: Native.destroyed == 0)
    finally:
        go_on.set()
        thread.join()


def test_lock_held_during_a_fork_does_not_block_the_child() -> None:
    safe = ForkSafe(Native)
    with safe._lock:
        assert in_child(lambda: safe.get().process == os.getpid())


def test_error_of_the_factory_is_raised_by_every_call_in_a_child_process() -> None:
    parent = os.getpid()

    def make() -> Native:
        if os.getpid() != parent:
            raise OSError("not here")
        return Native()

    safe = ForkSafe(make)

    def raises_twice() -> bool:
        for _ in range(2):
            with pytest.raises(OSError, match="not here"):
                safe.get()
        return True

    assert in_child(raises_twice)


def test_each_thread_has_its_own_object_and_keeps_it() -> None:
    own = PerThread(Native)
    others: list[Native] = []
    thread = threading.Thread(target=lambda: others.extend([own.get(), own.get()]))
    thread.start()
    thread.join()
    assert own.get() is own.get()
    assert others[0] is others[1]
    assert others[0] is not own.get()


def test_object_of_a_thread_is_created_again_in_a_child_process() -> None:
    own = PerThread(Native)
    before = own.get()
    assert in_child(lambda: own.get().process == os.getpid())
    assert own.get() is before
