from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from program import LENIENT
from ray_cluster import Cluster, command_of
from serving import Service, serving

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="Windows has no kill -9"),
    # Ray leaves some of its files and sockets open for the interpreter to close.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
pytest.importorskip("ray", reason="needs the extra 'cluster'")
pytest.importorskip("grpc_reflection", reason="needs the extra 'cluster'")
PHOTO = (Path(__file__).parents[3] / "examples" / "astronaut.jpg").read_bytes()
# Ray Serve outlives the process that started it, and other tests need its processor.
SHUT_DOWN = "import ray; from ray import serve; ray.init(); serve.shutdown()"


def python(cluster: Cluster, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        env=cluster.environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.fixture(scope="module")
def served(cluster: Cluster) -> Iterator[Cluster]:
    """Yield the cluster, and shut its nets down afterwards."""
    yield cluster
    assert python(cluster, "-c", SHUT_DOWN).returncode == 0


@pytest.fixture(scope="module")
def asked(served: Cluster) -> list[dict[str, Any]]:
    """Return the JSON lines that `asks_shared_nets` prints."""
    done = python(served, "-m", "asks_shared_nets")
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def test_shared_nets_produce_the_same_readings_as_local_nets(asked: list[dict[str, Any]]) -> None:
    compared = asked[0]
    shared, own = compared["readings"]
    assert shared == own > 25
    assert compared["same_labels"]
    assert compared["difference"] < 1e-5
    assert compared["features"] < 1e-4


def test_request_is_refused_as_busy_if_too_many_requests_wait(asked: list[dict[str, Any]]) -> None:
    told = asked[1]
    late = "the cluster's nets did not answer for 20 s"
    full = "64 requests are already waiting for the cluster's nets"
    # Which of the two limits is reached first depends on the machine.
    assert "25 faces" in told
    assert {late, full} & set(told)
    assert set(told) <= {"25 faces", late, full}
    assert sum(told.values()) == 100


OTHER = """
from roomread.cluster.nets import shared
from roomread.runtime import Device
shared.__version__ = "0.0.9"
shared.SharedNets(device=Device.CPU, replicas=1)
"""


def test_workers_of_another_version_are_refused(served: Cluster) -> None:
    done = python(served, "-c", OTHER)
    assert "the cluster's nets do not start: a worker runs Roomread " in done.stderr
    assert "but the job is from Roomread 0.0.9" in done.stderr


def post(service: Service) -> httpx.Response:
    return httpx.post(f"{service.url}/api/v1/analyze", content=PHOTO, timeout=60)


def a_replica(service: Service) -> psutil.Process:
    deadline = time.monotonic() + 60
    while True:
        for each in psutil.Process(service.process.pid).children(recursive=True):
            if "ServeReplica" in command_of(each):
                return each
        # Ray rewrites a process's name with each request, so that it is incomplete for a moment.
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.sweep
def test_service_survives_a_killed_replica_and_stops_its_cluster_at_exit(
    tmp_path: Path,
) -> None:
    with serving(tmp_path, "--engine", "ray") as service:
        (before,) = post(service).json()["pictures"][0]["frame"]["faces"]
        started = psutil.Process(service.process.pid).children(recursive=True)
        with ThreadPoolExecutor(4) as threads:
            flying = [threads.submit(post, service) for _ in range(4)]
            a_replica(service).kill()
            answers = [each.result() for each in flying]
        assert {answer.status_code for answer in answers} <= {200, 503}
        assert all("retry-after" in a.headers for a in answers if a.status_code == 503)
        deadline = time.monotonic() + 100
        while (answer := post(service)).status_code != 200:
            assert time.monotonic() < deadline
            time.sleep(int(answer.headers["retry-after"]))
        assert answer.json()["pictures"][0]["frame"]["faces"] == [before]
        service.end()
    _, alive = psutil.wait_procs(started, timeout=20)
    assert alive == []


def test_missing_cluster_is_reported_in_one_line(tmp_path: Path) -> None:
    done = subprocess.run(
        [*LENIENT, "serve", "--port", "0", "--engine", "ray"],
        env=os.environ
        | {"RAY_ADDRESS": "127.0.0.1:9", "ROOMREAD_DATA_FOLDER": str(tmp_path)}
        | {"HOME": str(tmp_path), "ROOMREAD_PURPOSE": "personal"},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("roomread: the Ray cluster at 127.0.0.1:9: Connection refused")


def test_missing_ray_is_reported_with_the_extra_to_install() -> None:
    script = (
        "import sys; sys.modules['ray'] = None\n"
        "from roomread.cluster.connection import join\n"
        "from roomread.errors import MissingExtraError\n"
        "try: join()\n"
        "except MissingExtraError as error: print(error)\n"
    )
    said = subprocess.check_output([sys.executable, "-c", script], text=True, timeout=60)
    assert said == "running on Ray needs the extra 'cluster' (pip install 'roomread[cluster]')\n"
