"""Present a review as lines of a table, as CSV rows and as one HTML page without pictures."""

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
class FindingCount:
    """The number of findings of one kind.

    Attributes:
        kind: the kind of the findings.
        by_split: the number of rows of each split, in `Split`'s order.
        across: the number of copies whose original is in another split; None if the kind is not a
            copy.
        relabelled: the number of copies whose original has another label; None if the kind is not a
            copy.
    """

    kind: Kind
    by_split: tuple[int, ...]
    across: int | None
    relabelled: int | None


def count_findings(data: FerData, review: Review) -> list[FindingCount]:
    """Return the number of findings of each kind, including kinds without findings."""
    return [_count(kind, data, review.of(kind)) for kind in Kind]


def _count(kind: Kind, data: FerData, findings: list[Finding]) -> FindingCount:
    positions = np.array([f.position for f in findings], dtype=int)
    others = np.array([f.other for f in findings if f.other is not None], dtype=int)
    counts = tuple(int((data.splits[np.unique(positions)] == split).sum()) for split in Split)
    if kind not in (Kind.COPY, Kind.NEAR_COPY, Kind.MIRRORED_COPY):
        return FindingCount(kind, counts, None, None)
    across = int((data.splits[positions] != data.splits[others]).sum())
    relabelled = int((data.labels[positions] != data.labels[others]).sum())
    return FindingCount(kind, counts, across, relabelled)


def rows(data: FerData, review: Review) -> list[dict[str, Any]]:
    """Return every finding as a dictionary with the keys `COLUMNS`.

    The row numbers are those of the data set's file (see `FerData.rows`).
    """
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
    """Return, by the name of each split, the number of pictures of each expression."""
    counts = {}
    for split in Split:
        labels = data.labels[data.splits == split]
        counts[split.name] = np.bincount(labels, minlength=len(Expression)).tolist()
    return counts


def review_page(data: FerData, review: Review, *, command: str) -> str:
    """Return the review as one HTML page."""
    names = [e.display_name for e in Expression]
    counts = classes(data)
    shares = {name: (np.array(c) / max(sum(c), 1)).tolist() for name, c in counts.items()}
    by_split = {split.name: data.splits == split for split in Split}
    # Show the strongest findings of each kind, because strengths of different kinds are not
    # comparable.
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
        findings=count_findings(data, review),
        near=rules.NEAR,
        clear=rules.CLEAR,
        likely=rules.LIKELY,
        unlikely=rules.UNLIKELY,
        taggers=_majority_by_label(data),
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


def _majority_by_label(data: FerData) -> str:
    if data.votes is None:
        return ""
    majority = vote_majority(data.votes)
    table = np.zeros((len(Expression), len(Expression)), dtype=np.int64)
    known = majority >= 0
    np.add.at(table, (data.labels[known], majority[known]), 1)
    return charts.matrix(table, rows="FER-2013 label", columns="FER+ majority", title="")
