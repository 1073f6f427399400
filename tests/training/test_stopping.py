from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from fer_files import tiny_fer
from roomread.training.fit import train
from roomread.training.lightning_module import Training
from roomread.training.recipe import Recipe
from roomread.training.runs import Run
from roomread.training.stopping import StopBetweenBatches

pytestmark = [
    pytest.mark.training,
    pytest.mark.skipif(sys.platform == "win32", reason="Windows ends a process by SIGTERM"),
]


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """Handle the signals as the command line does, and restore the handlers of the test run."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in before:
        signal.signal(number, signal.default_int_handler)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def run_batch(
    stop: StopBetweenBatches, *signals: signal.Signals, delayed: bool = True
) -> list[str]:
    """Return what was done of a batch in which signals come, until `KeyboardInterrupt`."""
    done = []
    with (  # noqa: PT012 (the steps show where it is raised)
        pytest.raises(KeyboardInterrupt),
        stop.handling_signals(delayed=delayed),
    ):
        for number in signals:
            signal.raise_signal(number)
            done.append(number.name)
        stop.on_train_batch_end()
        done.append("another batch")
    return done


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_first_signal_is_delayed_to_the_end_of_a_batch(number: signal.Signals) -> None:
    assert run_batch(StopBetweenBatches(), number) == [number.name]
    assert signal.getsignal(number) is signal.default_int_handler


def test_second_signal_interrupts_at_once() -> None:
    assert run_batch(StopBetweenBatches(), signal.SIGINT, signal.SIGTERM) == ["SIGINT"]


def test_signal_interrupts_at_once_if_other_processes_run_the_batches() -> None:
    assert run_batch(StopBetweenBatches(), signal.SIGINT, delayed=False) == []


def test_signal_during_validation_interrupts_at_the_end_of_a_validation_batch() -> None:
    stop = StopBetweenBatches()
    stop.on_validation_batch_end()
    with (  # noqa: PT012 (the last step shows where it is raised)
        pytest.raises(KeyboardInterrupt),
        stop.handling_signals(delayed=True),
    ):
        signal.raise_signal(signal.SIGTERM)
        stop.on_validation_batch_end()
        pytest.fail("the signal was forgotten")


def test_signal_after_the_last_batch_interrupts_at_the_end_of_the_block() -> None:
    reached = False
    stop = StopBetweenBatches()
    with (  # noqa: PT012 (it is raised at the end of the block)
        pytest.raises(KeyboardInterrupt),
        stop.handling_signals(delayed=True),
    ):
        signal.raise_signal(signal.SIGINT)
        reached = True
    assert reached


def test_ignored_signal_stays_ignored() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    stop = StopBetweenBatches()
    with stop.handling_signals(delayed=True):
        signal.raise_signal(signal.SIGINT)
        stop.on_validation_batch_end()
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_handlers_are_kept_outside_of_the_main_thread() -> None:
    def handle() -> object:
        with StopBetweenBatches().handling_signals(delayed=True):
            return signal.getsignal(signal.SIGINT)

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(handle).result() is signal.default_int_handler


def test_training_interrupted_while_it_saves_a_checkpoint_can_be_resumed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    signals = [signal.SIGINT]

    def interrupted(_module: Training, _checkpoint: dict[str, object]) -> None:
        if signals:
            signal.raise_signal(signals.pop())

    monkeypatch.setattr(Training, "on_save_checkpoint", interrupted)
    recipe = Recipe(epochs=2, batch_size=8)
    with pytest.raises(KeyboardInterrupt):
        train(tiny_fer(), recipe, tmp_path)
    assert Run(tmp_path).last_checkpoint.exists()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    train(tiny_fer(), recipe, tmp_path, resume=True)
