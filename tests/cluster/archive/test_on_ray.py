from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pyarrow.parquet as pq
import pytest

from program import PROGRAM
from ray_cluster import Cluster
from roomread.bench import scenes
from roomread.media import VideoWriter

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is not Windows'"),
    # Ray leaves some of its files and sockets open for the interpreter to close.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
pytest.importorskip("ray", reason="needs the extra 'cluster'")

VIDEOS = 6
# Two pieces each.
SECONDS, PIECE = 8.0, 4.0


@pytest.fixture(scope="module")
def lessons(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write different videos of one face, and return their folder."""
    folder = tmp_path_factory.mktemp("lessons")
    for number in range(VIDEOS):
        call = scenes.grid(width=480, height=270, columns=2, rows=1, people=1, seed=number)
        with VideoWriter(folder / f"lesson-{number}.mp4") as video:
            for frame in scenes.moving(call, round(SECONDS * 10), rate=10):
                video.write(frame.image, frame.time)
    return folder


def busy(cluster: Cluster) -> list[psutil.Process]:
    """Return the worker processes that are reading now."""
    return cluster.workers("ray::_work")


def start(cluster: Cluster, lessons: Path, out: Path) -> subprocess.Popen[str]:
    command = [*PROGRAM, "analyze", str(lessons), "-o", f"{out}/", "--engine", "ray"]
    return subprocess.Popen(
        [*command, f"--piece={PIECE}s"],
        env=cluster.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(happened: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 100
    while not happened():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)


def parquet(out: Path) -> list[Path]:
    return [path for path in out.rglob("*.parquet") if not path.name.startswith(".")]


def check(out: Path) -> None:
    """Check that every frame of every video was read once, with one face in each."""
    tables = [pq.read_table(path).to_pydict() for path in parquet(out)]
    assert len(tables) == VIDEOS
    assert len({table["source"][0] for table in tables}) == VIDEOS
    for table in tables:
        assert table["frame_index"] == list(range(round(SECONDS * 10)))
        assert set(table["track_id"]) == {1}
    assert not (out / "_pieces").exists()


def test_only_the_video_piece_of_a_killed_worker_is_read_again(
    cluster: Cluster, lessons: Path, tmp_path: Path
) -> None:
    process = start(cluster, lessons, tmp_path / "out")
    wait_for(lambda: len(parquet(tmp_path / "out")) >= 2 and bool(busy(cluster)), process)
    os.kill(busy(cluster)[0].pid, signal.SIGKILL)
    said, errors = process.communicate(timeout=100)
    assert (process.returncode, errors) == (0, "")
    assert f"{VIDEOS} videos: {VIDEOS} read; 1 repeated because a worker crashed; " in said
    check(tmp_path / "out")


def test_run_after_a_killed_driver_reads_only_missing_videos(
    cluster: Cluster, lessons: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    process = start(cluster, lessons, out)
    wait_for(lambda: sum(path.parent == out for path in parquet(out)) >= 2, process)
    process.kill()
    process.communicate()
    wait_for_idle(cluster)
    kept = {path: path.stat().st_mtime_ns for path in parquet(out)}
    assert len(kept) < 2 * VIDEOS
    process = start(cluster, lessons, out)
    said, errors = process.communicate(timeout=100)
    assert (process.returncode, errors) == (0, "")
    whole = {path: mtime for path, mtime in kept.items() if path.parent == out}
    assert f"{VIDEOS - len(whole)} read, {len(whole)} read before" in said
    assert {path: path.stat().st_mtime_ns for path in whole} == whole
    check(out)


def wait_for_idle(cluster: Cluster) -> None:
    deadline = time.monotonic() + 60
    while busy(cluster):
        assert time.monotonic() < deadline
        time.sleep(0.05)


POISON = """
import sys
from poison import Poison
from roomread.cluster.archive.on_ray import RayExecutor
from roomread.cluster.archive.storage import ArchiveVideo
executor = RayExecutor(workers=1)
executor.submit(Poison(ArchiveVideo("bad.mp4", 1, ""), sys.argv[1]))
print(executor.wait().error, executor.repeated)
executor.close()
"""


def test_video_that_crashes_every_worker_is_reported_as_failed(
    cluster: Cluster, tmp_path: Path
) -> None:
    said = subprocess.check_output(
        [sys.executable, "-c", POISON, str(tmp_path / "begun")],
        env=cluster.environment,
        text=True,
        timeout=100,
    )
    # Ray prints messages of its own about each crash.
    assert "bad.mp4: crashed its worker 3 times (WorkerCrashedError) 2" in said.splitlines()
    assert (tmp_path / "begun").read_text() == "begun\n" * 3


STRANGE = POISON.replace("from poison", "sys.path.insert(0, sys.argv[2])\nfrom strange")


def test_missing_module_on_a_worker_is_reported(cluster: Cluster, tmp_path: Path) -> None:
    # A module that only the driver has, as Roomread would be.
    source = (Path(__file__).parents[2] / "poison.py").read_text(encoding="utf-8")
    (tmp_path / "strange.py").write_text(source, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", STRANGE, str(tmp_path / "begun"), str(tmp_path)],
        env=cluster.environment,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert "a worker cannot start: ModuleNotFoundError: No module named 'strange'" in done.stderr
    assert "on all machines" in done.stderr


def test_missing_cluster_is_reported_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"")
    done = subprocess.run(
        [*PROGRAM, "analyze", "a.mp4", "-o", "out/", "--engine", "ray"],
        env=os.environ | {"RAY_ADDRESS": "127.0.0.1:9", "HOME": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("roomread: the Ray cluster at 127.0.0.1:9: Connection refused")
