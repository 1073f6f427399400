"""Tests of the commands for training and evaluation."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from fer_files import tiny_fer, write_csv, write_ferplus
from program import PROGRAM, Program
from roomread.classifier import ExpressionClassifier, open_model
from roomread.classifier.selfcheck import check_pictures
from roomread.cli import train
from roomread.entry.main import run

pytestmark = pytest.mark.training

QUICK = ("--batch-size", "8", "--threads", "1", "--accelerator", "cpu")


@pytest.fixture
def fer2013(tmp_path: Path) -> Path:
    """Write a small fer2013.csv and its votes, plus.csv; an epoch takes a second or two."""
    data = tiny_fer(each=24, votes=True)
    write_ferplus(data, tmp_path / "plus.csv")
    return write_csv(data, tmp_path / "fer2013.csv")


def start(folder: Path, *arguments: object) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*PROGRAM, *map(str, arguments)],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # Start a new process group, as a terminal does for each command.
        start_new_session=True,
    )


def wait_for_first_epoch(process: subprocess.Popen[bytes], run: Path) -> None:
    deadline = time.monotonic() + 100
    while not (run / "checkpoints" / "last.ckpt").exists():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.01)


def table(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text().splitlines()))


def answers(model: Path) -> np.ndarray:
    scores = ExpressionClassifier(open_model(model)).classify(check_pictures())
    return np.stack([s.probabilities for s in scores])


@pytest.mark.sweep
def test_killed_and_resumed_run_gives_the_same_model_as_an_uninterrupted_run(
    roomread: Program, tmp_path: Path, fer2013: Path
) -> None:
    train = ("train", fer2013, "--ferplus", tmp_path / "plus.csv", "--epochs", 2, *QUICK)
    process = start(tmp_path, *train, "--out", "killed")
    wait_for_first_epoch(process, tmp_path / "killed")
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert not (tmp_path / "killed" / "model.onnx").exists()

    again = roomread(*train, "--out", "killed")
    assert again.returncode == 2
    assert b"already contains a run" in again.stderr
    # The recipe comes from the run.
    resumed = roomread(
        "train", fer2013, "--ferplus", tmp_path / "plus.csv", *QUICK[2:], "--out", "killed",
        "--resume",
    )  # fmt: skip
    assert resumed.returncode == 0, resumed.stderr
    whole = roomread(*train, "--out", "whole")
    assert whole.returncode == 0, whole.stderr
    assert b"wrote whole/model.onnx" in whole.stdout
    np.testing.assert_allclose(
        answers(tmp_path / "killed" / "model.onnx"),
        answers(tmp_path / "whole" / "model.onnx"),
        atol=1e-6,
    )
    figures = [
        json.loads((tmp_path / name / "figures.json").read_text()) for name in ("killed", "whole")
    ]
    assert figures[0] == figures[1]


def test_ctrl_c_keeps_the_last_whole_epoch_and_says_how_to_resume(
    tmp_path: Path, fer2013: Path
) -> None:
    process = start(tmp_path, "train", fer2013, "--epochs", 50, *QUICK, "--out", "run")
    wait_for_first_epoch(process, tmp_path / "run")
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 130
    assert b"continue with --out run --resume" in errors
    assert b"Traceback" not in errors
    assert (tmp_path / "run" / "checkpoints" / "last.ckpt").exists()


def test_trained_run_can_be_evaluated_compared_and_exported(
    roomread: Program, tmp_path: Path
) -> None:
    data = tiny_fer(each=6, votes=True)
    write_csv(data, tmp_path / "fer2013.csv")
    write_ferplus(data, tmp_path / "plus.csv")
    (tmp_path / "mine.toml").write_text('net = "mobilenet"\nepochs = 9\nbatch_size = 8\n')
    trained = roomread(
        "train", "fer2013.csv", "--ferplus", "plus.csv", "--config", "mine.toml", "--epochs", 1,
        "--imbalance", "logit-adjustment", "--out", "runs/mine",
    )  # fmt: skip
    assert trained.returncode == 0, trained.stderr
    assert b"mobilenet: 0.20 M parameters, 23 M multiply-adds" in trained.stdout
    card = open_model(tmp_path / "runs" / "mine" / "model.onnx").card
    assert card.training["epochs"] == 1
    assert card.training["imbalance"] == "logit-adjustment"

    evaluated = roomread(
        "evaluate", "fer2013.csv", "--ferplus", "plus.csv", "--model", "runs/mine",
        "--split", "PublicTest",
    )  # fmt: skip
    assert evaluated.returncode == 0, evaluated.stderr
    page = (tmp_path / "runs" / "mine" / "report.html").read_text()
    assert "roomread evaluate fer2013.csv --ferplus plus.csv --model runs/mine" in page
    assert page.count("<svg") == 7

    compared = roomread("compare", "runs/mine", "-o", "compared.csv")
    assert compared.returncode == 0, compared.stderr
    (row,) = table(tmp_path / "compared.csv")
    assert row["net"] == "mobilenet"
    both = roomread("compare", "runs/mine", "compact", "--data", "fer2013.csv")
    assert both.returncode == 0, both.stderr
    assert "<svg" in (tmp_path / "compare.html").read_text()

    # The run records the path of its data set, so that no option for it is needed.
    exported = roomread("export", "runs/mine", "--int8")
    assert exported.returncode == 0, exported.stderr
    assert b"times as fast" in exported.stdout
    int8 = open_model(tmp_path / "runs" / "mine" / "model.int8.onnx")
    assert int8.card.precision == "int8"


@pytest.mark.sweep
def test_config_option_takes_the_recipe_from_a_model_card(
    roomread: Program, tmp_path: Path
) -> None:
    write_csv(tiny_fer(), tmp_path / "fer2013.csv")
    few = ("--epochs", 1, "--batch-size", 8, "--cutout", 0.5, "--seed", 3, "--out", "first")
    assert roomread("train", "fer2013.csv", *few).returncode == 0
    result = roomread("train", "fer2013.csv", "--config", "first/model.onnx", "--out", "run")
    assert result.returncode == 0, result.stderr
    assert b"no FER+ votes" in result.stdout
    theirs = open_model(tmp_path / "first" / "model.onnx").card.training
    assert json.loads((tmp_path / "run" / "recipe.json").read_text()) == json.loads(
        json.dumps(theirs)
    )
    assert "train it again" in roomread("models").stdout.decode()


def test_option_with_value_0_overrides_the_recipe_and_an_omitted_option_does_not(
    tmp_path: Path,
) -> None:
    config = tmp_path / "recipe.toml"
    config.write_text("mixup = 0.2\nseed = 7\ncutout = 0.5\ndrop_test_copies = true\n")
    options = {"mixup": 0.0, "seed": 0, "cutout": None, "drop_test_copies": False, "out": tmp_path}
    recipe = train._recipe(str(config), options)
    assert (recipe.mixup, recipe.seed) == (0.0, 0)
    assert (recipe.cutout, recipe.drop_test_copies) == (0.5, True)


def test_recipe_of_a_card_whose_teacher_is_missing_is_refused(
    roomread: Program, tmp_path: Path
) -> None:
    write_csv(tiny_fer(), tmp_path / "fer2013.csv")
    result = roomread("train", "fer2013.csv", "--config", "compact", "--out", "run")
    assert result.returncode == 2
    assert b"teachers/xlarge-1.onnx: no such model" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("train", "none.csv", "--out", "run"), "none.csv"),
        (("train", "fer2013.csv", "--net", "imaginary", "--out", "run"), "there is no net"),
        (("train", "fer2013.csv", "--epochs", 0, "--out", "run"), "epochs is 0"),
        (("train", "fer2013.csv", "--imbalance", "hope", "--out", "run"), "'hope' is not one of"),
        (("train", "fer2013.csv", "--config", "none.toml", "--out", "run"), "not a recipe"),
        (("train", "fer2013.csv", "--config", "none", "--out", "run"), "no such model"),
        (("train", "fer2013.csv", "--target", "blend", "--out", "run"), "--ferplus"),
        (("train", "fer2013.csv", "--teacher", "none.onnx", "--out", "run"), "no such model"),
        (("train", "fer2013.csv", "--out", "run", "--resume"), "no finished epoch"),
        (("train", "fer2013.csv", "--out", "fer2013.csv"), "cannot be written"),
        (("evaluate", "fer2013.csv", "--split", "Training2"), "PublicTest"),
        (("compare", "compact"), "--data"),
        (("compare", "empty"), "no such model"),
        (("compare", "compact", "-o", "table.txt"), ".html"),
        (("export", "empty"), "no run with a finished epoch"),
        (("data", "review", "fer2013.csv", "--folds", "1"), "folds"),
        (("data", "review", "fer2013.csv", "--report", "no/where.html"), "make the folder"),
    ],
    ids=lambda value: " ".join(map(str, value)) if isinstance(value, tuple) else "",
)
def test_each_invalid_command_is_reported_without_traceback_and_with_exit_status_2(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[object, ...],
    words: str,
) -> None:
    # Run in this process, because importing torch again for each case would take minutes.
    write_csv(tiny_fer(), tmp_path / "fer2013.csv")
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["roomread", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        run()
    assert ended.value.code == 2
    errors = capsys.readouterr().err
    assert words in " ".join(errors.split())
    assert "Traceback" not in errors
    assert not (tmp_path / "run" / "model.onnx").exists()
