"""A review as a table's lines, CSV rows and one HTML page; it shows no picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from roomread.readings import Expression
from roomread.training import charts
from roomread.training import review as rules
from roomread.training.dataset import FerData, Split, vote_majority
from roomread.training.report import render
from roomread.training.review import Finding, Kind, Review

_SUSPECTS = 20
COLUMNS = ("finding", "row", "split", "label", "other_row", "suggested", "strength")


@dataclass(frozen=True, slots=True)
class Line:
    """How often one kind of finding occurs.

    Attributes:
        kind: of finding.
        by_split: rows, by split in `Split`'s order.
        across: copies whose other lies in another split; None for what is no copy.
        relabelled: copies whose other has another label; None likewise.
    """

    kind: Kind
    by_split: tuple[int, ...]
    across: int | None
    relabelled: int | None


def lines(data: FerData, review: Review) -> list[Line]:
    """One line a kind, also for kinds that do not occur."""
    return [_line(kind, data, review.of(kind)) for kind in Kind]


def _line(kind: Kind, data: FerData, findings: list[Finding]) -> Line:
    positions = np.array([f.position for f in findings], dtype=int)
    others = np.array([f.other for f in findings if f.other is not None], dtype=int)
    counts = tuple(int((data.splits[np.unique(positions)] == split).sum()) for split in Split)
    if kind not in (Kind.COPY, Kind.NEAR_COPY, Kind.MIRRORED_COPY):
        return Line(kind, counts, None, None)
    across = int((data.splits[positions] != data.splits[others]).sum())
    relabelled = int((data.labels[positions] != data.labels[others]).sum())
    return Line(kind, counts, across, relabelled)


def rows(data: FerData, review: Review) -> list[dict[str, Any]]:
    """Every finding with the row numbers of the data set's file."""
    return [
        {
            "finding": str(f.kind),
            "row": int(data.rows[f.position]),
            "split": Split(data.splits[f.position]).name,
            "label": Expression(data.labels[f.position]).display_name,
            "other_row": int(data.rows[f.other]) if f.other is not None else None,
            "suggested": f.suggested.display_name if f.suggested is not None else None,
            "strength": round(f.strength, 4),
        }
        for f in review.findings
    ]


def classes(data: FerData) -> dict[str, list[int]]:
    """The number of pictures of each expression, by split."""
    counts = {}
    for split in Split:
        labels = data.labels[data.splits == split]
        counts[split.name] = np.bincount(labels, minlength=len(Expression)).tolist()
    return counts


def review_page(data: FerData, review: Review, *, command: str) -> str:
    """The page as HTML."""
    names = [e.display_name for e in Expression]
    counts = classes(data)
    shares = {name: (np.array(c) / max(sum(c), 1)).tolist() for name, c in counts.items()}
    by_split = {split.name: data.splits == split for split in Split}
    # The strongest of each kind: their strengths are of different things.
    suspects = [
        row
        for kind in (Kind.NET_DISAGREES, Kind.TAGGERS_DISAGREE)
        for row in [row for row in rows(data, review) if row["finding"] == kind][:_SUSPECTS]
    ]
    return render(
        "review.html.j2",
        title="FER-2013 reviewed",
        command=command,
        total=len(data),
        digest=data.digest,
        expressions=list(Expression),
        classes=counts,
        balance=charts.bars(names, shares, ylabel="share of the split"),
        findings=lines(data, review),
        near=rules.NEAR,
        clear=rules.CLEAR,
        likely=rules.LIKELY,
        unlikely=rules.UNLIKELY,
        taggers=_taggers(data),
        brightness=charts.histogram(
            {name: review.brightness[chosen] for name, chosen in by_split.items()},
            xlabel="mean of a picture, 0 to 1",
        ),
        contrast=charts.histogram(
            {name: review.contrast[chosen] for name, chosen in by_split.items()},
            xlabel="standard deviation of a picture, 0 to 1",
        ),
        suspects=suspects,
    )


def _taggers(data: FerData) -> str:
    if data.votes is None:
        return ""
    majority = vote_majority(data.votes)
    table = np.zeros((len(Expression), len(Expression)), dtype=np.int64)
    known = majority >= 0
    np.add.at(table, (data.labels[known], majority[known]), 1)
    return charts.matrix(table, rows="FER-2013 label", columns="FER+ majority", title="")
