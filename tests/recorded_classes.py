"""Record sessions of simulated classes."""

from __future__ import annotations

from collections.abc import Sequence

from classes import lesson
from room_recorder import RoomRecorder
from roomread.store import OwnerStore, Session


def record_class(
    store: OwnerStore,
    session: Session,
    seconds: float = 60,
    people: int = 8,
    *,
    every: float = 1.0,
    moods: Sequence[tuple[float, float]] = ((0.0, 0.5),),
) -> None:
    """Record a lesson into a session; see `classes.lesson`."""
    recorder = RoomRecorder(store, session)
    for time, readings in lesson(seconds, people=people, every=every, moods=moods):
        recorder.add_readings(time, readings)
    recorder.close()


def record_falling_class(store: OwnerStore, session: Session) -> None:
    """Record a lesson of nine people whose valence falls after ten of twenty minutes."""
    record_class(store, session, 1200, people=9, every=2.0, moods=((0, 0.7), (600, 0.0)))


def class_with_people(store: OwnerStore, name: str = "Algebra 7b") -> Session:
    session = store.create(name, keeps_people=True, consent="all eight, in writing")
    record_class(store, session)
    return session
