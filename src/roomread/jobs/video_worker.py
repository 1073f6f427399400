"""The worker process that reads one video; `jobs.job_reader` starts it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any

import av  # noqa: F401 (loaded before memory is limited)

from roomread import Analyzer
from roomread.errors import MediaError, RoomreadError, without_credentials
from roomread.fewshot.store import read_profile
from roomread.formats.annotated import Annotator
from roomread.formats.csv_table import CsvSink
from roomread.formats.json_frames import JsonLinesSink
from roomread.formats.timeline import Timeline
from roomread.jobs.video_job import NOTES
from roomread.jobs.worker_process import (
    answer,
    leave,
    limit_memory,
    lower_priority,
    receive,
    take_pipes,
)
from roomread.media import Source, open_source, open_upload
from roomread.media.files import atomic_path
from roomread.readings import Frame

# Seconds between two reports of the progress to the parent process, which may then cancel.
_REPORT_SECONDS = 0.5


@dataclass(slots=True)
class _VideoReading:
    """The reading of one video, and its progress.

    Attributes:
        task: The request of the parent process.
        inlet: The pipe with the replies of the parent process.
        outlet: The pipe for reports to the parent process.
        seconds: The time up to which the video is read, s.
        duration: The length of the video, s; None if the file does not state it.
        cancelled: Whether the parent process asked to stop.
    """

    task: dict[str, Any]
    inlet: IO[bytes]
    outlet: IO[bytes]
    seconds: float = 0.0
    duration: float | None = None
    cancelled: bool = False
    _reported: float = field(default_factory=time.monotonic)

    def run(self, analyzer: Analyzer) -> None:
        """Read the video to its end, unless the parent process stops it.

        Raises:
            RoomreadError: The video cannot be read to its end; the earlier results are written.
        """
        folder, name = Path(self.task["folder"]), self.task["name"]
        uploaded: str | None = self.task["upload"]
        file = folder / uploaded if uploaded is not None else None
        every: float | None = self.task["every"]
        timeline = Timeline()
        with (
            open_upload(file, every=every) if file is not None else open_source(name) as source,
            (folder / "readings.csv").open("w", encoding="utf-8", newline="") as table,
            (folder / "readings.jsonl").open("w", encoding="utf-8") as lines,
        ):
            self._check(source)
            notes = [self.named(note) for note in source.notes]
            with atomic_path(folder / NOTES) as temporary:
                temporary.write_text(json.dumps(notes), encoding="utf-8")
            if file is None and Path(name).exists():
                file = Path(name)
            states = [use.profile.name for use in analyzer.profiles if use.profile.is_state]
            sinks = CsvSink(table, states=states), JsonLinesSink(lines)
            frames = (self._checked(frame, name) for frame in source)
            try:
                with self._copy(source, file) as copy:
                    for moment in analyzer.stream(frames, overlap=True):
                        frame, readings = moment.frame, moment.readings
                        for sink in sinks:
                            sink.add(frame, readings)
                        if copy is not None:
                            copy.write(frame, readings)
                        for reading in readings:
                            timeline.add(reading)
                        self.seconds = frame.time
                        if self._is_stopped():
                            if copy is not None:
                                copy.cut_short()
                            break
            finally:
                timeline.write(folder / "timeline.json")

    def named(self, text: str) -> str:
        """Replace the path of the uploaded file in a text by the name that its owner gave it."""
        path = str(Path(self.task["folder"]) / (self.task["upload"] or "-"))
        return text.replace(path, self.task["name"])

    def _copy(self, source: Source, file: Path | None) -> Annotator | nullcontext[None]:
        if not self.task["annotated"]:
            return nullcontext()
        path = Path(self.task["folder"]) / "annotated.mp4"
        return Annotator(path, source, sound_from=file)

    def _check(self, source: Source) -> None:
        if source.is_picture:
            raise MediaError(
                f"{self.task['name']}: is a picture", hint="submit it as a picture instead"
            )
        self.duration = source.duration
        if self.duration is not None:
            self._check_length(self.duration)

    def _checked(self, frame: Frame, name: str) -> Frame:
        height, width = frame.image.shape[:2]
        if width * height > self.task["max_pixels"]:
            problem = f"{self.task['name']}: {width} x {height} is too many pixels"
            raise MediaError(problem, hint="scale it down first")
        # The duration that a file states may be wrong, so the time of each frame is checked too.
        self._check_length(frame.time)
        if frame.index >= self.task["max_frames"]:
            problem = f"{self.task['name']}: has over {self.task['max_frames']} frames"
            raise MediaError(problem, hint="cut it into parts; the earlier results are kept")
        return replace(frame, source=without_credentials(name))

    def _check_length(self, seconds: float) -> None:
        most = self.task["max_seconds"]
        if seconds > most:
            problem = f"{self.task['name']}: is longer than {most / 60:g} minutes"
            raise MediaError(problem, hint="cut it into parts")

    def _is_stopped(self) -> bool:
        """Report the progress of the reading; return whether the parent process asks to stop."""
        now = time.monotonic()
        if now - self._reported < _REPORT_SECONDS:
            return False
        self._reported = now
        answer(self.outlet, {"seconds": self.seconds, "duration": self.duration})
        message = receive(self.inlet)
        if message is None:
            leave()
        self.cancelled = not message[0]["go_on"]
        return self.cancelled


def main(make_analyzer: Callable[[], Analyzer] = Analyzer) -> None:
    """Read the video that the parent process names, and report the result.

    Args:
        make_analyzer: A function that creates the analyzer that reads the video.
    """
    inlet, outlet = take_pipes()
    # Live cameras and single pictures have priority over videos in the background.
    lower_priority(5)
    message = receive(inlet)
    if message is None:
        return
    task = message[0]
    analyzer = make_analyzer()
    limit_memory(task["memory_mb"])
    reading = _VideoReading(task, inlet, outlet)
    error = ""
    try:
        taught = [read_profile(Path(file)) for file in task["profiles"]]
        reading.run(analyzer.with_profiles(taught) if taught else analyzer)
    except RoomreadError as problem:
        error = reading.named(str(problem))
    except MemoryError:
        error = f"{without_credentials(task['name'])}: needs too much memory (scale it down first)"
    except OSError as problem:
        error = f"{without_credentials(task['name'])}: could not be written: {problem.strerror}"
    report = {"seconds": reading.seconds, "duration": reading.duration, "error": error}
    answer(outlet, report | {"cancelled": reading.cancelled, "finished": True})


if __name__ == "__main__":
    main()
