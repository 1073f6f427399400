"""Sessions that several tests of the store record."""

from __future__ import annotations

from classes import lesson
from room_recorder import RoomRecorder
from roomread.store import OwnerStore, Session


def record_class(store: OwnerStore, session: Session, seconds: float = 60, people: int = 8) -> None:
    recorder = RoomRecorder(store, session)
    for time, readings in lesson(seconds, people=people, every=1.0):
        recorder.add_readings(time, readings)
    recorder.close()


def class_with_people(store: OwnerStore, name: str = "Algebra 7b") -> Session:
    session = store.create(name, keeps_people=True, consent="all eight, in writing")
    record_class(store, session)
    return session
