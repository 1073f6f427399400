from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classes import frame, lesson, reading, showing
from roomread.readings import VALENCE, Expression, Pose, Quality, Reading, Unreadable
from roomread.readings.reading import StateScore
from roomread.room import MIN_PEOPLE, Direction, RoomMeter, RoomMood
from roomread.room.mood import difference_interval, wilson_interval
from roomread.room.window_people import NO_REASON

HAPPY, SAD, NEUTRAL = Expression.HAPPY, Expression.SAD, Expression.NEUTRAL


def moods_of(frames: list[tuple[float, list[Reading]]]) -> list[RoomMood]:
    meter = RoomMeter()
    moods = [meter.update(time, readings) for time, readings in frames]
    return [mood for mood in moods if mood is not None]


def steady(shown: dict[int, Expression | None], count: int) -> list[tuple[float, list[Reading]]]:
    return [(n / 2, frame(n / 2, shown)) for n in range(count)]


def mood_of(scores: np.ndarray, readable: int, baseline: float | None = None) -> RoomMood:
    return RoomMood(0.0, readable, readable, np.asarray(scores, dtype=float), baseline)


def test_mood_is_the_mean_of_people_with_equal_weight() -> None:
    shown: dict[int, Expression | None] = dict.fromkeys(range(1, 7), HAPPY)
    shown |= {7: SAD, 8: NEUTRAL, 9: None, 10: None}
    mood = moods_of(steady(shown, 20))[-1]
    assert (mood.present, mood.readable) == (10, 8)
    assert mood.coverage == pytest.approx(0.8)
    assert mood.scores is not None
    expected = (6 * showing(HAPPY) + showing(SAD) + showing(NEUTRAL)) / 8
    assert mood.scores == pytest.approx(expected, abs=1e-6)
    assert mood.valence == pytest.approx(float(VALENCE @ expected), abs=1e-6)
    assert str(mood).startswith("8 of 10 faces readable; valence +0.")


@given(readable=st.integers(0, MIN_PEOPLE - 1), unreadable=st.integers(0, 60))
def test_mood_has_no_scores_with_fewer_than_five_readable_people(
    readable: int, unreadable: int
) -> None:
    people: dict[int, Expression | None] = dict.fromkeys(range(1, readable + 1), SAD)
    people |= dict.fromkeys(range(100, 100 + unreadable))
    mood = moods_of(steady(people, 5))[-1]
    assert (mood.present, mood.readable) == (readable + unreadable, readable)
    assert mood.scores is None
    assert mood.valence is None
    assert mood.valence_interval is None
    assert mood.negative is None
    assert mood.direction is None
    assert mood.interval(SAD) is None
    assert "no mood under 5" in str(mood)


def test_mood_has_scores_with_five_readable_people_or_more() -> None:
    assert moods_of(steady(dict.fromkeys(range(5), SAD), 5))[-1].scores is not None


bad_frames = st.dictionaries(
    st.integers(1, 60), st.sampled_from([*Expression, None]), min_size=0, max_size=40
)


@given(bad=bad_frames, place=st.integers(0, 9), count=st.integers(10, 20))
def test_one_bad_frame_does_not_change_the_mood(
    bad: dict[int, Expression | None], place: int, count: int
) -> None:
    frames = steady({seat: Expression(seat % 7) for seat in range(1, 13)} | {13: None}, count)
    expected = moods_of(frames)[-1]
    frames[place] = (frames[place][0], frame(frames[place][0], bad))
    mood = moods_of(frames)[-1]
    assert (mood.present, mood.readable) == (expected.present, expected.readable)
    assert mood.scores == pytest.approx(expected.scores)


