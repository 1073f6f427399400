"""`roomread session clips`: write clips of notable moments of a session."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from roomread.cli.options import DeviceName, MinFace, ModelName, NetOptions, parse_seconds
from roomread.cli.printing import print_line
from roomread.cli.status import EXIT_SOME_FAILED
from roomread.cli.stores import SessionId, find_session, own_sessions
from roomread.formats.clip import ClipLook
from roomread.media import HideMethod, make_folder
from roomread.room import clock
from roomread.runtime import Device


class Around(StrEnum):
    """The kind of moment that a clip shows."""

    FALLS = "falls"
    CHANGES = "changes"
    MARKS = "marks"


def command(  # noqa: PLR0913 (each is an option of the command)
    session_id: SessionId,
    video: Annotated[Path, typer.Argument(help="The video of the session.")],
    *,
    output: Annotated[Path, typer.Option("-o", "--output", help="The folder of the clips.")] = Path(
        "clips"
    ),
    around: Annotated[
        Around,
        typer.Option(help="The hardest falls of the valence, all lasting changes, or the marks."),
    ] = Around.FALLS,
    length: Annotated[str, typer.Option(help="The length of each clip.")] = "30s",
    before: Annotated[str, typer.Option(help="How long a clip begins before its moment.")] = "10s",
    most: Annotated[int, typer.Option(min=1, help="Maximum number of clips.")] = 10,
    offset: Annotated[
        float,
        typer.Option(
            help="The time of the session at which the video begins, in seconds; negative if the "
            "video began before."
        ),
    ] = 0.0,
    blur: Annotated[HideMethod, typer.Option(help="How faces are hidden.")] = HideMethod.PIXELATE,
    show_faces: Annotated[bool, typer.Option("--show-faces", help="Do not hide faces.")] = False,
    labels: Annotated[
        bool,
        typer.Option(
            "--labels", help="Draw boxes and expressions; only for sessions that store people."
        ),
    ] = False,
    min_face: MinFace = None,
    model: ModelName = "compact",
    device: DeviceName = Device.CPU,
) -> None:
    """Write video clips of the notable moments of a session.

    These are the hardest falls of the valence, its lasting changes, or the marks. Faces are hidden
    by default.
    """
    with own_sessions() as store:
        from roomread.services.clips import (  # noqa: PLC0415
            ClipRequest,
            ClipsAround,
            SessionVideo,
            check_look,
            plan_clips,
            write_clips,
        )

        session = find_session(store, session_id)
        look = ClipLook(None if show_faces else blur, labels)
        check_look(store, session.id, look)
        request = ClipRequest(
            ClipsAround(around.value), parse_seconds(length), parse_seconds(before), most
        )
        plans = plan_clips(store, session.id, request)
    analyzer = NetOptions(model, device, min_face).make_analyzer()
    make_folder(output)
    failed = False
    clips = write_clips(plans, SessionVideo(video, offset), output, analyzer=analyzer, look=look)
    for plan, (path, problem) in zip(plans, clips, strict=True):
        print_line(f"wrote {path}: {plan.label} at {clock(plan.moment)}")
        if problem is not None:
            failed = True
            print_line(f"roomread: {problem}", err=True)
    if failed:
        raise typer.Exit(EXIT_SOME_FAILED)
