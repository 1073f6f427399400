from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace

import pytest

from roomread.cli import interrupts

LOST = """
import signal, sys, time
from roomread.cli import interrupts

class Fragile:
    def __del__(self):
        signal.raise_signal(getattr(signal, sys.argv[1]))

interrupts.install()
try:
    fragile = Fragile()
    del fragile
    print("dropped", flush=True)
    time.sleep(60)
except KeyboardInterrupt:
    print("heard")
"""


HELD = """
import signal, sys
from roomread.cli import interrupts

def press():
    try:
        signal.raise_signal(getattr(signal, sys.argv[1]))
    except KeyboardInterrupt:
        print("at once")

interrupts.install()
with interrupts.held() as stop:
    press()
    print("asked" if stop.asked else "lost")
    press()
press()
"""


@pytest.mark.parametrize("stop", ["SIGINT", "SIGTERM"])
def test_first_signal_sets_the_stop_flag_and_the_second_signal_interrupts_at_once(
    stop: str,
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", HELD, stop], capture_output=True, text=True, timeout=30, check=False
    )
    assert (done.stdout, done.stderr) == ("asked\nat once\nat once\n", "")


@pytest.mark.parametrize("stop", ["SIGINT", "SIGTERM"])
def test_interrupt_that_python_drops_in_a_finaliser_is_raised_again(stop: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOST, stop], capture_output=True, text=True, timeout=30, check=False
    )
    assert (done.stdout, done.stderr) == ("dropped\nheard\n", "")


def test_signal_sets_only_the_stop_flag_of_the_innermost_with_block() -> None:
    with interrupts.held() as outer, interrupts.held() as inner:
        interrupts._stop(15, None)
        assert (outer.asked, inner.asked) == (False, True)


def test_signal_after_the_end_of_the_with_block_interrupts_at_once() -> None:
    with interrupts.held() as stop:
        pass
    with pytest.raises(KeyboardInterrupt) as caught:
        interrupts._stop(15, None)
    assert caught.value.args == (15,)
    assert not stop.asked


def test_other_exceptions_in_finalisers_are_passed_to_the_previous_hook() -> None:
    reported: list[object] = []
    dropped = SimpleNamespace(exc_value=ValueError("odd"))
    interrupts._repeating(reported.append)(dropped)
    assert reported == [dropped]
