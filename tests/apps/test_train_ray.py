from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from program import PROGRAM
from ray_cluster import Cluster

pytest.importorskip("ray", reason="needs the extra 'cluster'")
torch = pytest.importorskip("torch", reason="needs the extra 'train'")

from fer_files import tiny_fer, write_csv  # noqa: E402 (needs the extra)
from roomread.classifier import open_model  # noqa: E402
from roomread.training.runs import Run  # noqa: E402

pytestmark = [
    pytest.mark.training,
    # Ray leaves its own files and sockets to the interpreter.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
OPTIONS = ["--engine", "ray", "--accelerator", "cpu", "--net", "cnn4", "--batch-size", "8"]


def train(
    folder: Path, environment: dict[str, str], *options: str
) -> subprocess.CompletedProcess[str]:
    data = write_csv(tiny_fer(), folder / "fer2013.csv")
    return subprocess.run(
        [PROGRAM[0], *PROGRAM[3:], "train", str(data), "--out", str(folder / "run"), *options],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_two_workers_train_one_net_and_go_on(cluster: Cluster, tmp_path: Path) -> None:
    options = [*OPTIONS, "--devices", "2"]
    done = train(tmp_path, cluster.environment, *options, "--epochs", "1")
    assert done.returncode == 0, done.stderr
    run = Run(tmp_path / "run")
    checkpoint = torch.load(run.last_checkpoint, weights_only=True)
    # 14 pictures in batches of 8: one step, of which each worker took four.
    assert (checkpoint["epoch"], checkpoint["global_step"]) == (0, 1)
    assert open_model(run.model).card.net == "cnn4"
    assert not (tmp_path / "run" / "ray").exists()
    again = train(tmp_path, cluster.environment, *options, "--epochs", "1")
    assert again.returncode == 2
    assert "holds a run already" in again.stderr
    resumed = train(tmp_path, cluster.environment, *OPTIONS, "--devices", "2", "--resume")
    assert resumed.returncode == 0, resumed.stderr


def test_more_workers_than_the_cluster_has_are_refused(cluster: Cluster, tmp_path: Path) -> None:
    done = train(tmp_path, cluster.environment, *OPTIONS, "--devices", "3")
    assert done.returncode == 2
    assert "the cluster has 2 workers of 1 processors, and --devices asks for 3" in done.stderr


def test_a_cluster_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    gone = os.environ | {"RAY_ADDRESS": "127.0.0.1:9", "HOME": str(tmp_path)}
    done = train(tmp_path, gone, *OPTIONS)
    assert done.returncode == 2
    assert done.stderr.startswith("roomread: the Ray cluster at 127.0.0.1:9: Connection refused")
    assert not (tmp_path / "run").exists()
