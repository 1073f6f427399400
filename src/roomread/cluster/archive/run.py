"""Read the videos of an archive that no earlier run has read, and report those that fail."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import re
import time
from collections import defaultdict
from collections.abc import Generator, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from roomread._version import __version__
from roomread.cluster.archive.executor import Executor, Outcome
from roomread.cluster.archive.report import Report, read_report
from roomread.cluster.archive.storage import (
    ArchiveVideo,
    content_digest,
    join,
    list_names,
    read_text,
    remove,
    writing,
)
from roomread.cluster.archive.tasks import Cut, Job, Join, Options, ReadPiece, VideoPiece
from roomread.errors import MediaError, MissingExtraError, OutputError

MANIFEST = "manifest.json"
# Name of the folder for pieces; readers of Parquet folders skip names that start with "_".
DRAFTS = "_pieces"
# Seconds between two writes of the manifest. It may lag behind, because everything in it can be
# read from the Parquet files.
_SAVE_EVERY = 10.0


@dataclass(frozen=True, slots=True)
class Step:
    """The progress of one video in a run.

    Attributes:
        video: The video whose progress is reported.
        report: The report on the video; None until it is read.
        error: Why the video failed or was not read to its end, in one line; empty otherwise.
        again: Whether an earlier run had read the video.
    """

    video: ArchiveVideo
    report: Report | None = None
    error: str = ""
    again: bool = False


def target_name(source: str) -> str:
    """Return the name of a video's Parquet file, unique even among videos of the same name."""
    stem = re.split(r"[/\\]", source)[-1].rpartition(".")[0] or "video"
    return f"{stem}-{hashlib.sha256(source.encode()).hexdigest()[:8]}.parquet"


