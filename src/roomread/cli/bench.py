"""`roomread bench`: measure the speed of this machine, stage by stage."""

from __future__ import annotations

import json
import os
import platform
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich import box as borders
from rich.table import Table

from roomread._version import __version__
from roomread.cli.printing import print_table, show_status
from roomread.errors import DataError, OutputError, RoomreadError

if TYPE_CHECKING:
    from roomread.bench.measure import Measured
    from roomread.bench.parts import Parts

# The value of --scene that measures the nets without a scene.
_PARTS = "parts"


def command(
    *,
    scene: Annotated[
        list[str] | None,
        typer.Option(
            help="webcam, webcam-720p, call-25, call-49, room, or parts (the nets by themselves); "
            "all if left out."
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write the figures as JSON.")
    ] = None,
    against: Annotated[
        Path | None, typer.Option(help="The --output of an earlier run, to compare with.")
    ] = None,
) -> None:
    """Measure the speed of this machine on five recordings made from two portraits."""
    try:
        from roomread.bench.measure import SCENES, measure  # noqa: PLC0415
        from roomread.bench.parts import parts  # noqa: PLC0415
    except ImportError as error:
        raise RoomreadError(
            f"the benchmark needs a package that is not installed: {error.name}",
            hint="pip install 'roomread[bench]'",
        ) from error
    known = [_PARTS, *SCENES]
    wanted = scene or known
    for name in wanted:
        if name not in known:
            raise DataError(f"there is no scene '{name}'", hint=f"choose one of {', '.join(known)}")
    before = _earlier(against) if against is not None else {}
    results, alone = [], None
    if _PARTS in wanted:
        with show_status("the nets alone"):
            alone = parts()
        print_table(_parts_table(alone))
    for name in wanted:
        if name == _PARTS:
            continue
        with show_status(f"reading {SCENES[name].title}"):
            result = measure(name)
        results.append(result)
        print_table(_table(result, SCENES[name].title, before.get(name)))
    if output is not None:
        _write(output, results, alone)


def _parts_table(alone: Parts) -> Table:
    table = Table(
        title="the nets alone", title_justify="left", box=borders.SIMPLE_HEAD, show_header=False
    )
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    for size, milliseconds in alone.detector.items():
        table.add_row(f"search a picture of {size}", f"{milliseconds:.1f} ms")
    for count, milliseconds in alone.net.items():
        table.add_row(f"read {count} at once, a face, one thread", f"{milliseconds:.2f} ms")
    table.add_row("a matrix product, one thread", f"{alone.product:.0f} billion multiply-adds/s")
    return table


def _table(result: Measured, title: str, before: dict[str, Any] | None) -> Table:
    table = Table(title=title, title_justify="left", box=borders.SIMPLE_HEAD, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    for stage, milliseconds in result.stages.items():
        table.add_row(stage, f"{milliseconds:.2f} ms")
    table.add_row("together, a frame", f"{result.frame_ms:.2f} ms")
    table.add_section()
    ratio = result.whole_ms / (1000 / result.rate)
    rows = {
        "frames a second": f"{result.rate:.1f}",
        "against searching every frame whole": f"{ratio:.2f} times as fast",
        "processor time of a frame": f"{result.processor_ms:.1f} ms",
        "most memory": f"{result.memory_mb:.0f} MB",
        "only where asked for": ", ".join(
            f"{name} {milliseconds:.1f} ms" for name, milliseconds in result.extras.items()
        ),
    }
    same = result.agreement
    rows |= {
        "faces found, of a whole search": f"{same.found:.1%}, {same.extra:.2f} others a frame",
        "same label": f"{same.labels:.1%}",
        "scores apart": f"{same.apart:.3f}",
        "boxes overlap": f"{same.overlap:.2f}",
    }
    if before is not None:
        rows["against the earlier figures"] = f"{result.rate / before['rate']:.2f} times as fast"
    for name, text in rows.items():
        table.add_row(name, text)
    return table


def _earlier(path: Path) -> dict[str, dict[str, Any]]:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        return {each["scene"]: each for each in values["scenes"] if each["rate"] > 0}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(
            f"{path}: cannot be read as results of `roomread bench --output`: {error}",
            hint="name a file that this command wrote",
        ) from error


def _write(path: Path, results: list[Measured], alone: Parts | None) -> None:
    values = {
        "roomread": __version__,
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} processors",
        "parts": alone.to_dict() if alone is not None else None,
        "scenes": [result.to_dict() for result in results],
    }
    try:
        path.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise OutputError(
            f"{path}: cannot be written: {error.strerror or error}",
            hint="name a file in a folder that exists and that you may write to",
        ) from error
