"""Generate docs/reference from the code: pages on Python, command line, HTTP API and settings.

`make docs` runs this script. An argument names another folder for the pages.
"""

from __future__ import annotations

import importlib
import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import typer
from fastapi import FastAPI

from roomread.entry.main import app
from roomread.entry.service import PARTS, router
from roomread.settings.environment import Settings

FOLDER = Path(__file__).parents[1] / "docs" / "reference"
MODULES = ["roomread", "roomread.pipeline", "roomread.readings", "roomread.faces"]
MODULES += ["roomread.classifier", "roomread.tracking", "roomread.fewshot", "roomread.room"]
MODULES += ["roomread.media", "roomread.testing", "roomread.plugins", "roomread.errors"]
SECTION = re.compile(r"(Args|Attributes|Returns|Yields|Raises|Warns):")


def python_page() -> str:
    """Return the page on the public classes and functions of the package."""
    lines = ["# Python", ""]
    lines += ["Shapes, units and errors of every public class and function, from their docstrings."]
    seen: set[object] = set()
    for name in MODULES:
        module = importlib.import_module(name)
        members = [each for each in _public(module) if each not in seen]
        seen.update(members)
        lines += ["", f"## {name}", "", (inspect.getdoc(module) or "").splitlines()[0]]
        for member in members:
            lines += _described(member, name)
    return "\n".join(lines) + "\n"


def _public(module: ModuleType) -> list[Any]:
    names = getattr(module, "__all__", None) or [n for n in vars(module) if not n.startswith("_")]
    members = (getattr(module, name) for name in names)
    return [
        member
        for member in members
        if (inspect.isclass(member) or inspect.isfunction(member))
        and member.__module__.startswith("roomread")
        and (hasattr(module, "__all__") or member.__module__ == module.__name__)
    ]


def _described(member: Any, module: str) -> Iterator[str]:
    yield from ("", f"### {module}.{member.__name__}", "")
    yield from ("```python", _signature(member), "```", "", *_markdown(inspect.getdoc(member)))
    if not inspect.isclass(member):
        return
    for name, method in vars(member).items():
        function = method.__func__ if isinstance(method, classmethod | staticmethod) else method
        function = function.fget if isinstance(function, property) else function
        if name.startswith("_") or not inspect.isfunction(function) or not function.__doc__:
            continue
        shown = name if isinstance(method, property) else _signature(function)
        yield from ("", f"#### {member.__name__}.{name}", "")
        yield from ("```python", shown, "```", "", *_markdown(inspect.getdoc(function)))


def _signature(member: Any) -> str:
    try:
        signature = inspect.signature(member)
    except ValueError:
        return str(member.__name__)
    parameters = [
        each.replace(annotation=_plain(each.annotation)) for each in signature.parameters.values()
    ]
    returned = _plain(signature.return_annotation)
    text = str(signature.replace(parameters=parameters, return_annotation=returned))
    return re.sub(r" at 0x[0-9a-f]+", "", f"{member.__name__}{text}")


class _Text(str):
    """String whose `repr` has no quotes, for annotations in a signature."""

    __slots__ = ()
    __repr__ = str.__str__


def _plain(annotation: Any) -> Any:
    return _Text(annotation) if isinstance(annotation, str) else annotation


def _markdown(docstring: str | None) -> list[str]:
    """Convert a Google-style docstring to lines of Markdown."""
    lines: list[str] = []
    for line in (docstring or "").splitlines():
        heading = SECTION.fullmatch(line)
        if heading:
            lines += [f"**{heading[1]}**", ""]
        elif re.match(r"    \w[\w, .]*: ", line):
            name, _, rest = line.strip().partition(": ")
            lines.append(f"- `{name}`: {rest}")
        else:
            lines.append(line.strip() if line.startswith("    ") and lines else line)
    return [line.replace("<", "&lt;") for line in lines]


def cli_page() -> str:
    """Return the page on the commands and their options."""
    lines = ["# The command line", "", "What `--help` says of every command."]
    for name, command in _commands(typer.main.get_command(app), "roomread"):
        lines += ["", f"## {name}", "", _sentence(command.help)]
        rows = [_row(parameter) for parameter in command.params if parameter.name != "help"]
        if rows:
            lines += ["", "| option or argument | default | |", "|---|---|---|", *rows]
    return "\n".join(lines) + "\n"


def _commands(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    for key, below in sorted(getattr(command, "commands", {}).items()):
        if hasattr(below, "commands"):
            yield from _commands(below, f"{name} {key}")
        else:
            yield f"{name} {key}", below


def _row(parameter: Any) -> str:
    shown = ", ".join(f"`{each}`" for each in [*parameter.opts, *parameter.secondary_opts])
    default = parameter.default
    default = "" if default in (None, False, ()) or callable(default) else f"`{default}`"
    return f"| {shown} | {default} | {_cell(getattr(parameter, 'help', None))} |"


def http_page() -> str:
    """Return the page on the routes of the HTTP API."""
    api = FastAPI(title="Roomread")
    api.include_router(router)
    for part in PARTS:
        api.include_router(part.router)
    lines = ["# The HTTP API", ""]
    lines += ["The routes of `roomread serve`. The whole document, with every field, is at"]
    lines += ["`/api/v1/openapi.json` of a running service; [how to use it](../api.md)."]
    for path, methods in sorted(api.openapi()["paths"].items()):
        for method, route in methods.items():
            lines += ["", f"## {method.upper()} {path}", "", _sentence(route.get("summary"))]
            if route.get("description"):
                lines += ["", *_markdown(inspect.cleandoc(route["description"]))]
            rows = [
                f"| `{each['name']}` | {each['in']} | {_cell(each.get('description'))} |"
                for each in route.get("parameters", [])
            ]
            if rows:
                lines += ["", "| parameter | in | |", "|---|---|---|", *rows]
            answers = ", ".join(f"`{status}`" for status in route["responses"])
            lines += ["", f"Answers: {answers}"]
    return "\n".join(lines) + "\n"


def settings_page() -> str:
    """Return the page on the operator's settings."""
    lines = ["# Settings", ""]
    lines += ["Each is a variable `ROOMREAD_NAME`, or a key of `roomread.toml` in the data folder;"]
    lines += ["a variable takes precedence.", "", "| setting | default | |", "|---|---|---|"]
    described = dict(_attributes(inspect.getdoc(Settings) or ""))
    for name, field in Settings.model_fields.items():
        value = field.get_default(call_default_factory=True, validated_data={})
        default = getattr(value, "value", value)
        empty = default is None or default in ("", [], {}) or "Secret" in type(value).__name__
        shown = "" if empty else f"`{default}`"
        lines.append(f"| `{name}` | {shown} | {_cell(described[name])} |")
    return "\n".join(lines) + "\n"


def _attributes(docstring: str) -> Iterator[tuple[str, str]]:
    part = docstring.partition("Attributes:\n")[2]
    for entry in re.split(r"\n(?=    \w)", part):
        name, _, text = entry.strip().partition(": ")
        yield name, " ".join(text.split())


def _sentence(text: str | None) -> str:
    return " ".join((text or "").split())


def _cell(text: str | None) -> str:
    return _sentence(text).replace("|", "\\|").replace("<", "&lt;")


PAGES = {
    "python.md": python_page,
    "cli.md": cli_page,
    "http.md": http_page,
    "settings.md": settings_page,
}


def main(folder: Path) -> None:
    """Write the pages into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in PAGES.items():
        (folder / name).write_text(make(), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
