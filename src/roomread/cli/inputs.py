"""Find the inputs of `roomread analyze` and the paths of their annotated copies."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from roomread.errors import MediaError, OutputError, without_credentials
from roomread.formats.annotated import copy_path
from roomread.media import (
    PICTURE_SUFFIXES,
    VIDEO_SUFFIXES,
    existing_name,
    is_file,
    is_folder,
    local_path,
    search_folder,
)


@dataclass(frozen=True, slots=True)
class Item:
    """One input, by its path, address or content, and the path of its annotated copy, if any."""

    spec: str | bytes
    annotated: Path | None

    @property
    def file(self) -> Path | None:
        """The path of the input if it is a file, else None."""
        if isinstance(self.spec, bytes):
            return None
        path = local_path(self.spec) or Path(self.spec)
        return path if is_file(path) else None


def find_inputs(inputs: Sequence[str], annotated: Path | None) -> tuple[list[Item], list[str]]:
    """List all inputs, with each folder replaced by the pictures and videos in it.

    Args:
        inputs: The paths, addresses and camera numbers; "-" is standard input, which is read here.
        annotated: The path for the annotated copy of a single input, or the folder for the copies
            of several inputs; None for no copies.

    Returns:
        The inputs, and a line of text for each folder from which files are left out.

    Raises:
        MediaError: An input is an empty string, or a folder has no picture or video.
        OutputError: Two inputs would have the same annotated copy.
    """
    found: list[tuple[str | bytes, Path | None]] = []
    left_out = []
    for typed in inputs:
        name = existing_name(typed)
        if name == "-":
            found.append((sys.stdin.buffer.read(), None))
        elif not name:
            raise MediaError(
                "an input is an empty string", hint="check for an empty shell variable"
            )
        elif is_folder(name):
            root = Path(name)
            media = search_folder(root)
            note = media.describe_left_out()
            if not media.files:
                raise MediaError(f"{name}: has no picture or video", hint=note)
            if note:
                left_out.append(f"roomread: {name}: {note}")
            found += [(str(path), root) for path in media.files]
        else:
            found.append((name, None))
    if annotated is None:
        return [Item(spec, None) for spec, _ in found], left_out
    several = len(found) > 1 or is_folder(annotated) or any(root for _, root in found)
    items = [
        Item(spec, _copy_for(spec, root, annotated) if several else annotated)
        for spec, root in found
    ]
    _check_copies(items)
    return items, left_out


def _check_copies(items: Sequence[Item]) -> None:
    """Refuse two inputs whose annotated copies would have the same path."""
    owners: dict[Path | None, str | bytes] = {}
    for item in items:
        if owners.setdefault(item.annotated, item.spec) != item.spec:
            problem = f"{item.annotated}: would be the annotated copy of two inputs"
            raise OutputError(problem, hint="annotate the inputs one by one")


def _copy_for(spec: str | bytes, root: Path | None, folder: Path) -> Path:
    if isinstance(spec, bytes):
        return folder / "stdin.png"
    path = copy_path(folder, Path(without_credentials(spec)), root)
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def check_output(output: Path, items: Sequence[Item]) -> None:
    """Check that an output is not one of the inputs, and does not look like a picture or video.

    Raises:
        OutputError: The output is an input or an annotated copy, or has the suffix of a picture or
            video.
    """
    if output.suffix.lower() in PICTURE_SUFFIXES | VIDEO_SUFFIXES:
        problem = f"{output}: readings cannot be written as a picture or video"
        raise OutputError(
            problem, hint=f"use --annotated {output} to draw them, or -o readings.csv to list them"
        )
    if any(item.file is not None and _same(output, item.file) for item in items):
        raise OutputError(f"{output}: is both an input and the output", hint="name another file")
    if any(item.annotated is not None and output == item.annotated for item in items):
        raise OutputError(
            f"{output}: is both the output and the annotated copy", hint="name another file"
        )


def _same(a: Path, b: Path) -> bool:
    return a.exists() and a.samefile(b)
