from __future__ import annotations

from roomread import __version__
from roomread.services.references import bibtex


def test_bibtex_contains_only_the_references_that_the_text_cites() -> None:
    text = bibtex(r"Read with Roomread \cite{roomread}, calibrated \cite{guo2017calibration}.")
    assert [line for line in text.splitlines() if line.startswith("@")] == [
        "@software{roomread,",
        "@inproceedings{guo2017calibration,",
    ]
    assert f"version = {{{__version__}}}" in text


def test_text_without_citations_has_no_references() -> None:
    assert bibtex("nothing is cited").strip() == ""
