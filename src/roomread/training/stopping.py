"""Stop a training between two batches after Ctrl-C or SIGTERM."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from lightning.pytorch.callbacks import Callback

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StopBetweenBatches(Callback):
    """A callback that raises `KeyboardInterrupt` at the end of the first batch after a signal.

    An exception at any other point could come while a checkpoint is written, and torch reports a
    half-written file as an error of its own.
    """

    def __init__(self) -> None:
        self._asked = False

    @contextmanager
    def handling_signals(self, *, delayed: bool) -> Iterator[None]:
        """Handle the signals in the `with` block, and restore their handlers at its end.

        Lightning ignores Ctrl-C after the first one, and does not restore the handler itself.
        Ignored signals stay ignored. Outside of the main thread, which alone handles signals, this
        does nothing.

        Args:
            delayed: Whether the first signal is delayed to the end of a batch. Set False if other
                processes run the batches; the present handlers are kept then.

        Raises:
            KeyboardInterrupt: A delayed signal came after the last batch.
        """
        handled = _SIGNALS if threading.current_thread() is threading.main_thread() else ()
        before = {number: signal.getsignal(number) for number in handled}
        try:
            for number, handler in before.items():
                if delayed and callable(handler):
                    signal.signal(number, self._delaying(handler))
            yield
        finally:
            for number, handler in before.items():
                # None stands for a handler that was not installed by Python.
                if handler is not None:
                    signal.signal(number, handler)
        if self._asked:
            raise KeyboardInterrupt

    def on_train_batch_end(self, *_args: Any, **_values: Any) -> None:
        """Raise `KeyboardInterrupt` if a signal came."""
        self._raise_if_asked()

    def on_validation_batch_end(self, *_args: Any, **_values: Any) -> None:
        """Raise `KeyboardInterrupt` if a signal came."""
        self._raise_if_asked()

    def _raise_if_asked(self) -> None:
        if self._asked:
            raise KeyboardInterrupt

    def _delaying(
        self, handler: Callable[[int, FrameType | None], Any]
    ) -> Callable[[int, FrameType | None], None]:
        """Return a handler that notes the first signal, and passes later ones to `handler`."""

        def note(number: int, frame: FrameType | None) -> None:
            if self._asked:
                handler(number, frame)
            self._asked = True

        return note
