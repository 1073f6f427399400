from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from program import Program
from roomread.bench import parts


def test_bench_with_the_scene_parts_times_each_net_separately(tmp_path: Path) -> None:
    measured = Program(tmp_path)("bench", "--scene", "parts", "-o", "parts.json")
    assert measured.returncode == 0
    assert b"read 25 at once" in measured.stdout
    alone = json.loads((tmp_path / "parts.json").read_text())
    assert alone["scenes"] == []
    assert set(alone["parts"]["detector"]) == {"640 x 480", "1280 x 720", "1920 x 1080"}
    assert min([*alone["parts"]["detector"].values(), *alone["parts"]["net"].values()]) > 0
    assert alone["parts"]["product"] > 0


def test_numpy_thread_limit_is_set_for_new_processes_and_restored_afterwards(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    with parts._one_thread():
        assert os.environ["OMP_NUM_THREADS"] == os.environ["MKL_NUM_THREADS"] == "1"
    assert os.environ["OMP_NUM_THREADS"] == "7"
    assert "MKL_NUM_THREADS" not in os.environ


def test_median_time_ignores_the_first_run_and_covers_at_least_three_more_runs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The clock advances by a second with each call, so the time limit is soon reached.
    clock = iter(range(100))
    monkeypatch.setattr(time, "perf_counter", lambda: float(next(clock)))
    runs: list[int] = []
    assert parts._median(lambda: runs.append(1)) == 1.0
    assert len(runs) == 4
