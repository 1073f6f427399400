"""`roomread teach`: teach a person's face or a new state from a few pictures."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Sequence
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray
from typer.core import TyperCommand

from roomread.classifier import ExpressionClassifier, open_model
from roomread.cli.printing import print_line, show_status
from roomread.cli.profiles import option_hints, profile_store, teaching_service
from roomread.errors import ProfileError
from roomread.media import read_image
from roomread.pipeline import Analyzer
from roomread.readings import Expression
from roomread.services.teaching_request import ReferencePicture, TeachingRequest

_EXPRESSION_OPTIONS = {f"--{e.display_name}" for e in Expression}
_Pictures = list[str] | None


class TeachCommand(TyperCommand):
    """A command that accepts several values after one option: `--neutral n1.jpg n2.jpg`."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        """Rewrite the arguments with `repeat_options` before parsing them."""
        return super().parse_args(ctx, repeat_options(args))


def repeat_options(args: Sequence[str]) -> list[str]:
    """Rewrite `--neutral a b` as `--neutral a --neutral b`, which click understands."""
    repeated: list[str] = []
    option, filled = "", False
    for arg in args:
        is_option = arg.startswith("-") and len(arg) > 1
        if is_option:
            option = arg if arg in _EXPRESSION_OPTIONS else ""
        elif option and filled:
            repeated.append(option)
        filled = not is_option
        repeated.append(arg)
    return repeated


def command(  # noqa: PLR0913 (each is an option of the command)
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NAME | PICTURES", help="A person's name, or with --state the state's pictures."
        ),
    ] = None,
    *,
    angry: Annotated[_Pictures, typer.Option(help="Pictures of the person's angry face.")] = None,
    disgust: Annotated[_Pictures, typer.Option(help="Pictures of the disgusted face.")] = None,
    fear: Annotated[_Pictures, typer.Option(help="Pictures of the fearful face.")] = None,
    happy: Annotated[_Pictures, typer.Option(help="Pictures of the happy face.")] = None,
    sad: Annotated[_Pictures, typer.Option(help="Pictures of the sad face.")] = None,
    surprise: Annotated[_Pictures, typer.Option(help="Pictures of the surprised face.")] = None,
    neutral: Annotated[
        _Pictures, typer.Option(help="Pictures of the resting face; these alone suffice.")
    ] = None,
    state: Annotated[str | None, typer.Option(help="Teach a new state of this name.")] = None,
    person: Annotated[
        str | None,
        typer.Option(
            help="The person whose face shows the state; by default it applies to everybody."
        ),
    ] = None,
    consent: Annotated[
        str | None, typer.Option(help="Who agreed, and how; you are asked if it is left out.")
    ] = None,
    model: Annotated[str, typer.Option(help="A bundled model, or a model file.")] = "compact",
    replace: Annotated[bool, typer.Option("--replace", help="Overwrite this profile.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Save the profile even if it does not help.")
    ] = False,
) -> None:
    """Teach a person's face or a new state from a few pictures.

    roomread teach asha --neutral n1.jpg n2.jpg --happy h1.jpg

    roomread teach --state confused c1.jpg c2.jpg c3.jpg
    """
    groups = (angry, disgust, fear, happy, sad, surprise, neutral)
    shown = {e: list(g) for e, g in zip(Expression, groups, strict=True) if g}
    request = _request(words or [], state, person, shown)
    service = teaching_service()
    with option_hints():
        service.check_place(request.name, replace=replace)
        request = dataclasses.replace(request, consent=_consent(request, consent))
        request.check()
        opened = open_model(model)
        with show_status("looking at the pictures"):
            analyzer = Analyzer(classifier=ExpressionClassifier(opened))
            taught = service.teach(request, analyzer, decode=_decode)
        service.keep(taught, replace=replace, force=force)
    name = request.name
    print_line(f"{name}: {taught.result}")
    print_line(f"kept in {profile_store().path(name)}")
    print_line(f"use it: roomread analyze INPUT --profiles {name}")


def _request(
    words: list[str],
    state: str | None,
    person: str | None,
    shown: dict[Expression, list[str]],
) -> TeachingRequest[str]:
    """Build the teaching request from the arguments.

    Raises:
        ProfileError: the arguments contradict each other.
    """
    pictures = [ReferencePicture(p, p, e) for e, paths in shown.items() for p in paths]
    if state is not None:
        pictures += [ReferencePicture(word, word) for word in words]
        return TeachingRequest(state, tuple(pictures), person)
    if person is not None:
        raise ProfileError(
            "--person can only be used with --state",
            hint="to teach a person's face, run `roomread teach NAME --neutral PICTURES`",
        )
    if not pictures:
        raise ProfileError(
            "there are no pictures to learn from",
            hint="run `roomread teach NAME --neutral PICTURES`",
        )
    if len(words) != 1:
        typed = " ".join(words) or "no name"
        raise ProfileError(
            f"expected one name, got {typed}",
            hint="run `roomread teach NAME --neutral PICTURES`",
        )
    return TeachingRequest(words[0], tuple(pictures))


def _decode(path: str, name: str) -> NDArray[np.uint8]:
    return read_image(path, name=name)


def _consent(request: TeachingRequest[str], given: str | None) -> str:
    """Return the consent given on the command line, or ask for it.

    Raises:
        ProfileError: the person does not agree.
    """
    person = request.face_of
    if given is not None or person is None or not sys.stdin.isatty():
        return given or ""
    if not typer.confirm(f"Does {person} agree that vectors of their face are kept here?"):
        raise ProfileError(f"{person} does not consent: nothing was saved")
    return f"{person} agreed, according to the person who taught the profile"
