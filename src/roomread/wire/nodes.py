"""Describe JSON values by nodes that check them and generate JSON Schema and documentation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from roomread.errors import WireError


class Node(Protocol):
    """The description of one JSON value."""

    @property
    def nullable(self) -> bool:
        """Whether null is allowed."""

    @property
    def description(self) -> str:
        """The meaning of the value, as a sentence without a full stop."""

    def check(self, value: Any, path: str) -> None:
        """Check a value that is not null.

        Args:
            value: the value as `json.loads` returns it.
            path: the position of the value, as a JSONPath such as `$.faces[2].box`.

        Raises:
            WireError: the value does not conform to the description.
        """

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema (draft 2020-12) of a value that is not null."""


@dataclass(frozen=True, slots=True)
class Number:
    """A finite number from `minimum` to `maximum`, inclusive."""

    description: str
    minimum: float
    maximum: float
    nullable: bool = False

    def check(self, value: Any, path: str) -> None:
        """Check that the value is a finite number in the range."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise WireError(path, f"must be a number, not {_kind(value)}")
        _check_range(value, self.minimum, self.maximum, path)

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of a number."""
        return {"type": "number", "minimum": self.minimum, "maximum": self.maximum}


@dataclass(frozen=True, slots=True)
class Integer:
    """A whole number from `minimum` to `maximum`, inclusive."""

    description: str
    minimum: float
    maximum: float
    nullable: bool = False

    def check(self, value: Any, path: str) -> None:
        """Check that the value is a whole number in the range; 3.0 is valid, as in JSON Schema."""
        whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
        if isinstance(value, bool) or not whole:
            raise WireError(path, f"must be a whole number, not {_kind(value)}")
        _check_range(value, self.minimum, self.maximum, path)

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of a whole number."""
        return {"type": "integer", "minimum": self.minimum, "maximum": self.maximum}


@dataclass(frozen=True, slots=True)
class Constant:
    """A number that can have only one value."""

    value: int
    description: str = ""
    nullable: bool = False

    def check(self, value: Any, path: str) -> None:
        """Check that the value is the constant."""
        if isinstance(value, bool) or value != self.value:
            raise WireError(path, f"must be {self.value}")

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the constant."""
        return {"type": "integer", "const": self.value}


@dataclass(frozen=True, slots=True)
class Text:
    """A string of `shortest` to `longest` characters."""

    description: str = ""
    shortest: int = 0
    longest: int = 1000
    nullable: bool = False

    def check(self, value: Any, path: str) -> None:
        """Check that the value is a string of an allowed length."""
        if not isinstance(value, str):
            raise WireError(path, f"must be a string, not {_kind(value)}")
        if not self.shortest <= len(value) <= self.longest:
            problem = f"must have {self.shortest} to {self.longest} characters, not {len(value)}"
            raise WireError(path, problem)
        _check_encodable(value, path)

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of a string."""
        return {"type": "string", "minLength": self.shortest, "maxLength": self.longest}


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several strings."""

    options: tuple[str, ...]
    description: str = ""
    nullable: bool = False

    def check(self, value: Any, path: str) -> None:
        """Check that the value is one of the options."""
        if not isinstance(value, str) or value not in self.options:
            raise WireError(path, f"must be one of: {', '.join(self.options)}")

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the options."""
        return {"enum": list(self.options)}


@dataclass(frozen=True, slots=True)
class Flag:
    """A boolean."""

    description: str = ""
    nullable: bool = False

    def check(self, value: Any, path: str) -> None:
        """Check that the value is true or false."""
        if not isinstance(value, bool):
            raise WireError(path, f"must be true or false, not {_kind(value)}")

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of a boolean."""
        return {"type": "boolean"}


