from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from installed_plugins import install as install_plugins
from postgres import PostgresServer, find_programs, may_run
from program import Program, free_port
from ray_cluster import Cluster, running_cluster

if TYPE_CHECKING:
    from xdist.remote import Producer
    from xdist.scheduler import LoadFileScheduling

# Use the same examples in every run, so that no test passes or fails by chance. `make search` draws
# more and different examples.
# The time to draw examples depends on the load of the machine, so it is not checked.
settings.register_profile(
    "fixed",
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("search", max_examples=500, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fixed"))

# The tests record classes, which this purpose allows. Tests of the purpose unset the variable.
os.environ["ROOMREAD_PURPOSE"] = "research"

# These files share one Ray cluster, because two clusters at once do not start on two cores.
_ON_RAY = (
    "cluster/archive/test_on_ray.py",
    "cluster/nets/test_shared.py",
    "cluster/test_training.py",
)


# These files take minutes each. If they began last, they would run alone at the end.
_FIRST = (
    *_ON_RAY,
    "cli/test_train.py",
    "web/test_accessible_app_in_browser.py",
    "web/test_lessons_in_browser.py",
    "web/test_live_in_browser.py",
    "web/test_media_in_browser.py",
    "web/test_pages_in_browser.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the slowest files first, so that they do not run alone at the end."""
    items.sort(key=lambda item: not item.path.as_posix().endswith(_FIRST))


@pytest.fixture
def plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Install the package `room-blobs`, which has plug-ins, and return its folder."""
    install_plugins(tmp_path, "room-blobs")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "room_blobs", raising=False)
    return tmp_path


@pytest.fixture
def roomread(tmp_path: Path) -> Program:
    return Program(tmp_path)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadFileScheduling:
    """Run the tests of each file in one process, and all files that use Ray in the same process."""
    from xdist.scheduler import LoadFileScheduling  # noqa: PLC0415 (only where it is used)

    class ByFile(LoadFileScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            file: str = super()._split_scope(nodeid)
            return "on Ray" if file.endswith(_ON_RAY) else file

    return ByFile(config, log)


@pytest.fixture
def coturn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Start a TURN server on this computer with the shared secret "north"; yield its port."""
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
    """Yield the Ray cluster of two workers that all tests share."""
    with running_cluster() as running:
        yield running


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    programs = find_programs()
    if programs is None or not may_run():
        pytest.skip("PostgreSQL is not installed here")
    server = PostgresServer(programs)
    try:
        server.start()
        yield server
    finally:
        server.close()
