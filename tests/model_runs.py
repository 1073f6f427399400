from __future__ import annotations

from pathlib import Path

from fer_files import tiny_fer
from roomread import classifier
from roomread.classifier import open_model
from roomread.training.dataset import Split
from roomread.training.evaluate import evaluate
from roomread.training.runs import Run


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
