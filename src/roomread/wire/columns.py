"""Convert readings to rows of a table and back; the columns are the schema's fields."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from roomread.errors import WireError
from roomread.readings import Reading
from roomread.wire.codec import reading_from_dict, reading_to_dict
from roomread.wire.nodes import Constant, Dictionary, Integer, Node, Number, Record
from roomread.wire.schema import READING


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table of readings.

    Attributes:
        name: the names of the nested fields joined by underscores, such as `box_left`.
        kind: type of the values, which is `str`, `float`, `int`, or `dict` for JSON text.
        path: names of the nested fields in the schema, such as `("box", "left")`.
        description: the meaning of the values.
        nullable: whether a cell may be empty.
    """

    name: str
    kind: type
    path: tuple[str, ...]
    description: str
    nullable: bool


def _columns(node: Record, path: tuple[str, ...], *, nullable: bool) -> Iterator[Column]:
    for name, field in node.fields.items():
        here, empty = (*path, name), nullable or field.nullable
        if isinstance(field, Record):
            yield from _columns(field, here, nullable=empty)
            continue
        description = field.description or node.description
        yield Column("_".join(here), _kind(field), here, description, empty)


def _kind(node: Node) -> type:
    if isinstance(node, Dictionary):
        return dict
    if isinstance(node, Integer | Constant):
        return int
    return float if isinstance(node, Number) else str


COLUMNS: dict[str, Column] = {
    column.name: column for column in _columns(READING, (), nullable=False)
}


def state_column(name: str) -> str:
    """Return the name of the additional column for the percentile of a taught state."""
    return f"state_{name}"


def column_types(states: Sequence[str] = ()) -> dict[str, type]:
    """Return the type of each column by name: `str`, `float` or `int`.

    Args:
        states: names of taught states that get an additional column, for spreadsheets.
    """
    kinds = {column.name: column.kind for column in COLUMNS.values()}
    plain = {name: str if kind is dict else kind for name, kind in kinds.items()}
    return plain | {state_column(name): float for name in states}


def reading_to_row(reading: Reading, states: Sequence[str] = ()) -> dict[str, Any]:
    """Convert a reading to a row with all columns, in which unknown values are None.

    Args:
        reading: the reading to convert.
        states: names of taught states that get an additional column.
    """
    nested = reading_to_dict(reading)
    percentiles = {state.name: state.percentile for state in reading.states}
    return {column.name: _cell(_at(nested, column.path), column) for column in COLUMNS.values()} | {
        state_column(name): percentiles.get(name) for name in states
    }


def reading_from_row(row: Mapping[str, Any], *, path: str = "$") -> Reading:
    """Build a reading from a row, whose cells may be text as in CSV; an empty cell counts as None.

    Args:
        row: cells by column name; additional columns of states (`state_…`) are ignored.
        path: the position of the row, for error messages.

    Raises:
        WireError: a column is missing or unknown, or a cell is invalid.
    """
    for name in row:
        if name not in COLUMNS and not name.startswith("state_"):
            raise WireError(f"{path}.{name}", "is not a column of the schema")
    nested: dict[str, Any] = {}
    for column in COLUMNS.values():
        if column.name not in row:
            raise WireError(f"{path}.{column.name}", "is missing")
        at = f"{path}.{column.name}"
        _put(nested, column.path, _value(row[column.name], column, at))
    return reading_from_dict(_without_empty(nested), path=path)


def _at(value: Any, path: Sequence[str]) -> Any:
    for name in path:
        if value is None:
            return None
        value = value[name]
    return value


def _cell(value: Any, column: Column) -> Any:
    if column.kind is dict and value is not None:
        return json.dumps(value)
    return value


def _value(cell: Any, column: Column, path: str) -> Any:
    if cell is None or (cell == "" and (column.nullable or column.kind is not str)):
        return None
    if not isinstance(cell, str) or column.kind is str:
        return cell
    try:
        return json.loads(cell) if column.kind is dict else _number(cell, column.kind)
    except ValueError as error:
        kind = "JSON" if column.kind is dict else "a number"
        raise WireError(path, f"is not {kind}: '{cell}'") from error


def _number(text: str, kind: type) -> float:
    # Spreadsheets and pandas write 3 as 3.0 in a column with empty cells.
    return int(text) if kind is int and text.isdecimal() else float(text)


def _put(nested: dict[str, Any], path: Sequence[str], value: Any) -> None:
    for name in path[:-1]:
        nested = nested.setdefault(name, {})
    nested[path[-1]] = value


def _without_empty(nested: dict[str, Any]) -> dict[str, Any]:
    """Return a reading's values without the nested records whose fields are all None."""
    kept = {}
    for name, value in nested.items():
        field = READING.fields[name]
        if isinstance(field, Record):
            cells = list(_leaves(value))
            if all(cell is None for cell in cells):
                continue
        kept[name] = value
    return kept


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for each in value.values():
            yield from _leaves(each)
    else:
        yield value
