"""Measure a session of fifty people, one hour, two readings a second: size and times.

    python benchmarks/sessions.py                       # SQLite, in a temporary folder
    python benchmarks/sessions.py postgresql://user@host/name     # the session is deleted after
    python benchmarks/sessions.py --video call.mp4      # frames a second of a recording of yours

Times are medians of five runs. The readings are made up, and recorded like the readings of a class.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import sqlalchemy as sa

from roomread import Analyzer
from roomread.formats.session_report import session_report
from roomread.media import open_source
from roomread.readings import Box, Expression, Quality, Reading, Scores
from roomread.room import DEFAULT_RULES
from roomread.services.recording import new_session, record, session_pipeline
from roomread.store import LOCAL_OWNER, OwnerStore, Recorder, Session, Store
from roomread.store.summary import seat_map, summarise, time_series

PEOPLE, SECONDS, RATE = 50, 3600, 2
QUALITY = Quality(90, 1, 0.5, 0.2, 1)


def tile(place: int) -> Box:
    """Return the box of a face in a tile of a call of 7 x 7 or 8 x 7 at 1920 x 1080, px."""
    row, column = divmod(place, 8)
    left, top = 240.0 * column + 80, 154.0 * row + 30
    return Box(left, top, left + 70, top + 90)


def frames() -> list[tuple[float, list[Reading]]]:
    """Return the readings of fifty people who change their expression about every 20 s."""
    random = np.random.default_rng(0)
    shown = random.dirichlet([0.3] * len(Expression), PEOPLE).astype(np.float32)
    made = []
    for number in range(SECONDS * RATE):
        moved = random.random(PEOPLE) < 1 / (20 * RATE)
        shown = shown.copy()
        shown[moved] = random.dirichlet([0.3] * len(Expression), int(moved.sum()))
        at = number / RATE
        made.append(
            (
                at,
                [
                    Reading("call", at, number, tile(i), 1.0, QUALITY, Scores(shown[i]), i + 1)
                    for i in range(PEOPLE)
                ],
            )
        )
    return made


def median_ms(work: Callable[[], object]) -> str:
    """Return the medians of five runs after a warm-up: wall-clock and processor time, ms."""
    clock, processor = [], []
    for _ in range(6):
        start, begun = time.perf_counter(), time.process_time()
        work()
        clock.append(time.perf_counter() - start)
        processor.append(time.process_time() - begun)
    passed, busy = (1000 * statistics.median(times[1:]) for times in (clock, processor))
    return f"{passed:.0f} ms, {busy:.0f} of processor"


def measure(store: OwnerStore, size: Callable[[], float]) -> None:
    """Record the hour, and print the measurements."""
    session = store.create("bench", keeps_people=True, consent="nobody real")
    before, rows = size(), frames()
    start, clock = time.perf_counter(), 0.0
    recorder = Recorder(store, session, clock=lambda: clock)
    pipeline = session_pipeline(recorder)
    for at, readings in rows:
        clock = at
        recorder.add(pipeline.push_readings(at, readings))
    recorder.close()
    took = time.perf_counter() - start
    print(f"  readings          {len(store.readings(session.id)):,}")
    print(f"  recording         {1000 * took / len(rows):.2f} ms a frame of {PEOPLE} people")
    print(f"  size              {size() - before:.1f} MB")
    print(f"  dashboard         {median_ms(lambda: dashboard(store, session))}")
    print(f"  with the seats    {median_ms(lambda: with_seats(store, session))}")
    print(f"  report            {median_ms(lambda: session_report(store, session.id))}")
    store.delete(session.id)


def dashboard(store: OwnerStore, session: Session) -> None:
    """Make the queries that the page Lessons makes each second."""
    moods, marks = store.moods(session.id), store.marks(session.id)
    time_series(moods, points=300)
    summarise(moods, marks)
    store.alerts(session.id)


def with_seats(store: OwnerStore, session: Session) -> None:
    """Make the queries that the page Lessons makes once a session has ended."""
    dashboard(store, session)
    seat_map(store.readings(session.id), {})


def on_sqlite() -> None:
    """Measure with SQLite, in a temporary file."""
    with tempfile.TemporaryDirectory() as folder:
        everything = Store(f"sqlite:///{Path(folder) / 'roomread.db'}")
        store = everything.owned_by(LOCAL_OWNER)
        measure(store, lambda: sum(f.stat().st_size for f in Path(folder).iterdir()) / 1e6)
        everything.close()


def on_postgresql(url: str) -> None:
    """Measure with a PostgreSQL database."""
    everything = Store(url)
    store = everything.owned_by(LOCAL_OWNER)
    query = sa.text("SELECT pg_database_size(current_database())")

    engine = sa.create_engine(url.replace("postgresql://", "postgresql+pg8000://"))

    def size() -> float:
        with engine.connect() as connection:
            return float(connection.execute(query).scalar() or 0) / 1e6

    measure(store, size)
    engine.dispose()
    everything.close()


def end_to_end(video: Path) -> None:
    """Record a video as `roomread session record` does."""
    analyzer, frames = Analyzer(), 0
    with tempfile.TemporaryDirectory() as folder, open_source(video) as source:
        everything = Store(f"sqlite:///{Path(folder) / 'roomread.db'}")
        store = everything.owned_by(LOCAL_OWNER)
        session = new_session(store, analyzer, "bench", source="", rules=DEFAULT_RULES)
        recorder = Recorder(store, session)
        pipeline = session_pipeline(recorder, analyzer)
        start, begun = time.perf_counter(), time.process_time()
        for _ in record(pipeline, source, recorder):
            frames += 1
        took, busy = time.perf_counter() - start, time.process_time() - begun
        recorder.close()
        mood = pipeline.mood
        everything.close()
    print(f"  {frames} frames, {mood}")
    print(f"  {frames / took:.1f} frames/s; {1000 * busy / frames:.0f} ms of processor a frame")


def main() -> None:
    """Print the measurements."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url", nargs="?", help="of a PostgreSQL database")
    parser.add_argument("--video", type=Path, help="a recording to measure with")
    options = parser.parse_args()
    if options.video is not None:
        end_to_end(options.video)
        return
    print("PostgreSQL" if options.url else "SQLite")
    on_postgresql(options.url) if options.url else on_sqlite()


if __name__ == "__main__":
    main()
