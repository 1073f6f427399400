"""Copy a run's model file into the package, with its predictions for the fixed check pictures.

    python benchmarks/bundle.py runs/compact/model.onnx compact

`roomread models` then shows its card.
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path

from roomread.classifier import open_model
from roomread.classifier.selfcheck import check_probabilities
from roomread.fewshot import feature_statistics_of

BUNDLED = Path(__file__).parent.parent / "src" / "roomread" / "classifier" / "bundled"


def main() -> None:
    """Copy the file and write `NAME.check.json` beside it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("name")
    arguments = parser.parse_args()
    model = open_model(arguments.model)
    # This raises an error for a net without `roomread fewshot prepare`, which cannot be taught.
    feature_statistics_of(model)
    probabilities = check_probabilities(model)
    shutil.copyfile(arguments.model, BUNDLED / f"{arguments.name}.onnx")
    rows = [[round(float(value), 6) for value in row] for row in probabilities]
    (BUNDLED / f"{arguments.name}.check.json").write_text(json.dumps(rows) + "\n")
    print(f"bundled {arguments.model} as {arguments.name}")


if __name__ == "__main__":
    main()
