"""Generate docs/schema.md and docs/schema.json, with `python -m roomread.wire.document`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from roomread.wire.codec import frame_to_dict
from roomread.wire.columns import COLUMNS
from roomread.wire.example import example_frame
from roomread.wire.nodes import (
    Array,
    Choice,
    Constant,
    Dictionary,
    Flag,
    Integer,
    Node,
    Number,
    Record,
    Text,
)
from roomread.wire.schema import FACE, FRAME, WIRE_VERSION, json_schema

_INTRODUCTION = f"""# The schema of readings

Readings have one form wherever they leave or enter Roomread: `roomread analyze` in JSON, JSON
lines, CSV and Parquet, [the API](api.md), its WebSocket and its client, and exports of
[sessions](sessions.md). This is version {WIRE_VERSION}. It changes whenever a field does, and files
and messages of another version are refused.

A field that is not known is null in JSON, and an empty cell in a table. Other fields are refused,
as are numbers outside their range. [schema.json](schema.json) is this schema as JSON Schema (draft
2020-12), which `GET /api/v1/schema` returns too.
"""

_FRAME = """
## A frame

Each frame is one object: an element of the array in JSON, a line in JSON lines, and a message to
`/api/v1/sessions/{id}/readings`. Only `schema_version`, `time` and `faces` are required; a field
that is left out counts as null.
"""

_FACE = """
## A face

`box` and either `scores` or `unreadable` are required, and in a face that is sent to a session also
`track_id`. A *reading* in Python is a face with its frame's `source`, `time` and
`frame_index`.
"""

_COLUMNS = """
## Columns of tables

CSV and Parquet have a row for each face, and always all of these columns: the fields above, with
nested names joined by an underscore. `states` and `action_units` contain JSON. For spreadsheets,
each taught state also has a column with its percentile, named `state_` and the state's name.
"""

_MOODS = """
The export of a session without `--people` has a row for each mood of the room instead, about one a
second: `time`, `present`, `readable`, `coverage`, `valence`, `valence_low`, `valence_high`,
`baseline`, `trend`, `scores_angry` to `scores_neutral`, `states`, which holds the share of the
readable people who show each taught state, as JSON, and `looking_away`, the share of the people
present whose head is turned away. [The room's figures](metrics.md) explains them. Those of fewer
than five readable people are empty.

In the session of a room that students joined, each row also has these counts: `people`, the
students who had joined; `taps`, those of them who pressed a button within the last ten minutes;
`reports_ok`, `reports_lost`, `reports_slower` and `reports_faster`, those whose last press within
two minutes was of that button; and `lost_presses`, the presses of "I am lost" since the row before.
Counts of fewer than five people are empty.
"""

_LOSSLESS = """
## What each format preserves

| format | fields that are equal after writing and reading |
|---|---|
| JSON, JSON lines | every field |
| CSV, Parquet | every field |
| a session that keeps people | the expression, confidence, threshold, scores, seat and why the \
face is unreadable; the time to the millisecond, the box to 0.01 px, the pose to 0.1° and how far \
the eyes are closed (`AU45`) to 0.001. Other fields are not kept |

Scores and landmarks are 32-bit floating-point numbers, written as the shortest decimals that are
read as the same number. Roomread rounds boxes to two decimals, and detection confidence and quality
to four.
"""


def markdown() -> str:
    """Return the content of docs/schema.md."""
    parts = [_INTRODUCTION, _FRAME, _table(FRAME), _example(), _FACE, _table(FACE)]
    return "".join([*parts, _COLUMNS, _column_table(), _MOODS, _LOSSLESS])


def _table(record: Record) -> str:
    rows = [f"| `{name}` | {kind} | {text} |" for name, kind, text in _rows(record, "")]
    return "\n".join(["\n| field | type | meaning |", "|---|---|---|", *rows]) + "\n"


def _rows(record: Record, prefix: str) -> Iterator[tuple[str, str, str]]:
    for name, node in record.fields.items():
        path = f"{prefix}{name}"
        yield path, _kind(node) + (" or null" if node.nullable else ""), node.description
        if isinstance(node, Record):
            yield from _nested(node, path)
        elif isinstance(node, Dictionary) and isinstance(node.item, Record):
            yield from _rows(node.item, f"{path}.….")


def _nested(node: Record, path: str) -> Iterator[tuple[str, str, str]]:
    """Yield a table row for each field of a record, or one row if all descriptions are equal."""
    fields = list(node.fields.values())
    if len({(_kind(each), each.description) for each in fields}) > 1:
        yield from _rows(node, f"{path}.")
        return
    names = ", ".join(f"`.{name}`" for name in node.fields)
    first = fields[0]
    inner = ", ".join(f"`.{name}`" for name in first.fields) if isinstance(first, Record) else ""
    text = f"{names}, each with {inner}" if inner else names
    yield f"{path}.…", _kind(first), text + (f": {first.description}" if first.description else "")


def _kind(node: Node) -> str:
    if isinstance(node, Number):
        return f"number, {_bound(node.minimum)} to {_bound(node.maximum)}"
    if isinstance(node, Integer):
        return f"whole number, {_bound(node.minimum)} to {_bound(node.maximum)}"
    if isinstance(node, Constant):
        return f"{node.value}"
    if isinstance(node, Choice):
        return "one of " + ", ".join(f"`{option}`" for option in node.options)
    names = {Text: "string", Flag: "true or false", Array: "list", Dictionary: "object by name"}
    return names.get(type(node), "object")


def _bound(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:g}"


def _column_table() -> str:
    groups: dict[str, list[str]] = {}
    for column in COLUMNS.values():
        groups.setdefault(column.path[0], []).append(f"`{column.name}`")
    rows = [f"| `{field}` | {', '.join(names)} |" for field, names in groups.items()]
    return "\n".join(["\n| field | columns |", "|---|---|", *rows]) + "\n"


def _example() -> str:
    text = json.dumps(frame_to_dict(example_frame()), indent=2, ensure_ascii=False)
    return f"\n```json\n{text}\n```\n"


def json_text() -> str:
    """Return the content of docs/schema.json."""
    return json.dumps(json_schema(), indent=1) + "\n"


if __name__ == "__main__":
    for ending, text in (("md", markdown()), ("json", json_text())):
        Path("docs", f"schema.{ending}").write_text(text, encoding="utf-8")
