from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from roomread.cluster.archive.stitch import Rows, Stitcher, same_tracks


@given(
    seats=st.lists(st.integers(0, 30), min_size=1, max_size=12, unique=True),
    left=st.integers(0, 5),
    data=st.data(),
)
def test_face_in_two_consecutive_pieces_of_a_video_keeps_its_track_id(
    seats: list[int], left: int, data: st.DataObject
) -> None:
    before = {seat: number for number, seat in enumerate(seats, start=1)}
    stay = seats[left:]
    after = dict(zip(stay, data.draw(st.permutations(range(1, len(stay) + 1))), strict=True))

    def boxes(numbers: dict[int, int], shift: float, times: list[float]) -> Rows:
        found = [
            (time, number, (100 * s + shift, 0, 100 * s + 60 + shift, 80))
            for time in times
            for s, number in numbers.items()
        ]
        time, track, box = zip(*found, strict=True) if found else ((), (), ())
        return Rows(np.array(time, float), np.array(track, int), np.reshape(np.array(box), (-1, 4)))

    same = same_tracks(boxes(before, 0, [1.0, 1.5, 2.0]), boxes(after, 9, [1.5, 2.0]))
    assert same == {after[seat]: before[seat] for seat in stay}


def rows(*faces: tuple[float, int, int]) -> Rows:
    """Return rows from times in s, track ids and places; faces at the same place overlap."""
    times, tracks, places = zip(*faces, strict=True) if faces else ((), (), ())
    left = 100.0 * np.array(places, float)
    box = np.stack([left, 0 * left, left + 60, 0 * left + 80], axis=-1)
    return Rows(np.array(times, float), np.array(tracks, int), box)


NO_LEAD = np.zeros(2, dtype=bool)


def test_track_ids_are_assigned_in_order_and_continue_in_the_next_piece() -> None:
    stitcher = Stitcher()
    first = stitcher.number(rows((0, 7, 1), (0, 9, 2)), lead=NO_LEAD)
    assert first.tolist() == [1, 2]
    # The second piece begins with the last second of the first, and has a newcomer.
    second = rows((0, 1, 2), (1, 1, 2), (1, 2, 1), (1, 3, 5))
    lead = np.array([True, False, False, False])
    assert stitcher.number(second, lead=lead).tolist() == [2, 2, 3, 4]


def test_track_seen_only_in_the_overlap_with_the_previous_piece_gets_no_id() -> None:
    stitcher = Stitcher()
    stitcher.number(rows((0, 1, 1), (0, 2, 2)), lead=NO_LEAD)
    numbers = stitcher.number(rows((0, 5, 8), (1, 6, 9)), lead=np.array([True, False]))
    assert numbers.tolist() == [0, 3]


def test_tracks_do_not_continue_after_a_piece_without_faces() -> None:
    stitcher = Stitcher()
    stitcher.number(rows((0, 1, 1), (0, 2, 2)), lead=NO_LEAD)
    assert stitcher.number(rows(), lead=np.zeros(0, bool)).tolist() == []
    assert stitcher.number(rows((2, 1, 1), (2, 2, 2)), lead=NO_LEAD).tolist() == [3, 4]


def test_track_with_the_most_overlapping_frames_is_continued() -> None:
    before = rows((0, 1, 1), (1, 1, 1), (2, 1, 1), (2, 2, 3))
    # Track 8 overlaps track 1 in one frame, and track 9 in two frames.
    after = rows((0, 8, 1), (1, 9, 1), (2, 9, 1))
    assert same_tracks(before, after) == {9: 1}


def test_boxes_of_different_frames_are_not_compared() -> None:
    assert same_tracks(rows((0, 1, 1)), rows((1, 1, 1))) == {}