@given(st.data())
def test_values_of_a_mood_are_in_range_and_inside_their_intervals(
    data: st.DataObject,
) -> None:
    frames = []
    for n in range(data.draw(st.integers(1, 12))):
        seats = data.draw(st.dictionaries(st.integers(1, 12), bad_scores, max_size=12))
        frames.append((float(n), [reading(s, float(n), scores) for s, scores in seats.items()]))
    for mood in moods_of(frames):
        assert 0 <= mood.readable <= mood.present
        assert 0 <= mood.coverage <= 1
        if mood.scores is None or mood.valence is None:
            assert mood.readable < MIN_PEOPLE
            continue
        assert mood.scores.sum() == pytest.approx(1)
        interval = mood.valence_interval
        assert interval is not None
        assert -1 <= interval.low <= mood.valence + 1e-9
        assert mood.valence <= interval.high + 1e-9 <= 1 + 1e-9
        for e in Expression:
            share = mood.interval(e)
            assert share is not None
            assert 0 <= share.low <= mood.scores[e] + 1e-9 <= share.high + 2e-9 <= 1 + 2e-9


bad_scores = st.one_of(
    st.none(),
    st.integers(0, 2**32 - 1).map(
        lambda seed: np.random.default_rng(seed).dirichlet([0.3] * 7).astype(np.float32)
    ),
)


@pytest.mark.parametrize("n", [5, 12, 30])
def test_confidence_intervals_contain_the_true_value_in_about_95_percent_of_cases(n: int) -> None:
    # A class is drawn from a large group; each face's scores are right as often as they say.
    random = np.random.default_rng(7)
    truth = np.array([0.02, 0.01, 0.04, 0.38, 0.12, 0.03, 0.40])
    held = {"common": 0, "rare": 0, "valence": 0}
    trials = 1500
    for _ in range(trials):
        shows = random.choice(7, size=n, p=truth)
        # The net is a noisy channel that knows its own noise: its scores are calibrated.
        channel = 0.75 * np.eye(7) + 0.25 * truth[None, :]
        said = np.array([random.choice(7, p=channel[s]) for s in shows])
        scores = channel[:, said].T * truth[None, :]
        mean = (scores / scores.sum(axis=1, keepdims=True)).mean(axis=0)
        mood = mood_of(mean, n)
        common, rare = mood.interval(HAPPY), mood.interval(Expression.DISGUST)
        valence = mood.valence_interval
        assert common is not None
        assert rare is not None
        assert valence is not None
        held["common"] += common.low <= truth[HAPPY] <= common.high
        held["rare"] += rare.low <= truth[Expression.DISGUST] <= rare.high
        held["valence"] += valence.low <= 0.38 - 0.19 <= valence.high
    assert min(held.values()) / trials > 0.925


def test_confidence_interval_of_a_share_of_less_than_one_person_includes_zero() -> None:
    scores = np.array([0.012, 0, 0, 0.288, 0, 0, 0.7], np.float32)
    few = mood_of(scores, 25).interval(Expression.ANGRY)
    assert few == (0.0, wilson_interval(1 / 25, 25).high)
    # 7.2 people: from Wilson's interval of seven to that of eight.
    some = mood_of(scores, 25).interval(HAPPY)
    assert some == (wilson_interval(7 / 25, 25).low, wilson_interval(8 / 25, 25).high)
    scores = np.array([0.2, 0, 0, 0, 0, 0, 0.8], np.float32)
    assert mood_of(scores, 25).interval(Expression.ANGRY) == wilson_interval(0.2, 25)


def test_confidence_intervals_equal_published_intervals() -> None:
    # Wilson's interval for 10 of 20, and Agresti and Min's for 30 and 10 of 100.
    assert wilson_interval(0.5, 20) == pytest.approx((0.2993, 0.7007), abs=1e-4)
    center, half = 20 / 102, 1.959964 * (41 - 400 / 102) ** 0.5 / 102
    ends = difference_interval(*(np.array(float(count)) for count in (30, 10, 100)))
    assert ends == pytest.approx((center - half, center + half))


