from __future__ import annotations

from roomread.formats.excluded import ExcludedShares, excluded_shares


def test_shares_of_people_excluded_for_each_reason_are_rounded_to_5_percent_and_sorted() -> None:
    moods = [
        (20, {"covered": 1, "blurred": 2}),
        (20, {"blurred": 4}),
    ]
    shares = excluded_shares(moods)
    assert shares == ExcludedShares(2, 2, {"blurred": 0.15, "covered": 0.0})
    assert list(shares.shares) == ["blurred", "covered"]


def test_moods_of_fewer_than_five_people_are_ignored() -> None:
    assert excluded_shares([(4, {"too dark": 4})]) == ExcludedShares()


def test_moods_without_stored_reasons_are_counted_but_do_not_affect_the_shares() -> None:
    moods = [(10, None), (10, {"too dark": 5})]
    assert excluded_shares(moods) == ExcludedShares(2, 1, {"too dark": 0.5})
