"""Define the jobs of a worker, which cut a video into pieces, read a piece or join the pieces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from roomread.classifier import ExpressionClassifier, Head, open_model
from roomread.cluster.archive.report import KEY, Report, read_report
from roomread.cluster.archive.stitch import Rows, Stitcher
from roomread.cluster.archive.storage import ArchiveVideo, join, list_names, open_file, writing
from roomread.errors import MediaError, ModelFileError
from roomread.faces.choices import DEFAULT, make_detector
from roomread.formats.parquet import ParquetSink
from roomread.media import WHOLE, Opening, Span, VideoReader, cut_points, open_video
from roomread.pipeline import Analyzer, RoomPipeline
from roomread.readings import Box
from roomread.runtime import Device

# Seconds before a piece that are read too. They fill the average of the scores (0.3 s), and their
# tracks are matched with those of the previous piece.
LEAD = 2.0
# The length of a piece, s.
PIECE = 300.0


@dataclass(frozen=True, slots=True)
class Options:
    """The settings for reading all videos of an archive.

    Attributes:
        model: A bundled model's name, or a file that every worker can open.
        digest: The digest of the model file.
        head: The head of the net to use.
        detector: The name of the face detector, which every worker has.
        min_face: The longer side of the smallest face to find, px.
        every: Seconds between two frames; None for all frames.
        piece: The length of the pieces into which a video is split, s.
        device: The device of the nets.
    """

    model: str
    digest: str
    head: Head = Head.TAGGERS
    detector: str = DEFAULT
    min_face: float | None = None
    every: float | None = None
    piece: float = PIECE
    device: Device = Device.CPU


@cache
def _analyzer(options: Options, threads: int) -> Analyzer:
    """Return the analyzer of a worker process, whose nets are loaded once."""
    model = open_model(options.model, threads=threads, device=options.device)
    if model.digest != options.digest:
        raise ModelFileError(
            f"{options.model}: the model of this name on a worker differs from that of the job",
            hint="install the same version on all machines",
        )
    detector = make_detector(
        options.detector, min_face=options.min_face, threads=threads, device=options.device
    )
    return Analyzer(detector=detector, classifier=ExpressionClassifier(model, head=options.head))


@dataclass(frozen=True, slots=True)
class VideoPiece:
    """A section of a video and the file for its readings.

    Attributes:
        span: The section of the video.
        file: The Parquet file for the readings.
        done: Whether an earlier run wrote the file.
    """

    span: Span
    file: str
    done: bool


@dataclass(frozen=True, slots=True)
class Cut:
    """A job that determines the pieces of a video, and which of them an earlier run has read.

    Attributes:
        video: The video to cut.
        length: The length of a piece, s.
        target: The Parquet file of the video.
        drafts: The folder for the Parquet files of the pieces.
    """

    video: ArchiveVideo
    length: float
    target: str
    drafts: str

    def run(self, _threads: int) -> list[VideoPiece]:
        """Return the pieces; a video that is short or cannot be cut is a single piece.

        Raises:
            MediaError: The video cannot be opened.
        """
        name = self.video.source
        with open_file(name) as file, open_video(file, name) as (container, stream):
            points = cut_points(container, stream, name)
        count = round(points[0] / self.length) if points is not None else 1
        if points is None or count < 2:
            return [VideoPiece(WHOLE, self.target, done=False)]
        there, pieces = list_names(self.drafts), []
        for number in range(count):
            start = number * self.length
            span = Span(
                start,
                start + self.length if number < count - 1 else float("inf"),
                LEAD if number else 0.0,
                points[1],
            )
            file_name = f"{self.video.fingerprint}-{number:04d}.parquet"
            path = join(self.drafts, file_name)
            done = file_name in there and read_report(path) is not None
            pieces.append(VideoPiece(span, path, done))
        return pieces


@dataclass(frozen=True, slots=True)
class ReadPiece:
    """A job that reads a piece of a video into its Parquet file."""

    video: ArchiveVideo
    options: Options
    piece: VideoPiece

    def run(self, threads: int) -> Report:
        """Read the piece, write its file atomically and return the report.

        The file of a damaged video contains the readings up to the damage.

        Raises:
            MediaError: The video cannot be opened, or the connection to it was lost.
            OutputError: The file cannot be written.
            ModelFileError: This worker has another model.
        """
        analyzer, name = _analyzer(self.options, threads), self.video.source
        span, readings, error = self.piece.span, 0, ""
        with (
            writing(self.piece.file) as draft,
            open_file(name) as file,
            open_video(file, name, Opening(threads=threads)) as (container, stream),
        ):
            frames = VideoReader(container, stream, name, span=span, every=self.options.every)
            pipeline = RoomPipeline(analyzer.stream_analyzer())
            sink = ParquetSink(draft)
            try:
                for frame in frames:
                    moment = pipeline.push(frame)
                    sink.add(frame, moment.readings)
                    readings += len(moment.readings) if frame.index >= 0 else 0
            except MediaError as problem:
                error = str(problem)
            report = Report(name, self.video.fingerprint, frames.frames, readings, error=error)
            sink.note(KEY, report.to_json())
            sink.close()
        return report


@dataclass(frozen=True, slots=True)
class Join:
    """A job that joins a video's pieces into one file, as if the video had been read as a whole.

    Attributes:
        video: The video to which the pieces belong.
        pieces: The files of the pieces, in order.
        target: The Parquet file of the video.
    """

    video: ArchiveVideo
    pieces: Sequence[str]
    target: str

    def run(self, _threads: int) -> Report:
        """Join the pieces, write the video's file atomically and return the report.

        Raises:
            MediaError: A piece cannot be read.
            OutputError: The file cannot be written.
        """
        import pyarrow.parquet as pq  # noqa: PLC0415 (an extra)

        stitcher, frames, readings, error = Stitcher(), 0, 0, ""
        with writing(self.target) as draft:
            writer = None
            for path in self.pieces:
                report = read_report(path)
                if report is None:
                    raise MediaError(
                        f"{path}: is damaged", hint="delete this file, and run the command again"
                    )
                with open_file(path) as file:
                    table = _renumbered(pq.read_table(file), stitcher, frames)
                writer = writer or pq.ParquetWriter(draft, table.schema)
                writer.write_table(table)
                frames, readings = frames + report.frames, readings + table.num_rows
                # The pieces after a damaged one repeat its error, so only the first is reported.
                error = error or report.error
            source, mark = self.video.source, self.video.fingerprint
            joined = Report(source, mark, frames, readings, len(self.pieces), error)
            if writer is not None:
                writer.add_key_value_metadata({KEY: joined.to_json()})
                writer.close()
        return joined


def _renumbered(table: Any, stitcher: Stitcher, frames: int) -> Any:
    """Return a piece's rows without the lead, with ids and indices of the whole video.

    The lead is the seconds that the previous piece contains too. `frames` is the number of frames
    before the piece.
    """
    import pyarrow as pa  # noqa: PLC0415 (an extra)

    table = table.replace_schema_metadata(None)
    columns = {name: table[name].to_numpy() for name in ("time", "track_id", "frame_index")}
    box = np.stack([table[f"box_{side}"].to_numpy() for side in Box._fields], axis=-1)
    lead = columns["frame_index"] < 0
    numbers = stitcher.number(Rows(columns["time"], columns["track_id"], box), lead=lead)
    for name, values in (("track_id", numbers), ("frame_index", columns["frame_index"] + frames)):
        place = table.schema.get_field_index(name)
        table = table.set_column(place, table.schema.field(place), pa.array(values, pa.int64()))
    return table.filter(pa.array(~lead))


Job = Cut | ReadPiece | Join
