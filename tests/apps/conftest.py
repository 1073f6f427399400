"""What the tests of several doors need."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator

import pytest

from program import free_port
from ray_cluster import Cluster, running_cluster


@pytest.fixture
def coturn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a TURN server on this computer whose shared secret is "north"."""
    program = shutil.which("turnserver")
    if program is None:
        pytest.skip("no coturn on this machine")
    folder = tmp_path_factory.mktemp("coturn")
    port = free_port()
    options = ["-n", "--no-cli", "--no-tls", "--no-dtls", "--log-file=stdout"]
    options += ["--listening-ip=127.0.0.1", f"--listening-port={port}", "--realm=example.org"]
    options += ["--relay-ip=127.0.0.1", "--allow-loopback-peers"]
    options += ["--use-auth-secret", "--static-auth-secret=north"]
    options += [f"--userdb={folder / 'turn.db'}", f"--pidfile={folder / 'turn.pid'}"]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen([program, *options], stdout=log, stderr=log)
    deadline = time.monotonic() + 30
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            break
        except OSError:
            assert server.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < deadline, (folder / "log").read_text()
            time.sleep(0.05)
    yield port
    server.terminate()
    server.wait(timeout=30)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A Ray cluster of two workers, for all tests that need one."""
    with running_cluster() as running:
        yield running
