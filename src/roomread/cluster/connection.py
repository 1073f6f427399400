"""Connect to a Ray cluster (Moritz et al. 2018, arXiv:1712.05889)."""

from __future__ import annotations

import logging
import os
import re
import signal
import socket
import threading
from types import ModuleType

from roomread import errors
from roomread._version import __version__
from roomread.errors import MissingExtraError, RoomreadError

# Matches the last line of a traceback: the exception's name, with or without module, and message.
_ERROR = re.compile(r"^\s*(?:\w+\.)*(\w+(?:Error|Exception)): (.+)$", re.MULTILINE)


def join() -> ModuleType:
    """Join the cluster that `RAY_ADDRESS` names, or the cluster that runs on this machine.

    If neither exists, start a cluster with the processors of this machine. It is stopped by
    `leave` or at the end of this process.

    Returns:
        The module `ray`.

    Raises:
        RoomreadError: The cluster does not respond, or no cluster can be started.
        MissingExtraError: The extra `cluster` is not installed.
    """
    # Turn off Ray's usage statistics, which it would send to its makers.
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    # Suppress a warning about accelerators that Ray hides from tasks that request none.
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    # Ray's default for local workers is a nice value of 15, which gives all other processes
    # priority.
    os.environ.setdefault("RAY_worker_niceness", "0")
    try:
        import ray  # noqa: PLC0415 (needs the extra, and takes seconds)
    except ImportError as error:
        raise MissingExtraError("running on Ray", extra="cluster") from error
    _check_address(os.environ.get("RAY_ADDRESS", ""))
    on_main_thread = threading.current_thread() is threading.main_thread()
    handler = signal.getsignal(signal.SIGTERM)
    try:
        ray.init(include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)
    except Exception as error:  # Ray raises bare exceptions too
        problem = f"Ray does not start: {' '.join(str(error).split())}"
        hint = "if this machine is busy, wait and try again; otherwise check RAY_ADDRESS"
        raise RoomreadError(problem, hint=hint) from error
    if on_main_thread:
        # Ray installed its own signal handler; restore ours, which keeps the results so far.
        signal.signal(signal.SIGTERM, handler)
    return ray


def leave() -> None:
    """Leave the cluster; a cluster that `join` started is stopped."""
    import ray  # noqa: PLC0415 (needs the extra)

    ray.shutdown()


def check_version(version: str) -> None:
    """Check that this worker runs the version of Roomread that submitted the job.

    Args:
        version: The version of the process that submitted the job.

    Raises:
        RoomreadError: The worker runs another version.
    """
    if version != __version__:
        raise RoomreadError(
            f"a worker runs Roomread {__version__}, but the job is from Roomread {version}",
            hint="install the same version on all machines",
        )


def processors() -> int:
    """Return the present number of processors of the cluster, which may grow."""
    import ray  # noqa: PLC0415 (needs the extra)

    resources: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
    return int(resources.get("CPU", 0))


def reason(traceback: str) -> str:
    """Return the last error of a worker's traceback as one line."""
    found = _ERROR.findall(traceback)
    if not found:
        return " ".join(traceback.split())[-300:] or "Ray gives no reason"
    name, message = found[-1]
    ours = getattr(errors, name, None)
    is_ours = isinstance(ours, type) and issubclass(ours, RoomreadError)
    return message.strip() if is_ours else f"{name}: {message.strip()}"


def _check_address(address: str) -> None:
    """Check that a cluster responds at an address; Ray itself would wait 15 minutes for a response.

    Raises:
        RoomreadError: The cluster does not respond.
    """
    host, _, port = address.rpartition("://")[2].rpartition(":")
    if not port.isdigit():
        # The address is empty, or a keyword such as "auto".
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=10).close()
    except OSError as error:
        problem = f"the Ray cluster at {address}: {error.strerror or 'no answer'}"
        raise RoomreadError(
            problem, hint="check RAY_ADDRESS, and run `ray status` on that machine"
        ) from error
