"""Encode and decode readings in the schema that all formats share.

The API, its client, sessions, and files in JSON, JSON lines, CSV and Parquet use the schema.
docs/schema.md describes every field, and `json_schema` returns the schema as JSON Schema. A reading
that is encoded and decoded equals the original.
"""

from roomread.wire.codec import (
    FrameReadings,
    frame_from_dict,
    frame_to_dict,
    reading_from_dict,
    reading_to_dict,
)
from roomread.wire.columns import (
    COLUMNS,
    Column,
    column_types,
    reading_from_row,
    reading_to_row,
    state_column,
)
from roomread.wire.data_columns import readings_to_columns
from roomread.wire.schema import FACE, FRAME, READING, WIRE_VERSION, json_schema

__all__ = [
    "COLUMNS",
    "FACE",
    "FRAME",
    "READING",
    "WIRE_VERSION",
    "Column",
    "FrameReadings",
    "column_types",
    "frame_from_dict",
    "frame_to_dict",
    "json_schema",
    "reading_from_dict",
    "reading_from_row",
    "reading_to_dict",
    "reading_to_row",
    "readings_to_columns",
    "state_column",
]
