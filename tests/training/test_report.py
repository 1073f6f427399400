"""The pages and tables about models: evaluation, comparison, robustness."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from altered import smooth_pictures
from fer_files import tiny_fer, write_csv
from roomread import classifier
from roomread.classifier import open_model
from roomread.errors import DataError
from roomread.readings import Expression
from roomread.training.compare import as_rows, compare, comparison_page
from roomread.training.dataset import Split
from roomread.training.evaluate import Evaluation, evaluate, score
from roomread.training.report import evaluation_report
from roomread.training.robustness import CONDITIONS, apply, measure
from roomread.training.runs import DataSource, Run


def made_up(confidences: list[float], right: list[bool]) -> Evaluation:
    """Return the evaluation of predictions "angry" with these confidences, right or wrong."""
    p = np.zeros((len(right), 7), np.float32)
    p[:, 0] = confidences
    p[:, 6] = 1 - p[:, 0]
    labels = np.where(right, 0, 6)
    return score("test", p, labels, "made up")


def test_risk_coverage_curve_starts_with_the_most_confident_pictures() -> None:
    result = made_up([0.9, 0.6, 0.8, 0.7], [True, False, True, False])
    shares, accuracies = result.coverage(points=4)
    assert shares.tolist() == [0.25, 0.5, 0.75, 1.0]
    assert accuracies == pytest.approx([1, 1, 2 / 3, 1 / 2])


def test_reliability_has_a_point_for_each_bin_with_pictures() -> None:
    result = made_up([0.91, 0.92, 0.61, 0.62], [True, True, True, False])
    points = result.reliability()
    assert [n for *_, n in points] == [2, 2]
    assert points[0][:2] == pytest.approx((0.615, 0.5), abs=1e-4)
    assert points[1][:2] == pytest.approx((0.915, 1.0), abs=1e-4)


def test_flip_averages_the_picture_and_its_mirror_image_equally() -> None:
    data = tiny_fer(votes=True)
    model = open_model("compact")
    flipped = evaluate(model, data, Split.PublicTest, flip=True)[0]
    data.images[:] = data.images[:, :, ::-1]
    mirrored = evaluate(model, data, Split.PublicTest, flip=True)[0]
    np.testing.assert_allclose(flipped.probabilities, mirrored.probabilities, atol=1e-6)
    assert "tta:flip" in flipped.accuracy.signature


def test_empty_split_is_refused() -> None:
    data = tiny_fer()
    data = data.take(data.splits == Split.Training)
    with pytest.raises(DataError, match="no PrivateTest pictures"):
        evaluate(open_model("compact"), data, Split.PrivateTest)


@pytest.mark.parametrize("name", CONDITIONS)
def test_each_condition_changes_pictures_the_same_way_each_time(name: str) -> None:
    pictures = smooth_pictures(6)
    changed = apply(CONDITIONS[name], pictures)
    assert changed.shape == pictures.shape
    assert changed.dtype == np.uint8
    np.testing.assert_array_equal(changed, apply(CONDITIONS[name], pictures))
    assert (name == "as they are") == bool((changed == pictures).all())


def test_occlusion_covers_a_ninth_of_the_picture() -> None:
    white = np.full((5, 48, 48), 255, np.uint8)
    assert (apply(CONDITIONS["a ninth covered"], white) != 255).mean() == pytest.approx(1 / 9)


def test_robustness_is_measured_for_each_truth_against_the_plain_pictures() -> None:
    measured = measure(open_model("compact"), tiny_fer(votes=True), Split.PublicTest)
    assert list(measured) == ["FER-2013 label", "FER+ majority"]
    for conditions in measured.values():
        plain = conditions[0]
        assert plain.drop == 0
        for condition in conditions:
            expected = 100 * (plain.accuracy - condition.accuracy)
            assert condition.drop == pytest.approx(expected)


def write_run(folder: Path, *, accuracy: float = 0.6) -> Run:
    """Write the folder of a run as `train` leaves it, without training."""
    run = Run(folder)
    for version, rows in enumerate((["0,1,0.2,", "0,1,,2.0", "1,2,0.3,"], ["1,2,0.4,"])):
        logs = folder / "logs" / f"version_{version}"
        logs.mkdir(parents=True)
        logs.joinpath("metrics.csv").write_text(
            "epoch,step,val_accuracy,train_loss\n" + "\n".join(rows) + "\n"
        )
    bundled = open_model("compact")
    results = [r.to_dict() for r in evaluate(bundled, tiny_fer(votes=True), Split.PublicTest)]
    results[0]["accuracy"] = accuracy
    run.save_figures(results)
    bundled_file = Path(classifier.__file__).parent / "bundled" / "compact.onnx"
    run.model.write_bytes(bundled_file.read_bytes())
    return run


def test_epochs_that_a_resumed_run_repeated_replace_the_first_ones(tmp_path: Path) -> None:
    assert write_run(tmp_path / "run").curves() == [
        {"epoch": 0.0, "val_accuracy": 0.2, "train_loss": 2.0},
        {"epoch": 1.0, "val_accuracy": 0.4},
    ]


def test_the_report_is_one_page_without_pictures_or_links(tmp_path: Path) -> None:
    data = tiny_fer(votes=True)
    model = open_model("compact")
    results = evaluate(model, data, Split.PublicTest)
    command = "roomread evaluate DATA --model '<run>'"
    page = evaluation_report(
        model, data, Split.PublicTest, results, command=command, run=write_run(tmp_path / "run")
    )
    assert "--model &#39;&lt;run&gt;&#39;" in page
    # Curves, two confusion matrices, reliability, coverage, robustness of both heads.
    assert page.count("<svg") == 7
    for result in results:
        assert result.accuracy.short in page
    assert "<img" not in page
    # The colours of the two confusion matrices are 7 x 7 pictures; there is no other.
    assert page.count("<image") == 2
    assert not re.search(r'(?:src|<link[^>]*href)="', page)
    without = evaluation_report(model, data, Split.PublicTest, results, command=command, run=None)
    assert without.count("<svg") == 6


def test_runs_are_compared_by_their_saved_figures_best_first(tmp_path: Path) -> None:
    worse = write_run(tmp_path / "worse", accuracy=0.5)
    better = write_run(tmp_path / "better", accuracy=0.7)
    lines = compare([str(worse.folder), str(better.folder)])
    assert [line.name for line in lines] == ["better", "worse"]
    assert lines[0].accuracy == 0.7
    assert lines[0].milliseconds > 0
    assert lines[0].megabytes == pytest.approx(open_model("compact").size / 1e6)
    assert json.loads(json.dumps(as_rows(lines)))[1]["accuracy"] == 0.5
    page = comparison_page(lines, [worse, better], command="roomread compare")
    assert page.count("<svg") == 3
    assert comparison_page(lines, [], command="roomread compare").count("<svg") == 2


def test_models_are_measured_on_data_that_is_given() -> None:
    data = tiny_fer(votes=True)
    (line,) = compare(["compact"], data, Split.PrivateTest)
    official, _, seen, *_ = evaluate(open_model("compact"), data, Split.PrivateTest)
    assert line.accuracy == official.accuracy.value
    assert line.ferplus == seen.accuracy.value
    assert line.disgust == official.recall[Expression.DISGUST]


def test_run_without_saved_figures_is_refused_with_a_hint(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"figures\.json \(measure it on a data set\)"):
        compare([str(write_without_figures(tmp_path / "run"))])


def write_without_figures(folder: Path) -> Path:
    run = write_run(folder)
    (folder / "figures.json").unlink()
    return run.folder


def test_run_reads_its_data_again_and_refuses_changed_data(tmp_path: Path) -> None:
    data = tiny_fer()
    path = write_csv(data, tmp_path / "fer2013.csv")
    run = Run(tmp_path / "run")
    with pytest.raises(DataError, match=r"data\.json \(name the data set\)"):
        run.data()
    run.save_source(DataSource(str(path), None, data.digest))
    assert run.data().digest == data.digest
    data.labels[0] = 4
    write_csv(data, path)
    with pytest.raises(DataError, match="changed since the run"):
        run.data()
