"""The Ray cluster that work may be done on (Moritz et al. 2018, arXiv:1712.05889)."""

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

# As a traceback ends: an error's name, with or without its module, and what it says.
_ERROR = re.compile(r"^\s*(?:\w+\.)*(\w+(?:Error|Exception)): (.+)$", re.MULTILINE)


def join() -> ModuleType:
    """Joins the cluster that `RAY_ADDRESS` names, or that was started on this machine.

    Where there is none, one of this machine's processors is, until `leave` or this process's end.

    Returns:
        The module `ray`.

    Raises:
        RoomreadError: the cluster does not answer, or none can be started.
        MissingExtraError: the extra `cluster` is not installed.
    """
    # Nothing about a run is told to anybody: Ray reports its use unless it is told not to.
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    # Ray is about to hide accelerators from tasks that ask for none, and warns of it.
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    # Of what it starts here: it would come after all else on this machine, at a nice value of 15.
    os.environ.setdefault("RAY_worker_niceness", "0")
    try:
        import ray  # noqa: PLC0415 (an extra, and it takes seconds)
    except ImportError as error:
        raise MissingExtraError("--engine ray", extra="cluster") from error
    _check_address(os.environ.get("RAY_ADDRESS", ""))
    on_main_thread = threading.current_thread() is threading.main_thread()
    handler = signal.getsignal(signal.SIGTERM)
    try:
        ray.init(include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)
    except Exception as error:  # Ray raises bare ones too
        problem = f"Ray does not start: {' '.join(str(error).split())}"
        hint = "is this machine busy? wait and run again; or see RAY_ADDRESS"
        raise RoomreadError(problem, hint=hint) from error
    if on_main_thread:
        # Ray puts its own in the place of ours, which keeps what is done.
        signal.signal(signal.SIGTERM, handler)
    return ray


def leave() -> None:
    """Leaves the cluster; one that was started here ends."""
    import ray  # noqa: PLC0415 (an extra)

    ray.shutdown()


def check_version(version: str) -> None:
    """Run in a worker, so that all compute the same.

    Args:
        version: that of the Roomread which gave the work.

    Raises:
        RoomreadError: this one is another.
    """
    if version != __version__:
        raise RoomreadError(
            f"a worker has Roomread {__version__}, and what gave it work {version}",
            hint="install the same version on all machines",
        )


def processors() -> int:
    """How many the cluster has at this moment; it may grow."""
    import ray  # noqa: PLC0415 (an extra)

    resources: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
    return int(resources.get("CPU", 0))


def reason(traceback: str) -> str:
    """The last error that a worker's traceback names, in a line; ours without its name."""
    found = _ERROR.findall(traceback)
    if not found:
        return " ".join(traceback.split())[-300:] or "Ray does not say why"
    name, said = found[-1]
    ours = getattr(errors, name, None)
    is_ours = isinstance(ours, type) and issubclass(ours, RoomreadError)
    return said.strip() if is_ours else f"{name}: {said.strip()}"


def _check_address(address: str) -> None:
    """Asks whether anybody is there: Ray itself would wait for a quarter of an hour.

    Raises:
        RoomreadError: nobody is.
    """
    host, _, port = address.rpartition("://")[2].rpartition(":")
    if not port.isdigit():
        # None, or a word such as "auto".
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=10).close()
    except OSError as error:
        problem = f"the Ray cluster at {address}: {error.strerror or 'no answer'}"
        raise RoomreadError(problem, hint="see RAY_ADDRESS, and `ray status` there") from error