@given(n=st.integers(5, 60), share=st.floats(0, 1))
def test_confidence_interval_is_narrower_with_more_people(n: int, share: float) -> None:
    few, many = wilson_interval(share, n), wilson_interval(share, 2 * n)
    assert many.high - many.low < few.high - few.low
    counts = np.array([n, 2 * n], dtype=float)
    low, high = difference_interval(share * counts, 0 * counts, counts)
    assert high[1] - low[1] < high[0] - low[0]


def test_direction_is_below_when_valence_falls_under_the_rooms_own_baseline() -> None:
    moods = moods_of(list(lesson(700, every=1.0, moods=((0, 0.7), (600, 0.0)))))
    at = {round(mood.time): mood for mood in moods}
    assert at[150].baseline is None
    usual = at[590].valence
    assert usual is not None
    assert at[590].baseline == pytest.approx(usual, abs=0.15)
    assert at[590].direction is Direction.USUAL
    trend = at[690].trend
    assert trend is not None
    assert trend < -0.3
    assert at[690].direction is Direction.BELOW


def test_reading_without_track_id_and_seat_is_not_counted_in_the_mood() -> None:
    meter = RoomMeter()
    for n in range(5):
        single = [reading(seat, float(n), showing(HAPPY)) for seat in range(1, 6)]
        stray = frame(float(n), {0: SAD})[0]
        unnumbered = Reading(
            stray.source, stray.time, 0, stray.box, 1.0, stray.quality, stray.scores
        )
        mood = meter.update(float(n), [*single, unnumbered])
    assert mood is not None
    assert mood.present == 5


def confused(people: int, showing_it: int, count: int = 10) -> list[tuple[float, list[Reading]]]:
    """Return frames of people of whom some show the taught state "confused"."""
    frames = steady(dict.fromkeys(range(1, people + 1), HAPPY), count)
    return [
        (
            time,
            [
                replace(r, states=(state(is_shown=(r.person_key or 0) <= showing_it),))
                for r in readings
            ],
        )
        for time, readings in frames
    ]


def state(*, is_shown: bool) -> StateScore:
    return StateScore("confused", 0.99 if is_shown else 0.5, 0.98)


def test_mood_has_the_share_of_readable_people_who_show_a_state_taught_by_the_user() -> None:
    assert moods_of(confused(8, 2))[-1].states == {"confused": 0.25}
    assert moods_of(confused(8, 0))[-1].states == {"confused": 0.0}
    assert moods_of(steady(dict.fromkeys(range(8), HAPPY), 10))[-1].states == {}


def test_mood_without_scores_has_no_shares_of_states_taught_by_the_user() -> None:
    assert moods_of(confused(MIN_PEOPLE - 1, 3))[-1].states == {}
    meter = RoomMeter()
    withheld = [meter.update(time, shown, withheld=True) for time, shown in confused(8, 2)]
    assert {str(mood.states) for mood in withheld if mood is not None} == {"{}"}


def test_state_taught_by_the_user_and_shown_in_only_one_frame_does_not_count() -> None:
    frames = [*confused(8, 0, 9), (4.5, confused(8, 8, 1)[0][1])]
    assert moods_of(frames)[-1].states == {"confused": 0.0}


def mood_without(
    forgotten: Sequence[int], frames: Sequence[tuple[float, list[Reading]]]
) -> RoomMood:
    """Return the mood of the last frame, just before which people were forgotten."""
    meter = RoomMeter()
    *before, (last, readings) = frames
    for time, shown in before:
        meter.update(time, shown)
    meter.forget(forgotten)
    mood = meter.update(last + 1, [each for each in readings if each.person_key not in forgotten])
    assert mood is not None
    return mood


def test_states_taught_by_the_user_do_not_count_for_people_removed_by_forget() -> None:
    assert mood_without([1, 2], confused(8, 2)).states == {"confused": 0.0}


