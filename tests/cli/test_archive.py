from __future__ import annotations

import pytest

from roomread.cli import archive
from roomread.cli.status import EXIT_FAILED, EXIT_SOME_FAILED
from roomread.cluster.archive.executor import LocalExecutor
from roomread.cluster.archive.report import Report
from roomread.cluster.archive.run import Step
from roomread.cluster.archive.storage import ArchiveVideo
from roomread.cluster.archive.tasks import Options
from roomread.errors import OutputError, RoomreadError
from roomread.settings.compute import ComputeEngine

OPTIONS = Options("compact", "0", every=None, piece=300.0)


@pytest.mark.parametrize("output", ["readings/", "C:\\readings\\", "s3://bucket/readings"])
def test_output_to_a_folder_or_url_is_written_as_an_archive(output: str) -> None:
    assert archive.is_archive(output)


@pytest.mark.parametrize("output", [None, "readings.csv", "readings"])
def test_output_to_a_file_or_without_a_path_is_not_written_as_an_archive(
    output: str | None,
) -> None:
    assert not archive.is_archive(output)


def read(inputs: list[str], output: str | None, **options: object) -> int:
    settings = {"engine": ComputeEngine.LOCAL, "workers": None, "quiet": True} | options
    return archive.analyze_archive(inputs, output, OPTIONS, **settings)  # type: ignore[arg-type]


def test_archive_without_an_output_folder_is_refused() -> None:
    with pytest.raises(OutputError, match="needs a folder"):
        read(["lessons"], None)


def test_archive_from_standard_input_is_refused() -> None:
    with pytest.raises(RoomreadError, match="cannot be read from standard input"):
        read(["-"], "out/")


def test_local_engine_refuses_more_than_one_worker() -> None:
    with pytest.raises(RoomreadError, match="only one worker"):
        archive._executor(ComputeEngine.LOCAL, 2)
    assert isinstance(archive._executor(ComputeEngine.LOCAL, 1), LocalExecutor)
    assert isinstance(archive._executor(ComputeEngine.LOCAL, None), LocalExecutor)


def test_file_url_is_converted_to_its_path() -> None:
    assert archive._here("file:///lessons/a.mp4") == "/lessons/a.mp4"
    assert archive._here("lessons/a.mp4") == "lessons/a.mp4"


VIDEO = ArchiveVideo("a.mp4", 1, "")
REPORT = Report("a.mp4", "0", frames=10, readings=25)


def tally(*steps: Step) -> archive._Tally:
    counted = archive._Tally()
    for step in steps:
        counted.add(step)
    return counted


def test_summary_counts_videos_by_result() -> None:
    counted = tally(
        Step(VIDEO),  # a piece was read
        Step(VIDEO, REPORT),
        Step(VIDEO, REPORT, error="is cut off"),
        Step(VIDEO, REPORT, again=True),
        Step(VIDEO, error="cannot be opened"),
    )
    assert counted.line(7, copies=1, repeated=2) == (
        "7 videos: 2 read, 1 read before, 1 the same as another, "
        "1 damaged: read as far as it goes, 1 failed, 2 not yet read; "
        "2 repeated because a worker crashed; 75 readings of 30 frames"
    )
    assert counted.status == EXIT_SOME_FAILED


def test_summary_of_one_video_is_in_the_singular() -> None:
    counted = tally(Step(VIDEO, REPORT))
    assert counted.line(1, copies=0, repeated=0) == "1 video: 1 read; 25 readings of 10 frames"
    assert counted.status == 0


def test_exit_status_reports_a_failure_if_no_video_was_read() -> None:
    assert tally(Step(VIDEO, error="cannot be opened")).status == EXIT_FAILED
