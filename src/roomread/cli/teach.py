"""`roomread teach`: a person or a new state from a handful of pictures."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.console import Console
from typer.core import TyperCommand

from roomread.classifier import ExpressionClassifier, open_model
from roomread.cli.profiles import profile_store
from roomread.errors import ProfileError
from roomread.fewshot import Consent, Profile, evaluate
from roomread.fewshot.profile import check_against, check_name
from roomread.pipeline.analyzer import Analyzer
from roomread.readings import Expression

_EXPRESSION_OPTIONS = {f"--{e.display_name}" for e in Expression}
_Pictures = list[str] | None


class TeachCommand(TyperCommand):
    """Takes several pictures after one option: `--neutral n1.jpg n2.jpg`."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        """Repeats such an option before each of its pictures."""
        return super().parse_args(ctx, repeat_options(args))


def repeat_options(args: Sequence[str]) -> list[str]:
    """`--neutral a b` as `--neutral a --neutral b`."""
    repeated: list[str] = []
    option, filled = "", False
    for arg in args:
        if arg.startswith("-") and len(arg) > 1:
            option, filled = (arg if arg in _EXPRESSION_OPTIONS else ""), False
        elif option and filled:
            repeated.append(option)
        filled = not arg.startswith("-")
        repeated.append(arg)
    return repeated


def command(  # noqa: PLR0913 (each is an option of the command)
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="NAME | PICTURES", help="The person's name; a state's pictures."),
    ] = None,
    *,
    angry: Annotated[_Pictures, typer.Option(help="Pictures of the person's angry face.")] = None,
    disgust: Annotated[_Pictures, typer.Option(help="Likewise.")] = None,
    fear: Annotated[_Pictures, typer.Option(help="Likewise.")] = None,
    happy: Annotated[_Pictures, typer.Option(help="Likewise.")] = None,
    sad: Annotated[_Pictures, typer.Option(help="Likewise.")] = None,
    surprise: Annotated[_Pictures, typer.Option(help="Likewise.")] = None,
    neutral: Annotated[_Pictures, typer.Option(help="Likewise; these alone are enough.")] = None,
    state: Annotated[str | None, typer.Option(help="Teach a new state of this name.")] = None,
    person: Annotated[
        str | None, typer.Option(help="Whose face a state's pictures are; for everybody if left.")
    ] = None,
    consent: Annotated[
        str | None, typer.Option(help="Who agreed and how; asked for if left out.")
    ] = None,
    model: Annotated[str, typer.Option(help="A bundled model's name, or a file.")] = "compact",
    replace: Annotated[bool, typer.Option("--replace", help="Overwrite one of its name.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Keep it even if it does not help.")] = (
        False
    ),
) -> None:
    """Teach a person's face or a new state from a few pictures.

    roomread teach asha --neutral n1.jpg n2.jpg --happy h1.jpg

    roomread teach --state confused c1.jpg c2.jpg c3.jpg
    """
    groups = (angry, disgust, fear, happy, sad, surprise, neutral)
    shown = {e: list(g) for e, g in zip(Expression, groups, strict=True) if g}
    name = _subject(words or [], state, person, shown)
    store = profile_store()
    if store.path(name).exists() and not replace:
        raise ProfileError(f"there is a profile '{name}' already", hint="--replace overwrites it")
    whose = person if state is not None else name
    agreed = _consent(whose, consent) if whose is not None else None
    opened = open_model(model)
    console = Console()
    with Console(stderr=True).status("looking at the pictures"):
        analyzer = Analyzer(classifier=ExpressionClassifier(opened))
        profile = Profile.from_references(
            name,
            shown if state is None else words or [],
            analyzer=analyzer,
            person=person,
            consent=agreed,
        )
        check_against(profile, store.readable(), opened)
        trial = evaluate(profile, opened)
    if trial.helps is False and not force:
        raise ProfileError(
            f"'{name}' does not help and was not kept: {trial}",
            hint="add clearer or more pictures, or --force it",
        )
    path = store.keep(profile, replace=replace)
    console.print(f"{name}: {trial}", highlight=False, soft_wrap=True)
    console.print(f"kept in {path}", highlight=False, soft_wrap=True)
    console.print(f"use it: roomread analyze INPUT --profiles {name}", highlight=False)


def _subject(
    words: list[str],
    state: str | None,
    person: str | None,
    shown: dict[Expression, list[str]],
) -> str:
    """The name of what is taught, from what was typed.

    Raises:
        ProfileError: it does not go together.
    """
    if state is not None:
        if shown:
            raise ProfileError(
                "a state and expressions are taught apart", hint="leave --state or the others out"
            )
        if not words:
            raise ProfileError(f"no picture of '{state}'", hint="name them after it")
        if person is not None:
            check_name(person)
        return state
    if person is not None:
        raise ProfileError("--person goes with --state", hint="teach NAME --neutral PICTURES")
    if not shown:
        raise ProfileError("nothing to learn from", hint="teach NAME --neutral PICTURES")
    if len(words) != 1:
        said = " ".join(words) or "no name"
        raise ProfileError(f"{said}: not one name", hint="the name comes first: teach asha ...")
    return words[0]


def _consent(person: str, given: str | None) -> Consent:
    """The consent as given, or as answered now.

    Raises:
        ProfileError: there is none.
    """
    if given is None:
        if not sys.stdin.isatty():
            raise ProfileError(
                f"no consent of {person} is recorded", hint="--consent 'who agreed, and how'"
            )
        if not typer.confirm(f"Does {person} agree that vectors of their face are kept here?"):
            raise ProfileError(f"{person} does not agree: nothing was kept")
        given = f"{person} agreed, as whoever taught it says"
    return Consent.today(given)
