"""Start the program in forked copies of a process that has imported the program already.

A command spends most of its time on imports: half a second at least, two seconds in a service, and
six seconds with the extra of training. The copies are processes with their own folder, environment
variables and exit status. Only tests on Linux fork: Windows cannot, and libraries of macOS do not
work in forked processes. Benchmarks measure new processes.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NoReturn

# Variables whose names begin so have an effect when Python or a library starts, before the fork.
_AT_START = ("PYTHON", "LC_", "LANG", "TZ", "OMP_", "KMP_", "MKL_", "OPENBLAS_", "MALLOC_", "LD_")
# Commands that import torch, and commands that start a service.
_TRAINING = frozenset({"train", "evaluate", "compare", "export", "refit-head", "average", "data"})
_SERVICE = frozenset({"serve", "app"})
_MODULES = (
    "av",
    "roomread.entry.main",
    "roomread.pipeline",
    "roomread.store",
    "roomread.services.accounts",
    "roomread.services.exporting",
    "roomread.settings.environment",
)
_SERVICE_MODULES = (*_MODULES, "roomread.entry.run", "aiortc", "altair", "pandas", "uvicorn")
_TRAINING_MODULES = (
    *_MODULES,
    "roomread.training.workbench",
    "roomread.training.fit",
    "roomread.training.export",
    "roomread.training.quantise",
    "roomread.training.review",
)
# The polling interval while a process runs, seconds.
_INTERVAL = 0.01


class _Parent:
    """A process that has imported modules, and forks for each command.

    Args:
        modules: The names of the modules.
        strict: Whether warnings are errors.
    """

    def __init__(self, modules: Sequence[str], *, strict: bool) -> None:
        self.variables = dict(os.environ)
        self._lock = threading.Lock()
        options = ["-W", "error"] if strict else []
        self._process = subprocess.Popen(
            [sys.executable, *options, __file__, *modules],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            # Ctrl-C in a terminal would end this process before the tests have stopped its forks.
            start_new_session=True,
        )
        atexit.register(self._end)

    @property
    def is_running(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    def ask(self, request: dict[str, Any]) -> Any:
        """Send a request to the process, and return its response."""
        with self._lock:
            requests, responses = self._process.stdin, self._process.stdout
            assert requests is not None
            assert responses is not None
            requests.write(json.dumps(request) + "\n")
            requests.flush()
            response = responses.readline()
        assert response, "the process that forks for each command has ended"
        answer = json.loads(response)
        if isinstance(answer, str):
            raise ChildProcessError(answer)
        return answer

    def _end(self) -> None:
        # At the end of its input, the process kills its forks and ends.
        self._process.communicate()


_parents: dict[tuple[tuple[str, ...], bool], _Parent] = {}
_starting = threading.Lock()


class ForkedProcess:
    """A forked process, with the methods of `subprocess.Popen` that the tests use."""

    def __init__(self, parent: _Parent, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._parent = parent

    def poll(self) -> int | None:
        """Return the exit status; None while the process runs."""
        if self.returncode is None:
            self.returncode = self._parent.ask({"pid": self.pid})
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait until the process ends, and return its exit status.

        Raises:
            subprocess.TimeoutExpired: The process still runs after `timeout` seconds.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        while (status := self.poll()) is None:
            if deadline is not None and time.monotonic() > deadline:
                assert timeout is not None
                raise subprocess.TimeoutExpired("roomread", timeout)
            time.sleep(_INTERVAL)
        return status

    def send_signal(self, number: int) -> None:
        """Send a signal, unless the process has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """Kill the process, which ends without any cleanup."""
        self.send_signal(signal.SIGKILL)


def start_forked(
    arguments: Sequence[str],
    *,
    stdout: Path,
    stderr: Path,
    folder: Path,
    variables: Mapping[str, str],
    strict: bool,
) -> ForkedProcess | None:
    """Start a command of the program in a forked process.

    Args:
        arguments: The arguments after `roomread`.
        stdout: The file to which the standard output is appended.
        stderr: The file to which the standard error is appended; it may be that of `stdout`.
        folder: The current folder of the command.
        variables: All environment variables of the command.
        strict: Whether warnings are errors.

    Returns:
        The process; None if the command must be a new process: outside of tests, on other systems
        than Linux, or if the variables have an effect at the start of a process.

    Raises:
        ChildProcessError: The process cannot be forked.
    """
    if sys.platform != "linux" or "PYTEST_VERSION" not in os.environ:
        return None
    modules: tuple[str, ...] = _MODULES
    if arguments and arguments[0] in _SERVICE:
        modules = _SERVICE_MODULES
    elif arguments and arguments[0] in _TRAINING and find_spec("torch") is not None:
        modules = _TRAINING_MODULES
    parent = _parent(modules, strict=strict)
    if _at_start(variables) != _at_start(parent.variables):
        return None
    request = {
        "arguments": list(arguments),
        "folder": str(folder),
        "variables": dict(variables),
        "streams": [os.devnull, str(stdout), str(stderr)],
    }
    return ForkedProcess(parent, parent.ask(request))


def _parent(modules: tuple[str, ...], *, strict: bool) -> _Parent:
    """Return the running process that has imported `modules`; start it if there is none."""
    with _starting:
        parent = _parents.get((modules, strict))
        if parent is None or not parent.is_running:
            parent = _parents[modules, strict] = _Parent(modules, strict=strict)
        return parent


def _at_start(variables: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in variables.items() if name.startswith(_AT_START)}


def _serve(modules: Sequence[str]) -> None:
    """Import modules; then fork, or report a forked process, for each line of standard input.

    A response is an id or an exit status, null for a process that runs, or a string for an error.
    """
    for module in modules:
        # Some extras may not be installed.
        if find_spec(module.partition(".")[0]) is not None:
            import_module(module)
    # The exit status of each forked process; None while it runs.
    forked: dict[int, int | None] = {}
    response: int | str | None
    with os.fdopen(os.dup(1), "w") as responses:
        for line in sys.stdin:
            request = json.loads(line)
            starts = "arguments" in request
            try:
                response = _fork() if starts else _status(request["pid"], forked)
            except OSError as error:
                response = str(error)
            if starts and response == 0:
                responses.close()
                _become(request)
            if isinstance(response, int):
                forked.update({response: None} if starts else {request["pid"]: response})
            responses.write(json.dumps(response) + "\n")
            responses.flush()
    for pid, status in forked.items():
        if status is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def _status(pid: int, forked: Mapping[int, int | None]) -> int | None:
    """Return the exit status of a forked process; None while it runs."""
    if forked[pid] is not None:
        return forked[pid]
    ended, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if ended else None


def _fork() -> int:
    with warnings.catch_warnings():
        # Python 3.12 and newer warn of threads, such as those that OpenBLAS has started.
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def _become(request: dict[str, Any]) -> NoReturn:
    """Turn a forked process into one that runs a command."""
    from roomread.entry.main import run  # noqa: PLC0415 (imported before the fork)

    for number, path in enumerate(request["streams"]):
        flags = os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT | os.O_APPEND
        opened = os.open(path, flags, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin = os.fdopen(0, closefd=False)
    sys.stdout = os.fdopen(1, "w", closefd=False)
    sys.stderr = os.fdopen(2, "w", buffering=1, closefd=False)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["variables"])
    sys.argv = ["roomread", *request["arguments"]]
    run()
    sys.exit()


if __name__ == "__main__":
    _serve(sys.argv[1:])
