from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("sqlalchemy", reason="needs the sessions extra")

from clips import make_clip
from recorded_classes import record_class, record_falling_class
from roomread.errors import MediaError, SessionError
from roomread.formats.clip import ClipLook
from roomread.pipeline import Analyzer
from roomread.readings import Expression
from roomread.services.clips import (
    ClipRequest,
    ClipsAround,
    SessionVideo,
    check_look,
    plan_clips,
    write_clips,
)
from roomread.services.purpose import PurposeError
from roomread.store import Mark, OwnerStore
from roomread.testing import FixedClassifier, FixedDetector


@pytest.fixture
def fallen(sessions: OwnerStore) -> str:
    """Return the id of a lesson whose valence falls after ten of twenty minutes."""
    session = sessions.create("Algebra 7b")
    record_falling_class(sessions, session)
    sessions.mark(session.id, [Mark(5.0, "start"), Mark(40.0, "Zwei/Drei")])
    return session.id


@pytest.fixture
def analyzer() -> Analyzer:
    return Analyzer(
        detector=FixedDetector([(10, 10, 30, 34)]), classifier=FixedClassifier(Expression.HAPPY)
    )


def test_clip_is_planned_around_the_time_at_which_the_valence_fell(
    sessions: OwnerStore, fallen: str
) -> None:
    (plan,) = plan_clips(sessions, fallen, ClipRequest(length=40.0, before=15.0))
    assert plan.moment == pytest.approx(600, abs=60)
    assert (plan.end - plan.start, plan.moment - plan.start) == (40.0, 15.0)
    minutes = int(plan.moment) // 60
    assert plan.file_name.startswith(f"01-fall-at-{minutes}m")


def test_limited_number_of_clips_shows_the_deepest_falls(sessions: OwnerStore) -> None:
    session = sessions.create("Algebra 7b")
    moods = ((0, 0.8), (300, 0.4), (600, 0.8), (900, 0.0))
    record_class(sessions, session, 1200, people=9, every=2.0, moods=moods)
    both = [plan.moment for plan in plan_clips(sessions, session.id, ClipRequest())]
    assert both == pytest.approx([300, 900], abs=60)
    (deepest,) = plan_clips(sessions, session.id, ClipRequest(most=1))
    assert deepest.moment == both[1]


def test_clips_are_cut_around_marks_and_changes(sessions: OwnerStore, fallen: str) -> None:
    marks = plan_clips(sessions, fallen, ClipRequest(ClipsAround.MARKS))
    assert [(plan.start, plan.end, plan.label) for plan in marks] == [
        (0.0, 30.0, "start"),
        (30.0, 60.0, "Zwei/Drei"),
    ]
    assert marks[1].file_name == "02-mark-at-0m40s.mp4"
    assert len(plan_clips(sessions, fallen, ClipRequest(ClipsAround.MARKS, most=1))) == 1
    changes = plan_clips(sessions, fallen, ClipRequest(ClipsAround.CHANGES))
    assert "fall" in {plan.label for plan in changes}


def test_clips_of_valence_falls_are_refused_for_a_session_without_falls(
    sessions: OwnerStore,
) -> None:
    session = sessions.create("Short")
    with pytest.raises(SessionError, match="has no falls") as refused:
        plan_clips(sessions, session.id, ClipRequest())
    assert refused.value.hint == "choose other moments: changes, marks"


@pytest.mark.parametrize(("length", "before"), [(1.0, 0.5), (601.0, 1.0), (10.0, 10.0)])
def test_clip_with_an_invalid_length_or_lead_time_is_refused(length: float, before: float) -> None:
    with pytest.raises(SessionError, match="clip of"):
        ClipRequest(length=length, before=before)


def test_clips_with_labelled_faces_are_refused_for_a_session_that_stores_no_people(
    sessions: OwnerStore, fallen: str
) -> None:
    with pytest.raises(SessionError, match="no readings of individual people"):
        check_look(sessions, fallen, ClipLook(labels=True))
    check_look(sessions, fallen, ClipLook())
    kept = sessions.create("Ours", keeps_people=True, consent="all, in writing")
    check_look(sessions, kept.id, ClipLook(labels=True))


@pytest.fixture
def video(tmp_path: Path) -> Path:
    return make_clip(tmp_path / "lesson.mp4", [n / 5 for n in range(100)])


def test_clips_are_cut_at_session_times_shifted_by_the_offset_of_the_video(
    sessions: OwnerStore, fallen: str, video: Path, tmp_path: Path, analyzer: Analyzer
) -> None:
    plans = plan_clips(sessions, fallen, ClipRequest(ClipsAround.MARKS, length=4.0, before=2.0))
    begins_late = SessionVideo(video, offset=30.0)

    def written(video: SessionVideo, kept: slice) -> list[tuple[Path, MediaError | None]]:
        look = ClipLook()
        return list(write_clips(plans[kept], video, tmp_path, analyzer=analyzer, look=look))

    (made,) = written(begins_late, slice(1, 2))
    assert made == (tmp_path / "02-mark-at-0m40s.mp4", None)
    assert made[0].stat().st_size > 0
    with pytest.raises(MediaError, match="begins after the moment 0:05"):
        written(begins_late, slice(0, 1))


def test_no_clip_is_written_when_the_intended_use_prohibits_it(
    sessions: OwnerStore,
    fallen: str,
    video: Path,
    tmp_path: Path,
    analyzer: Analyzer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ROOMREAD_PURPOSE", "work-or-school")
    monkeypatch.setenv("ROOMREAD_REGION", "eu")
    plans = plan_clips(sessions, fallen, ClipRequest(ClipsAround.MARKS))
    clips = write_clips(plans, SessionVideo(video), tmp_path, analyzer=analyzer, look=ClipLook())
    with pytest.raises(PurposeError):
        next(clips)
    assert not list(tmp_path.glob("*-mark-*"))
