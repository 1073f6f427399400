from __future__ import annotations

import re
from pathlib import Path

from fer_files import tiny_fer
from model_runs import write_run
from roomread.classifier import open_model
from roomread.training.dataset import Split
from roomread.training.evaluate import evaluate
from roomread.training.report import evaluation_report


def test_evaluation_report_is_one_page_without_external_pictures_or_links(tmp_path: Path) -> None:
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
    # The colours of each confusion matrix are a 7 x 7 picture; the page has no other pictures.
    assert page.count("<image") == 2
    assert not re.search(r'(?:src|<link[^>]*href)="', page)
    without = evaluation_report(model, data, Split.PublicTest, results, command=command, run=None)
    assert without.count("<svg") == 6
