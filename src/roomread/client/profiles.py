"""The client's methods for profiles."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from roomread.client import answers
from roomread.client.connection import Connection, Picture, as_file
from roomread.errors import ProfileError
from roomread.fewshot import LeaveOneOutResult
from roomread.readings import Expression
from roomread.services.profile_summary import ProfileSummary


class Profiles:
    """The profiles of the key's owner; an attribute of `Client`.

    Every method raises `ServiceError` if the service refuses the request or does not respond.

    Args:
        connection: the connection to the service.
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
        """Teach how a person looks with each expression, and return an evaluation of the profile.

        Args:
            name: name of the profile, lower case.
            pictures: pictures of one face each, by the expression they show; neutral pictures alone
                are sufficient.
            consent: who agreed, and how.
            replace: whether to overwrite a profile of this name.
            force: whether to keep the profile even if it does not help.

        Raises:
            ServiceError: the profile cannot be taught, or does not help and `force` is False.
        """
        files = [
            (expression.display_name, as_file(picture))
            for expression, each in pictures.items()
            for picture in each
        ]
        fields = {"name": name, "consent": consent} | _switches(replace=replace, force=force)
        answer = self._ask("POST", "profiles", data=fields, files=files)
        return answers.leave_one_out(answer.json()["result"])

    def teach_state(
        self,
        name: str,
        pictures: Sequence[Picture],
        *,
        replace: bool = False,
        force: bool = False,
    ) -> LeaveOneOutResult:
        """Teach a state that any person can show, such as "confused", from pictures.

        The arguments and the result are as in `teach`.
        """
        files = [("picture", as_file(picture)) for picture in pictures]
        fields = {"name": name} | _switches(replace=replace, force=force)
        answer = self._ask("POST", "profiles", data=fields, files=files)
        return answers.leave_one_out(answer.json()["result"])

    def all(self) -> list[ProfileSummary]:
        """Return summaries of all profiles, including damaged ones."""
        found = self._ask("GET", "profiles").json()["profiles"]
        return [answers.profile_summary(each) for each in found]

    def get(self, name: str) -> ProfileSummary:
        """Return the summary of one profile."""
        return answers.profile_summary(self._ask("GET", _path(name)).json())

    def evaluate(self, name: str) -> LeaveOneOutResult:
        """Evaluate a profile: read each picture with a profile learned from the other pictures."""
        return answers.leave_one_out(self._ask("GET", f"{_path(name)}/evaluate").json())

    def export(self, name: str, target: str | Path) -> None:
        """Write a profile to a file, for use with another service or computer."""
        Path(target).write_bytes(self._ask("GET", f"{_path(name)}/export").content)

    def take(self, file: str | Path, *, replace: bool = False) -> ProfileSummary:
        """Add a profile from a file that `export` or `roomread profiles export` wrote.

        Raises:
            ProfileError: the file is not a profile.
            OSError: there is no such file.
        """
        content = Path(file).read_bytes()
        try:
            path = _path(json.loads(content)["name"])
        except (ValueError, TypeError, KeyError) as error:
            problem = f"{file}: is not a profile"
            raise ProfileError(problem, hint="name a file that `export` wrote") from error
        params = _switches(replace=replace)
        answer = self._ask("PUT", path, content=content, params=params)
        return answers.profile_summary(answer.json())

    def delete(self, name: str) -> None:
        """Delete a profile for good."""
        self._ask("DELETE", _path(name))


def _path(name: str) -> str:
    return f"profiles/{quote(name, safe='')}"


def _switches(**on: bool) -> dict[str, str]:
    return {name: str(value).lower() for name, value in on.items()}
