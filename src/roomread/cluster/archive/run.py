"""Reads an archive: what is missing is read, what is there stays, and what failed is told."""

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
from roomread.cluster.archive.tasks import Cut, Job, Join, Options, Piece, ReadPiece
from roomread.errors import MediaError, MissingExtraError, OutputError

MANIFEST = "manifest.json"
# What reads a folder of Parquet leaves out names that begin with an underscore.
DRAFTS = "_pieces"
# The manifest holds nothing that the Parquet files do not, so it may be a bit behind, s.
_SAVE_EVERY = 10.0


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened to a video.

    Attributes:
        video: the video.
        report: where it is read now, or was by an earlier run.
        error: why it failed, or was not read to its end; in a line.
        again: whether an earlier run had read it.
    """

    video: ArchiveVideo
    report: Report | None = None
    error: str = ""
    again: bool = False


def target_name(source: str) -> str:
    """The name of a video's Parquet file: its own, also where two folders hold a video so named."""
    stem = re.split(r"[/\\]", source)[-1].rpartition(".")[0] or "video"
    return f"{stem}-{hashlib.sha256(source.encode()).hexdigest()[:8]}.parquet"


class Archive:
    """A folder of readings, a Parquet file a video, and a manifest that says what is in it.

    The Parquet files alone say what is read: each is there whole or not at all, under a name that
    follows from the video, so that nothing is read into two of them.

    Args:
        folder: a path, or an address of fsspec's.
        options: how its videos are read; the same in every run.

    Attributes:
        pieces: how many pieces this run has read.
        pieces_known: how many there are to read, of the videos that it has looked at.
        copies: the videos whose content is that of another, which is read for both.

    Raises:
        OutputError: the folder cannot be used, or holds readings made with other options.
        MissingExtraError: Parquet, or an address, without its extra.
    """

    def __init__(self, folder: str, options: Options) -> None:
        if importlib.util.find_spec("pyarrow") is None:
            raise MissingExtraError("an archive", extra="cluster")
        self.pieces = self.pieces_known = 0
        self.copies: dict[str, str] = {}
        self._folder, self._options = folder, options
        self._names = list_names(folder)
        self._known = self._read_manifest() if MANIFEST in self._names else {}
        self._plans: dict[str, list[Piece]] = {}
        self._left: dict[str, int] = {}
        self._failed: dict[str, str] = {}

    def run(self, videos: Sequence[ArchiveVideo], executor: Executor) -> Generator[Step]:
        """Reads what is missing, and yields after each thing that happened.

        Ended early, it leaves everything that was read, and the next run goes on there.

        Raises:
            OutputError: the folder cannot be written.
            RoomreadError: what does the work is gone.
        """
        missing = []
        try:
            for video in self._without_copies(videos):
                report = self._there(video)
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
        """Writes the manifest.

        Raises:
            OutputError: it cannot be written.
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
        """What is to be done after a job has ended, and what that one means for its video."""
        job, video, result = outcome.job, outcome.job.video, outcome.result
        if isinstance(result, list):
            return self._begin(video, result), Step(video)
        if isinstance(job, ReadPiece):
            self.pieces += 1
            self._left[video.source] -= 1
        if result is None:
            # The first error of a video is the one that is told.
            told = video.source in self._failed
            self._failed.setdefault(video.source, outcome.error)
            return [], Step(video, error="" if told else outcome.error)
        pieces = self._plans[video.source]
        if isinstance(job, ReadPiece) and len(pieces) > 1:
            whole = not self._left[video.source] and video.source not in self._failed
            return [self._join(video)] if whole else [], Step(video)
        if isinstance(job, Join):
            remove(self._drafts(video))
        self._known[video.source] = asdict(result)
        return [], Step(video, result, result.error)

    def _begin(self, video: ArchiveVideo, pieces: list[Piece]) -> list[Job]:
        missing = [piece for piece in pieces if not piece.done]
        self._plans[video.source] = pieces
        self._left[video.source] = len(missing)
        self.pieces_known += len(missing)
        # An earlier run may have been ended between its last piece and the joining.
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

    def _there(self, video: ArchiveVideo) -> Report | None:
        """What an earlier run has read of a video; what it read of an older file is deleted."""
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
        """Each video once, however often it was named, and each content once."""
        by_size = defaultdict(list)
        # What an earlier run has read is the original of what came since.
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
                        # It is a copy since its file was written over.
                        remove(self._target(video))
                        self._known.pop(video.source, None)
            unique += originals.values()
        return sorted(unique, key=lambda video: video.source)

    def _read_manifest(self) -> dict[str, dict[str, Any]]:
        """The reports of the videos that are read, by source."""
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
            hint = "delete it: what is read stays"
            raise OutputError(f"{path}: is not what was written there", hint=hint) from error
        now = asdict(self._options)
        other = [name for name in now if options.get(name) != now[name]]
        if other:
            problem = f"{self._folder}: holds readings made with another {' and '.join(other)}"
            raise OutputError(problem, hint="name another folder")
        return known


def _content(video: ArchiveVideo, alike: Sequence[ArchiveVideo]) -> str:
    """What tells a video's content from that of others of its size."""
    if len(alike) == 1:
        return ""
    try:
        return content_digest(video.source)
    except MediaError:
        # Its reading will tell why.
        return video.source
