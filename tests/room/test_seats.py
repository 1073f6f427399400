from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from classes import reading, showing, tile
from roomread.readings import Box, Expression, Reading
from roomread.room import Seats

SCORES = showing(Expression.NEUTRAL)


def seen(track_id: int | None, box: Box) -> Reading:
    return replace(reading(1, 0.0, SCORES, box=box), track_id=track_id)


def numbers(seats: Seats, *faces: tuple[int, Box]) -> list[int | None]:
    return [r.seat for r in seats.update([seen(track_id, box) for track_id, box in faces])]


def test_seats_are_numbered_row_by_row_whatever_the_order_of_faces() -> None:
    places = [16, 2, 9, 1, 8, 15, 3, 10]
    given_numbers = numbers(Seats(), *((n, tile(place)) for n, place in enumerate(places, 1)))
    order = sorted(places)
    assert given_numbers == [order.index(place) + 1 for place in places]


def test_face_that_returns_to_its_place_after_minutes_gets_the_same_seat_number() -> None:
    seats = Seats()
    assert numbers(seats, (1, tile(1)), (2, tile(2))) == [1, 2]
    for _ in range(1000):
        assert numbers(seats, (1, tile(1))) == [1]
    assert numbers(seats, (1, tile(1)), (77, tile(2))) == [1, 2]


def test_face_in_a_neighbouring_tile_gets_another_seat_number() -> None:
    seats = Seats()
    assert numbers(seats, (1, tile(1))) == [1]
    assert numbers(seats, (2, tile(2))) == [2]
    assert numbers(seats, (3, tile(8))) == [3]


def test_face_of_another_size_in_the_same_place_gets_another_seat_number() -> None:
    seats = Seats()
    numbers(seats, (1, Box(100, 100, 140, 150)))
    assert numbers(seats, (2, Box(0, 0, 240, 250))) == [2]


def test_tracked_face_keeps_its_seat_number_while_moving() -> None:
    seats = Seats()
    walk = [numbers(seats, (1, Box(x, 100, x + 80, 200))) for x in range(0, 1500, 10)]
    assert walk == [[1]] * len(walk)


def test_track_that_lost_its_seat_number_to_another_track_gets_a_new_seat_number() -> None:
    seats = Seats()
    numbers(seats, (1, tile(1)))
    assert numbers(seats, (2, tile(1))) == [1]
    assert numbers(seats, (2, tile(1)), (1, tile(5))) == [1, 2]


def test_face_without_a_track_has_no_seat_number() -> None:
    assert Seats().update([seen(None, tile(1))]) == []


tiles = st.lists(st.integers(1, 49), unique=True, max_size=49)


@given(st.lists(tiles, min_size=1, max_size=8))
def test_faces_of_a_frame_have_different_seat_numbers_and_each_tile_keeps_its_number(
    frames: list[list[int]],
) -> None:
    seats = Seats()
    first: dict[int, int | None] = {}
    for number, places in enumerate(frames):
        # Each frame has new track ids, so that only the place identifies a seat.
        faces = [(1000 * number + place, tile(place)) for place in places]
        given_numbers = numbers(seats, *faces)
        assert len(set(given_numbers)) == len(places)
        for place, seat in zip(places, given_numbers, strict=True):
            assert first.setdefault(place, seat) == seat