class Archive:
    """A folder of readings with one Parquet file per video and a manifest that lists them.

    A video counts as read if its Parquet file exists. The file is written atomically, under a name
    derived from the video's address, so that no video is read into two files.

    Args:
        folder: A path, or an fsspec address.
        options: The settings of the reading, the same in every run.

    Attributes:
        pieces: The number of pieces that this run has read.
        pieces_known: The number of pieces to read, of all videos that have been cut so far.
        copies: For the source of each duplicate, the source of the video that is read instead.

    Raises:
        OutputError: The folder cannot be used, or contains readings made with other options.
        MissingExtraError: The package pyarrow or fsspec is not installed.
    """

    def __init__(self, folder: str, options: Options) -> None:
        if importlib.util.find_spec("pyarrow") is None:
            raise MissingExtraError("reading an archive", extra="cluster")
        self.pieces = self.pieces_known = 0
        self.copies: dict[str, str] = {}
        self._folder, self._options = folder, options
        self._names = list_names(folder)
        self._known = self._read_manifest() if MANIFEST in self._names else {}
        self._plans: dict[str, list[VideoPiece]] = {}
        self._left: dict[str, int] = {}
        self._failed: dict[str, str] = {}

    def run(self, videos: Sequence[ArchiveVideo], executor: Executor) -> Generator[Step]:
        """Read the missing videos, and yield a step after each event.

        A run that is interrupted keeps what was read, and the next run continues from there.

        Raises:
            OutputError: The folder cannot be written.
            RoomreadError: The connection to the workers was lost.
        """
        missing = []
        try:
            for video in self._without_copies(videos):
                report = self._earlier_report(video)
                if report is None:
                    missing.append(video)
                else:
                    self._known[video.source] = asdict(report)
                    yield Step(video, report, report.error, again=True)
            yield from self._work(iter(missing), executor)
            if not self._failed:
                remove(join(self._folder, DRAFTS))
        finally:
            self.save()

    def save(self) -> None:
        """Write the manifest.

        Raises:
            OutputError: The manifest cannot be written.
        """
        videos = {
            source: {"file": target_name(source), **report}
            for source, report in self._known.items()
        }
        videos |= {source: {"same_as": other} for source, other in self.copies.items()}
        videos |= {source: {"failed": error} for source, error in self._failed.items()}
        content = {
            "roomread": __version__,
            "options": asdict(self._options),
            "videos": dict(sorted(videos.items())),
        }
        with writing(join(self._folder, MANIFEST)) as draft:
            draft.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")

    def _work(self, videos: Iterator[ArchiveVideo], executor: Executor) -> Iterator[Step]:
        self.save()
        saved, working = time.monotonic(), 0
        while True:
            while working < executor.capacity and (video := next(videos, None)) is not None:
                executor.submit(self._cut(video))
                working += 1
            if not working:
                return
            jobs, step = self._take(executor.wait())
            for job in jobs:
                executor.submit(job)
            working += len(jobs) - 1
            if time.monotonic() - saved > _SAVE_EVERY:
                self.save()
                saved = time.monotonic()
            yield step

    def _take(self, outcome: Outcome) -> tuple[list[Job], Step]:
        """Return the jobs that follow from the outcome of a job, and the step to report."""
        job, video, result = outcome.job, outcome.job.video, outcome.result
        if isinstance(result, list):
            return self._begin(video, result), Step(video)
        if isinstance(job, ReadPiece):
            self.pieces += 1
            self._left[video.source] -= 1
        if result is None:
            # Only the first error of a video is reported.
            reported = video.source in self._failed
            self._failed.setdefault(video.source, outcome.error)
            return [], Step(video, error="" if reported else outcome.error)
        pieces = self._plans[video.source]
        if isinstance(job, ReadPiece) and len(pieces) > 1:
            whole = not self._left[video.source] and video.source not in self._failed
            return [self._join(video)] if whole else [], Step(video)
        if isinstance(job, Join):
            remove(self._drafts(video))
        self._known[video.source] = asdict(result)
        return [], Step(video, result, result.error)

    def _begin(self, video: ArchiveVideo, pieces: list[VideoPiece]) -> list[Job]:
        missing = [piece for piece in pieces if not piece.done]
        self._plans[video.source] = pieces
        self._left[video.source] = len(missing)
        self.pieces_known += len(missing)
        # All pieces may be done if an earlier run was interrupted before joining them.
        return [ReadPiece(video, self._options, p) for p in missing] or [self._join(video)]

    def _cut(self, video: ArchiveVideo) -> Cut:
        return Cut(video, self._options.piece, self._target(video), self._drafts(video))

    def _join(self, video: ArchiveVideo) -> Join:
        files = tuple(piece.file for piece in self._plans[video.source])
        return Join(video, files, self._target(video))

    def _target(self, video: ArchiveVideo) -> str:
        return join(self._folder, target_name(video.source))

    def _drafts(self, video: ArchiveVideo) -> str:
        return join(self._folder, DRAFTS, target_name(video.source).removesuffix(".parquet"))

    def _earlier_report(self, video: ArchiveVideo) -> Report | None:
        """Return an earlier run's report on a video, or None; delete outdated readings."""
        if target_name(video.source) not in self._names:
            return None
        known = self._known.get(video.source)
        report = Report.from_dict(known) if known else read_report(self._target(video))
        if report is not None and report.fingerprint == video.fingerprint:
            if DRAFTS in self._names:
                remove(self._drafts(video))
            return report
        remove(self._target(video))
        self._known.pop(video.source, None)
        return None

    def _without_copies(self, videos: Sequence[ArchiveVideo]) -> list[ArchiveVideo]:
        """Return the videos without duplicates, by name and by content."""
        by_size = defaultdict(list)
        # Prefer as original a video that an earlier run has read.
        known = sorted(videos, key=lambda video: target_name(video.source) not in self._names)
        for video in {video.source: video for video in known}.values():
            by_size[video.size].append(video)
        unique: list[ArchiveVideo] = []
        for alike in by_size.values():
            originals: dict[str, ArchiveVideo] = {}
            for video in alike:
                original = originals.setdefault(_content(video, alike), video)
                if original is not video:
                    self.copies[video.source] = original.source
                    if target_name(video.source) in self._names:
                        # Its file was overwritten with the content of another video, so its own
                        # readings are obsolete.
                        remove(self._target(video))
                        self._known.pop(video.source, None)
            unique += originals.values()
        return sorted(unique, key=lambda video: video.source)

    def _read_manifest(self) -> dict[str, dict[str, Any]]:
        """Return the reports on the videos that earlier runs have read, by source."""
        path = join(self._folder, MANIFEST)
        try:
            manifest = json.loads(read_text(path))
            options, videos = manifest["options"], manifest["videos"]
            known = {
                source: asdict(Report.from_dict({k: v for k, v in entry.items() if k != "file"}))
                for source, entry in videos.items()
                if entry.get("file") in self._names
            }
        except (MediaError, ValueError, KeyError, TypeError, AttributeError) as error:
            hint = "delete this file; the readings are kept"
            raise OutputError(f"{path}: is not a manifest of Roomread", hint=hint) from error
        now = asdict(self._options)
        other = [name for name in now if options.get(name) != now[name]]
        if other:
            problem = f"{self._folder}: contains readings made with another {' and '.join(other)}"
            raise OutputError(problem, hint="choose another folder")
        return known


def _content(video: ArchiveVideo, alike: Sequence[ArchiveVideo]) -> str:
    """Return a text that is equal only for those videos of `alike` with the same content.

    Args:
        video: One of the videos.
        alike: All videos of the same size.
    """
    if len(alike) == 1:
        return ""
    try:
        return content_digest(video.source)
    except MediaError:
        # The video cannot be opened; reading it later reports why.
        return video.source
