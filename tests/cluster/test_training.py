from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from program import PROGRAM
from ray_cluster import Cluster

pytest.importorskip("ray", reason="needs the extra 'cluster'")
torch = pytest.importorskip("torch", reason="needs the extra 'train'")

from fer_files import tiny_fer, write_csv  # noqa: E402 (needs the extra)
from roomread.classifier import open_model  # noqa: E402
from roomread.cluster import training  # noqa: E402
from roomread.errors import RoomreadError  # noqa: E402
from roomread.training.recipe import Recipe  # noqa: E402
from roomread.training.runs import Run  # noqa: E402

pytestmark = [
    pytest.mark.training,
    # Ray leaves some of its files and sockets open for the interpreter to close.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
NET = ("--devices", "2", "--net", "cnn4", "--batch-size", "8")


def command(folder: Path, *options: str) -> list[str]:
    data = write_csv(tiny_fer(each=16), folder / "fer2013.csv")
    program = [PROGRAM[0], *PROGRAM[3:], "train", str(data), "--out", str(folder / "run")]
    return [*program, "--engine", "ray", "--accelerator", "cpu", *options]


def train(
    folder: Path, environment: dict[str, str], *options: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(folder, *options),
        env=environment,
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )


def test_two_workers_train_one_net_together(cluster: Cluster, tmp_path: Path) -> None:
    run = Run(tmp_path / "run")
    trained = train(tmp_path, cluster.environment, *NET, "--epochs", "2")
    assert trained.returncode == 0, trained.stderr
    assert [row["epoch"] for row in run.curves()] == [0.0, 1.0]
    # 112 pictures in batches of 8, of which each worker took four.
    assert torch.load(run.last_checkpoint, weights_only=True)["global_step"] == 2 * 14
    assert open_model(run.model).card.net == "cnn4"
    assert not (run.folder / "ray").exists()


# Each of half a dozen processes imports torch twice.
@pytest.mark.sweep
def test_interrupted_training_of_two_workers_is_resumed(cluster: Cluster, tmp_path: Path) -> None:
    run = Run(tmp_path / "run")
    process = subprocess.Popen(
        command(tmp_path, *NET, "--epochs", "8"),
        env=cluster.environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        # Half a dozen of Ray's processes import torch, one after the other.
        deadline = time.monotonic() + 400
        while not run.last_checkpoint.exists():
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=200)
    finally:
        # Otherwise it would occupy the cluster during the following tests.
        process.kill()
    assert process.returncode == 130, errors
    assert "the last whole epoch is kept" in errors
    assert len(run.curves()) < 8
    resumed = train(tmp_path, cluster.environment, "--devices", "2", "--resume")
    assert resumed.returncode == 0, resumed.stderr
    assert [row["epoch"] for row in run.curves()] == [float(epoch) for epoch in range(8)]
    assert torch.load(run.last_checkpoint, weights_only=True)["global_step"] == 8 * 14
    assert open_model(run.model).card.net == "cnn4"
    assert not (run.folder / "ray").exists()


def test_worker_resolves_relative_paths_of_a_recipe_in_the_folder_of_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "units.parquet").touch()
    (tmp_path / "of a worker").mkdir()
    monkeypatch.chdir(tmp_path / "of a worker")
    recipe = Recipe(auxiliary="units.parquet", teachers=("compact",))
    training._enter(tmp_path / "here", recipe)
    assert Path(recipe.auxiliary).exists()
    with pytest.raises(RoomreadError, match=r"units\.parquet: is relative to the folder"):
        training._enter(tmp_path / "elsewhere", recipe)
    absolute = Recipe(auxiliary=str(tmp_path / "here" / "units.parquet"), teachers=("compact",))
    training._enter(tmp_path / "elsewhere", absolute)


def test_requesting_more_workers_than_the_cluster_has_is_refused(
    cluster: Cluster, tmp_path: Path
) -> None:
    done = train(tmp_path, cluster.environment, "--devices", "3")
    assert done.returncode == 2
    assert "the cluster has 2 workers of 1 processors, but 3 are requested" in done.stderr


def test_missing_cluster_is_reported_in_one_line(tmp_path: Path) -> None:
    gone = os.environ | {"RAY_ADDRESS": "127.0.0.1:9", "HOME": str(tmp_path)}
    done = train(tmp_path, gone)
    assert done.returncode == 2
    assert done.stderr.startswith("roomread: the Ray cluster at 127.0.0.1:9: Connection refused")
    assert not (tmp_path / "run").exists()
