"""Start a Ray cluster on this machine for tests."""

from __future__ import annotations

import contextlib
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from program import free_port


@dataclass(slots=True)
class Cluster:
    """A running Ray cluster on this machine.

    Attributes:
        environment: environment variables with which programs use the cluster.
        process: the process that runs the cluster.
    """

    environment: dict[str, str]
    process: psutil.Process

    def workers(self, name: str) -> list[psutil.Process]:
        """Return the processes of the cluster whose command line now contains a name."""
        return [p for p in self.process.children(recursive=True) if name in command_of(p)]


def command_of(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


@contextlib.contextmanager
def running_cluster() -> Iterator[Cluster]:
    """Start a cluster of two workers, which ends with the `with` block."""
    # Not pytest's folder: a socket's path holds 107 characters. Ray's token goes to the home.
    with tempfile.TemporaryDirectory(prefix="rr-", ignore_cleanup_errors=True) as folder:
        own = {"HOME": folder, "OMP_NUM_THREADS": "1", "RAY_AUTH_MODE": "token"}
        # As any other process; Ray's come after all others, which are the other tests'.
        own["RAY_worker_niceness"] = "0"
        # `quick` starts faster; `poison`: a worker has the cluster's modules, not the driver's.
        tests = Path(__file__).parent
        paths = [str(tests / "quick"), str(tests), os.environ.get("PYTHONPATH", "")]
        own["PYTHONPATH"] = os.pathsep.join(paths)
        environment = os.environ | own | {"RAY_AUTH_TOKEN": secrets.token_hex(32)}
        log = Path(folder) / "log"
        for _ in range(4):
            address, process = start_cluster(folder, log, environment)
            # Ray gives up where its processes are not up in half a minute: on a busy machine.
            while (
                running := process.poll() is None
            ) and "Ray runtime started" not in log.read_text():
                time.sleep(0.1)
            if running:
                break
        assert running, log.read_text()
        try:
            yield Cluster(environment | {"RAY_ADDRESS": address}, psutil.Process(process.pid))
        finally:
            head = psutil.Process(process.pid)
            for each in [*head.children(recursive=True), head]:
                with contextlib.suppress(psutil.NoSuchProcess):
                    each.kill()
            process.wait()


def start_cluster(
    folder: str, log: Path, environment: dict[str, str]
) -> tuple[str, subprocess.Popen[bytes]]:
    port = free_port()
    command = ["start", "--head", "--block", "--num-cpus=2", f"--port={port}"]
    command += ["--disable-usage-stats", "--include-dashboard=false", "--no-monitor"]
    command += ["--include-log-monitor=false", f"--temp-dir={folder}"]
    for name in ("ray-client-server", "dashboard-agent-listen", "dashboard-agent-grpc"):
        command.append(f"--{name}-port={free_port()}")
    for name in ("runtime-env-agent", "metrics-export", "node-manager", "object-manager"):
        command.append(f"--{name}-port={free_port()}")
    with log.open("w") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "ray.scripts.scripts", *command],
            stdout=said,
            stderr=said,
            env=environment,
        )
    return f"127.0.0.1:{port}", process
