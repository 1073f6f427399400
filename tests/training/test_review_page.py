from __future__ import annotations

from dataclasses import replace

from altered import smooth_pictures
from fer_files import tiny_fer, with_clear_votes
from roomread.training.dataset import FerData, Split
from roomread.training.review import Kind, review
from roomread.training.review_page import COLUMNS, classes, count_findings, review_page, rows


def clean(*, votes: bool = True) -> FerData:
    """Return 42 different pictures whose taggers agree with the labels."""
    data = tiny_fer()
    data.images[:] = smooth_pictures(len(data))
    return replace(with_clear_votes(data) if votes else data, rows=data.rows + 100)


def test_rows_of_findings_have_the_row_numbers_of_the_data_file() -> None:
    data = clean()
    data.images[40] = data.images[3]
    result = review(data)
    (row,) = rows(data, result)
    assert (row["row"], row["other_row"], row["split"]) == (140, 103, "PrivateTest")
    assert classes(data)["Training"] == [2] * 7
    page = review_page(data, result, command="roomread data review DATA")
    assert page.count("<svg") == 4
    assert "<img" not in page
    unvoted = clean(votes=False)
    assert review_page(unvoted, review(unvoted), command="x").count("<svg") == 3


def test_every_kind_of_finding_is_counted_by_split() -> None:
    data = clean()
    data.images[40] = data.images[3]
    data.labels[40] = data.labels[3]
    counts = {count.kind: count for count in count_findings(data, review(data))}
    assert list(counts) == list(Kind)
    copies = counts[Kind.COPY]
    assert (copies.across, copies.relabelled) == (1, 0)
    assert sum(copies.by_split) == 1
    blank = counts[Kind.BLANK]
    assert (blank.by_split, blank.across, blank.relabelled) == ((0, 0, 0), None, None)


def test_rows_of_findings_have_the_table_columns_in_order() -> None:
    data = clean()
    data.images[40] = data.images[3]
    assert [tuple(row) for row in rows(data, review(data))] == [COLUMNS]


def test_split_without_pictures_is_counted_as_empty() -> None:
    data = clean()
    data = data.take(data.splits == Split.Training)
    assert classes(data) == {"Training": [2] * 7, "PublicTest": [0] * 7, "PrivateTest": [0] * 7}
    assert review_page(data, review(data), command="x").count("<svg") == 4
