from __future__ import annotations

import pytest

from roomread.joining.reports import ReportCounts, Say


def test_button_reports_are_counted_by_kind() -> None:
    said = iter([Say.LOST, Say.OK, Say.LOST, Say.SLOWER])
    counts = ReportCounts.of(said)
    assert counts == ReportCounts(ok=1, lost=2, slower=1, faster=0)
    assert counts.total == 4


@pytest.mark.parametrize("said", list(Say))
def test_every_kind_of_button_report_is_in_the_total(said: Say) -> None:
    assert ReportCounts.of([said]).total == 1
    assert getattr(ReportCounts.of([said]), said.value) == 1


def test_counts_without_button_reports_are_zero() -> None:
    assert ReportCounts.of([]) == ReportCounts()
    assert ReportCounts().total == 0
