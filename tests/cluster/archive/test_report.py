from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from roomread.cluster.archive.report import KEY, Report, read_report

REPORT = Report("lessons/a.mp4", "0123456789ab", 100, 250, 2, "is cut off")


def write(path: Path, note: str | None) -> str:
    table = pa.table({"time": [0.0]})
    pq.write_table(table.replace_schema_metadata({KEY: note} if note is not None else None), path)
    return str(path)


def test_report_is_read_back_from_the_parquet_footer(tmp_path: Path) -> None:
    assert read_report(write(tmp_path / "a.parquet", REPORT.to_json())) == REPORT


@pytest.mark.parametrize(
    "note", [None, "", "[]", "{}", "3", json.dumps(json.loads(REPORT.to_json()) | {"colour": 1})]
)
def test_parquet_file_without_a_valid_report_in_its_footer_gives_no_report(
    tmp_path: Path, note: str | None
) -> None:
    assert read_report(write(tmp_path / "a.parquet", note)) is None


def test_missing_or_damaged_file_has_no_report(tmp_path: Path) -> None:
    assert read_report(str(tmp_path / "none.parquet")) is None
    (tmp_path / "a.parquet").write_bytes(b"PAR1 and then nothing")
    assert read_report(str(tmp_path / "a.parquet")) is None


def test_report_with_unknown_fields_is_refused() -> None:
    with pytest.raises(ValueError, match="not a report"):
        Report.from_dict({"source": "a.mp4"})
