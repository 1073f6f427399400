"""The part of the client that is about what was taught."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from roomread.client import answers
from roomread.client.answers import LeaveOneOutResult, Taught
from roomread.client.connection import Connection, Picture, as_file
from roomread.readings import Expression


class Profiles:
    """The asker's own profiles; an attribute of `Client`.

    Args:
        connection: to the service.
    """

    def __init__(self, connection: Connection) -> None:
        self._ask = connection.ask

    def teach(
        self,
        name: str,
        pictures: Mapping[Expression, Sequence[Picture]],
        *,
        consent: str,
        replace: bool = False,
        force: bool = False,
    ) -> LeaveOneOutResult:
        """Teaches a person's face.

        Args:
            name: lower case.
            pictures: of one face each, by what they show; neutral ones alone are enough.
            consent: who agreed, and how.
            replace: overwrite one of this name.
            force: keep it even if it does not help.

        Raises:
            ServiceError: it cannot be taught, or does not help; so do all methods when they fail.
        """
        files = [
            (expression.display_name, as_file(picture))
            for expression, each in pictures.items()
            for picture in each
        ]
        fields = {"name": name, "consent": consent} | _switches(replace=replace, force=force)
        return answers.trial(self._ask("POST", "profiles", data=fields, files=files).json())

    def teach_state(
        self,
        name: str,
        pictures: Sequence[Picture],
        *,
        replace: bool = False,
        force: bool = False,
    ) -> LeaveOneOutResult:
        """Teaches a state for everybody, such as "confused", from pictures of one face each."""
        files = [("picture", as_file(picture)) for picture in pictures]
        fields = {"name": name} | _switches(replace=replace, force=force)
        return answers.trial(self._ask("POST", "profiles", data=fields, files=files).json())

    def all(self) -> list[Taught]:
        """All of them, damaged ones too."""
        found = self._ask("GET", "profiles").json()["profiles"]
        return [answers.taught(each) for each in found]

    def get(self, name: str) -> Taught:
        """One of them."""
        return answers.taught(self._ask("GET", _path(name)).json())

    def evaluate(self, name: str) -> LeaveOneOutResult:
        """What one is worth on its own pictures, each left out in turn."""
        return answers.trial({"result": self._ask("GET", f"{_path(name)}/evaluate").json()})

    def export(self, name: str, target: str | Path) -> None:
        """Writes one to a file, to take it to another service or computer."""
        Path(target).write_bytes(self._ask("GET", f"{_path(name)}/export").content)

    def take(self, file: str | Path, *, replace: bool = False) -> Taught:
        """Takes one from a file that `export` or `roomread profiles export` wrote."""
        content = Path(file).read_bytes()
        name = json.loads(content)["name"]
        params = _switches(replace=replace)
        return answers.taught(self._ask("PUT", _path(name), content=content, params=params).json())

    def delete(self, name: str) -> None:
        """Deletes one for good."""
        self._ask("DELETE", _path(name))


def _path(name: str) -> str:
    return f"profiles/{quote(name, safe='')}"


def _switches(**on: bool) -> dict[str, str]:
    return {name: str(value).lower() for name, value in on.items()}