@dataclass(frozen=True, slots=True)
class Record:
    """An object with named fields; unknown fields are rejected.

    Attributes:
        title: name of the kind of object.
        fields: descriptions of the fields by name, in the order in which they are written.
        required: names of the required fields; other missing fields count as null.
        rules: checks of the whole object, called with the object and its path.
        more: additional keywords of the JSON Schema, which express rules.
    """

    title: str
    fields: Mapping[str, Node]
    description: str = ""
    required: Sequence[str] = ()
    rules: Sequence[Callable[[dict[str, Any], str], None]] = ()
    more: Mapping[str, Any] = field(default_factory=dict)
    nullable: bool = False

    def check(self, value: Any, path: str) -> None:
        """Check the fields of the object, and then its rules."""
        if not isinstance(value, dict):
            raise WireError(path, f"must be an object, not {_kind(value)}")
        for name in value:
            if name not in self.fields:
                raise WireError(_under(path, name), f"is not a field of a {self.title.lower()}")
        for name, node in self.fields.items():
            at = f"{path}.{name}"
            if name in value and (value[name] is not None or not node.nullable):
                node.check(value[name], at)
            elif name not in value and name in self.required:
                raise WireError(at, "is missing")
        for rule in self.rules:
            rule(value, path)

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the object."""
        fields = {name: nullable_schema(node) for name, node in self.fields.items()}
        required = {"required": list(self.required)} if self.required else {}
        shape = {"type": "object", "properties": fields, "additionalProperties": False}
        return {"title": self.title} | shape | required | dict(self.more)


@dataclass(frozen=True, slots=True)
class Array:
    """A list of at most `longest` values, all with the same description, `item`.

    Attributes:
        rules: checks of the whole list, called with the list and its path.
    """

    item: Node
    description: str = ""
    longest: int = 10_000
    rules: Sequence[Callable[[list[Any], str], None]] = ()
    nullable: bool = False

    def check(self, value: Any, path: str) -> None:
        """Check the length of the list, each of its values, and then its rules."""
        if not isinstance(value, list):
            raise WireError(path, f"must be a list, not {_kind(value)}")
        if len(value) > self.longest:
            raise WireError(path, f"must have at most {self.longest} items, not {len(value)}")
        for index, item in enumerate(value):
            self.item.check(item, f"{path}[{index}]")
        for rule in self.rules:
            rule(value, path)

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the list."""
        return {"type": "array", "items": self.item.schema(), "maxItems": self.longest}


@dataclass(frozen=True, slots=True)
class Dictionary:
    """An object with any field names, whose values all have the same description, `item`."""

    item: Node
    description: str = ""
    longest: int = 100
    nullable: bool = False

    def check(self, value: Any, path: str) -> None:
        """Check the number of entries and each value."""
        if not isinstance(value, dict):
            raise WireError(path, f"must be an object, not {_kind(value)}")
        if len(value) > self.longest:
            raise WireError(path, f"must have at most {self.longest} entries, not {len(value)}")
        for name, item in value.items():
            if not name:
                raise WireError(path, "has an entry without a name")
            _check_encodable(name, path)
            self.item.check(item, _under(path, name))

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the object."""
        return {
            "type": "object",
            "additionalProperties": self.item.schema(),
            "propertyNames": {"minLength": 1},
            "maxProperties": self.longest,
        }


def nullable_schema(node: Node) -> dict[str, Any]:
    """Return the JSON Schema of a value with its description and, if allowed, null."""
    schema = node.schema()
    if node.nullable:
        schema = {"anyOf": [schema, {"type": "null"}]}
    return schema | ({"description": node.description} if node.description else {})


def _check_range(value: float, minimum: float, maximum: float, path: str) -> None:
    # The comparison is also false for NaN.
    if not minimum <= value <= maximum:
        problem = f"must be from {minimum:g} to {maximum:g}, not {str(value)[:20]}"
        raise WireError(path, problem)


def _check_encodable(text: str, path: str) -> None:
    """Refuse unpaired surrogates, which JSON can escape but UTF-8 cannot encode."""
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        raise WireError(path, "has a character that is not valid Unicode")


def _under(path: str, name: str) -> str:
    """Return the path of an entry, whose name is shortened and made encodable."""
    shown = name[:50].encode("utf-8", "replace").decode("utf-8")
    return f"{path}.{shown}"


def _kind(value: Any) -> str:
    kinds = {dict: "an object", list: "a list", str: "a string", bool: "true or false"}
    return "null" if value is None else kinds.get(type(value), "a number")
