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
    # Do not use the folder of pytest: the path of a socket has at most 107 characters. It is also
    # the home folder, into which Ray writes its token.
    with tempfile.TemporaryDirectory(prefix="rr-", ignore_cleanup_errors=True) as folder:
        own = {"HOME": folder, "OMP_NUM_THREADS": "1", "RAY_AUTH_MODE": "token"}
        # Give the workers normal priority; by default Ray lets all other processes run first.
        own["RAY_worker_niceness"] = "0"
        # `quick` makes workers start faster. Workers import `poison` from this path, because they
        # do not have the path of the driver.
        tests = Path(__file__).parent
        paths = [str(tests / "quick"), str(tests), os.environ.get("PYTHONPATH", "")]
        own["PYTHONPATH"] = os.pathsep.join(paths)
        environment = os.environ | own | {"RAY_AUTH_TOKEN": secrets.token_hex(32)}
        log = Path(folder) / "log"
        for _ in range(4):
            address, process = start_cluster(folder, log, environment)
            # On a busy machine Ray may give up, if its processes do not start in half a minute.
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