def turned(people: int, away: int, count: int = 10) -> list[tuple[float, list[Reading]]]:
    """Return frames of people whose poses are known and of whom some are turned away."""
    shown = {seat: None if seat <= away else HAPPY for seat in range(1, people + 1)}
    ahead = Pose(5.0, 0.0, 0.0)
    return [
        (time, [replace(r, pose=ahead if r.scores is not None else None) for r in readings])
        for time, readings in steady(shown, count)
    ]


def test_mood_has_the_share_of_the_people_present_who_look_away() -> None:
    frames = turned(8, 2)
    assert moods_of(frames)[-1].looking_away == 0.25
    # One of the readable people looks down at something, for more than half of the time.
    down = [
        (time, [replace(r, pose=Pose(0, -30, 0)) if r.person_key == 8 else r for r in readings])
        for time, readings in frames
    ]
    assert moods_of([*frames[:4], *down[4:]])[-1].looking_away == 0.375
    assert moods_of([*frames[:6], *down[6:]])[-1].looking_away == 0.25


def test_share_of_people_looking_away_is_unknown_without_poses_or_scores() -> None:
    # Students' browsers send no poses, but say which faces are turned away.
    shown: dict[int, Expression | None] = {seat: HAPPY if seat > 5 else None for seat in range(12)}
    assert moods_of(steady(shown, 10))[-1].scores is not None
    assert moods_of(steady(shown, 10))[-1].looking_away is None
    assert moods_of(turned(MIN_PEOPLE + 1, 2))[-1].looking_away is None
    meter = RoomMeter()
    withheld = [meter.update(time, readings, withheld=True) for time, readings in turned(8, 2)]
    assert {mood.looking_away for mood in withheld if mood is not None} == {None}


def test_share_of_people_looking_away_continues_after_a_restart() -> None:
    frames = [*turned(10, 2, 20), *[(t + 10, r) for t, r in turned(10, 5, 20)]]
    unbroken, second = RoomMeter(), RoomMeter()
    moods = [mood for time, shown in frames if (mood := unbroken.update(time, shown))]
    second.resume([mood for mood in moods if mood.time < 10], frames[:20])
    after = [mood for time, shown in frames[20:] if (mood := second.update(time, shown))]
    assert after == [mood for mood in moods if mood.time >= 10]
    assert [mood.looking_away for mood in (after[0], after[-1])] == [0.2, 0.5]


def test_people_removed_by_forget_do_not_count_as_looking_away() -> None:
    assert mood_without([1, 2], turned(8, 2)).looking_away == 0.0


def unread(key: int, reason: Unreadable | None) -> Reading:
    return replace(reading(key, 0.0, None), quality=Quality(reason=reason))


def test_unreadable_people_are_counted_by_their_most_frequent_reason() -> None:
    shown: dict[int, Expression | None] = dict.fromkeys(range(1, 7), HAPPY)
    dark, turned_away = Unreadable.TOO_DARK, Unreadable.TURNED_AWAY
    frames = [
        (time, [*people, unread(7, dark if n < 3 else turned_away), unread(8, None)])
        for n, (time, people) in enumerate(steady(shown, 10))
    ]
    mood = moods_of(frames)[-1]
    assert mood.excluded == {turned_away.value: 1, NO_REASON: 1}
    assert sum(mood.excluded.values()) == mood.present - mood.readable
    few = moods_of([(time, people[4:]) for time, people in frames])[-1]
    assert (few.scores, few.excluded) == (None, {turned_away.value: 1, NO_REASON: 1})


def test_people_removed_by_forget_do_not_count_as_unreadable() -> None:
    meter = RoomMeter()
    for time, people in steady({1: HAPPY}, 6):
        meter.update(time, [*people, unread(2, Unreadable.COVERED)])
    meter.forget([2])
    mood = next(m for time in (3.0, 3.5) if (m := meter.update(time, [])) is not None)
    assert mood.excluded == {}
