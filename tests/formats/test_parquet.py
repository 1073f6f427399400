from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import arbitrary
from roomread.errors import MissingExtraError
from roomread.formats.parquet import ParquetSink, ParquetTable, read_parquet
from roomread.readings import Frame, Reading
from roomread.wire import COLUMNS

pq = pytest.importorskip("pyarrow.parquet")
FRAME = Frame(np.zeros((4, 4, 3), dtype=np.uint8), 0.0, 0, "a.jpg")


@given(st.lists(arbitrary.readings, max_size=3))
@settings(deadline=None, max_examples=40)
def test_readings_are_equal_after_writing_and_reading_parquet(
    tmp_path_factory: pytest.TempPathFactory, readings: list[Reading]
) -> None:
    path = tmp_path_factory.mktemp("parquet") / "readings.parquet"
    sink = ParquetSink(path, states=[s.name for r in readings[:1] for s in r.states])
    sink.add(FRAME, readings)
    sink.close()
    assert list(read_parquet(path)) == readings


def test_parquet_columns_have_types_and_the_file_metadata_has_the_added_note(
    tmp_path: Path,
) -> None:
    sink = ParquetSink(tmp_path / "a.parquet", states=["tired"])
    sink.note("key", "text")
    sink.close()
    schema = pq.read_schema(tmp_path / "a.parquet")
    assert schema.names == [*COLUMNS, "state_tired"]
    assert [str(schema.field(name).type) for name in ("track_id", "box_left", "states")] == [
        "int64",
        "double",
        "string",
    ]
    assert pq.read_metadata(tmp_path / "a.parquet").metadata[b"key"] == b"text"


def test_large_table_is_written_in_several_row_groups(tmp_path: Path) -> None:
    table = ParquetTable(tmp_path / "a.parquet", {"n": int})
    table.add({"n": n} for n in range(25_000))
    table.close()
    file = pq.ParquetFile(tmp_path / "a.parquet")
    assert file.num_row_groups == 3
    assert file.read()["n"].to_pylist() == list(range(25_000))


def test_error_without_pyarrow_names_the_missing_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtraError, match="needs the extra 'parquet'"):
        ParquetTable(tmp_path / "a.parquet", {})
    with pytest.raises(MissingExtraError, match="needs the extra 'parquet'"):
        list(read_parquet(tmp_path / "a.parquet"))
