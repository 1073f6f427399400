from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from classes import frame as class_frame
from clips import make_clip
from roomread.classifier import open_model
from roomread.cluster.archive import tasks
from roomread.cluster.archive.report import KEY, Report, read_report
from roomread.cluster.archive.storage import ArchiveVideo
from roomread.cluster.archive.tasks import Cut, Join, Options
from roomread.errors import MediaError, ModelFileError
from roomread.formats.parquet import ParquetSink
from roomread.readings import Expression, Frame

VIDEO = ArchiveVideo("lesson.mp4", 1, "")
PICTURE = np.zeros((8, 8, 3), np.uint8)


def write_piece(
    path: Path, faces: list[tuple[float, int, dict[int, Expression]]], *, error: str = ""
) -> str:
    """Write the readings of one piece: the time, the index and the people of each frame."""
    sink = ParquetSink(path)
    readings = 0
    for time, index, shown in faces:
        found = [
            replace(each, source=VIDEO.source, frame_index=index)
            for each in class_frame(time, dict(shown))
        ]
        sink.add(Frame(PICTURE, time, index, VIDEO.source), found)
        readings += len(found) if index >= 0 else 0
    frames = sum(index >= 0 for _, index, _ in faces)
    sink.note(KEY, Report(VIDEO.source, VIDEO.fingerprint, frames, readings, error=error).to_json())
    sink.close()
    return str(path)


def test_pieces_of_a_video_are_joined_without_repeating_the_overlapping_seconds(
    tmp_path: Path,
) -> None:
    happy = Expression.HAPPY
    pieces = [
        write_piece(tmp_path / "0", [(0.0, 0, {1: happy, 2: happy}), (1.0, 1, {1: happy})]),
        write_piece(tmp_path / "1", [(1.0, -1, {1: happy}), (2.0, 0, {1: happy, 3: happy})]),
    ]
    joined = Join(VIDEO, pieces, str(tmp_path / "whole.parquet")).run(1)
    assert (joined.frames, joined.readings, joined.pieces, joined.error) == (3, 5, 2, "")
    assert read_report(str(tmp_path / "whole.parquet")) == joined
    rows = pq.read_table(tmp_path / "whole.parquet").to_pylist()
    assert [(row["time"], row["frame_index"], row["track_id"]) for row in rows] == [
        (0.0, 0, 1),
        (0.0, 0, 2),
        (1.0, 1, 1),
        (2.0, 2, 1),
        (2.0, 2, 3),
    ]


def test_first_error_of_a_damaged_video_is_kept(tmp_path: Path) -> None:
    pieces = [
        write_piece(tmp_path / str(n), [(float(n), 0, {1: Expression.SAD})], error=error)
        for n, error in enumerate(["", "is cut off", "is cut off, too"])
    ]
    joined = Join(VIDEO, pieces, str(tmp_path / "whole.parquet")).run(1)
    assert (joined.frames, joined.error) == (3, "is cut off")


def test_damaged_video_piece_is_reported_by_name_and_no_file_is_written(tmp_path: Path) -> None:
    (tmp_path / "0").write_bytes(b"PAR1")
    with pytest.raises(MediaError, match="0: is damaged"):
        Join(VIDEO, [str(tmp_path / "0")], str(tmp_path / "whole.parquet")).run(1)
    assert not (tmp_path / "whole.parquet").exists()


def test_short_video_is_one_piece_and_long_video_is_cut_into_several_pieces(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mp4", [n / 5 for n in range(50)], key_every=5)
    video = ArchiveVideo(str(path), 1, "")
    (whole,) = Cut(video, 8.0, "whole.parquet", str(tmp_path / "pieces")).run(1)
    assert (whole.file, whole.done) == ("whole.parquet", False)
    pieces = Cut(video, 2.0, "whole.parquet", str(tmp_path / "pieces")).run(1)
    assert [piece.span.start for piece in pieces] == [0.0, 2.0, 4.0, 6.0, 8.0]
    assert [piece.span.lead > 0 for piece in pieces] == [False, True, True, True, True]
    assert pieces[-1].span.stop == float("inf")
    # A piece that an earlier run wrote is done; a damaged piece is not.
    (tmp_path / "pieces").mkdir()
    write_piece(Path(pieces[1].file), [(2.0, 0, {1: Expression.SAD})])
    Path(pieces[2].file).write_bytes(b"PAR1")
    again = Cut(video, 2.0, "whole.parquet", str(tmp_path / "pieces")).run(1)
    assert [piece.done for piece in again] == [False, True, False, False, False]


def test_worker_with_another_model_is_refused() -> None:
    options = Options("compact", digest="0")
    assert open_model("compact").digest != "0"
    with pytest.raises(ModelFileError, match="on a worker differs from that of the job"):
        tasks._analyzer(options, 1)
