from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
import typer

from program import Program
from roomread.cli import teach
from roomread.cli.teach import repeat_options
from roomread.errors import ProfileError
from roomread.readings import Expression
from roomread.services.teaching_request import TeachingRequest

pytestmark = pytest.mark.usefixtures("own_folder")


def one_line(stderr: bytes) -> str:
    (line,) = stderr.decode().splitlines()
    return line


@pytest.mark.usefixtures("pictures")
def test_profile_of_a_state_is_taught_listed_used_exported_deleted_and_imported(
    roomread: Program,
) -> None:
    taught = roomread("teach", "--state", "masked", *(f"m{n}.jpg" for n in range(5)))
    assert taught.returncode == 0, taught.stderr
    assert b"5 of 5 left-out pictures are read correctly" in taught.stdout
    assert b"a state" in roomread("profiles", "list").stdout
    assert b"kept as vectors" in roomread("profiles", "show", "masked").stdout
    assert b"It helps" in roomread("profiles", "evaluate", "masked").stdout

    used = ("analyze", "other.jpg", "smile0.jpg", "--profiles", "masked")
    other, smile = json.loads(roomread(*used, "--format", "json").stdout)
    assert other["faces"][0]["states"]["masked"]["shown"] is True
    assert smile["faces"][0]["states"]["masked"]["shown"] is False
    rows = list(csv.DictReader(io.StringIO(roomread(*used, "--format", "csv").stdout.decode())))
    masked = [json.loads(row["states"])["masked"] for row in rows]
    assert [state["shown"] for state in masked] == [True, False]
    assert masked[0]["percentile"] > masked[1]["percentile"]
    assert b"+ masked" in roomread(*used).stdout

    assert roomread("profiles", "export", "masked", "moved.json").returncode == 0
    assert roomread("profiles", "delete", "masked", "--yes").returncode == 0
    assert b"No profiles yet" in roomread("profiles", "list").stdout
    assert "no profile 'masked'" in one_line(roomread(*used).stderr)
    assert roomread("profiles", "import", "moved.json").returncode == 0
    assert b"masked" in roomread("profiles", "list").stdout


@pytest.mark.usefixtures("pictures")
def test_profile_of_a_person_is_taught_with_consent_and_applied_to_the_only_face(
    roomread: Program,
) -> None:
    teach = ("teach", "grace", "--neutral", "n0.jpg", "n1.jpg", "n2.jpg")
    assert "the consent of grace is not recorded" in one_line(roomread(*teach).stderr)
    assert roomread(*teach, "--consent", "she said yes").returncode == 0
    (frame,) = json.loads(
        roomread("analyze", "n0.jpg", "--profiles", "grace", "--format", "json").stdout
    )
    assert frame["faces"][0]["person"] == "grace"
    result = roomread("analyze", "two.jpg", "--profiles", "grace")
    assert result.returncode == 0
    assert "'grace' was not used" in one_line(result.stderr)


def test_teaching_that_fails_prints_one_line_and_stores_no_profile(
    roomread: Program, pictures: Path, own_folder: Path
) -> None:
    (pictures / "broken.jpg").write_bytes((pictures / "smile0.jpg").read_bytes()[:900])
    for arguments, problem in (
        (("--state", "odd", "two.jpg"), "two.jpg: 2 faces"),
        (("--state", "odd", "broken.jpg"), "broken.jpg: is damaged"),
        (("--state", "odd", "missing.jpg"), "missing.jpg: no such file"),
        (("--state", "odd"), "no picture of 'odd'"),
        (("--state", "happy", "smile0.jpg"), "'happy' is one of the seven"),
        (("--state", "../odd", "smile0.jpg"), "cannot be a profile's name"),
        (("asha",), "there are no pictures to learn from"),
        (("--neutral", "n0.jpg"), "expected one name, got no name"),
        (("asha", "--neutral", "m0.jpg", "--happy", "m0.jpg", "--consent", "x"), "taught as"),
        (("asha", "--neutral", "smile0.jpg", "smile1.jpg", "--consent", "x"), "does not help"),
    ):
        result = roomread("teach", *arguments)
        assert result.returncode == 2
        assert problem in one_line(result.stderr)
    assert list(own_folder.rglob("*.json")) == []


@pytest.mark.usefixtures("pictures")
def test_profile_that_does_not_help_is_stored_with_force_and_overwritten_only_with_replace(
    roomread: Program,
) -> None:
    teach = ("teach", "asha", "--neutral", "smile0.jpg", "smile1.jpg", "--consent", "x", "--force")
    assert roomread(*teach).returncode == 0
    assert b"does not help" in roomread("profiles", "evaluate", "asha").stdout
    assert "--replace" in one_line(roomread(*teach).stderr)
    assert roomread(*teach, "--replace").returncode == 0


def test_several_pictures_may_follow_one_expression_option() -> None:
    typed = ["asha", "--neutral", "a", "b", "--happy", "c", "--force", "--model", "m"]
    assert repeat_options(typed) == [
        *("asha", "--neutral", "a", "--neutral", "b", "--happy", "c", "--force", "--model", "m")
    ]


@pytest.mark.parametrize(
    ("typed", "rewritten"),
    [
        ([], []),
        (["--neutral"], ["--neutral"]),
        (["--neutral", "-", "a"], ["--neutral", "-", "--neutral", "a"]),
        (["--neutral", "a", "--state", "b", "c"], ["--neutral", "a", "--state", "b", "c"]),
        (["--neutral=a", "b"], ["--neutral=a", "b"]),
    ],
)
def test_option_name_is_repeated_only_before_further_values_of_an_expression_option(
    typed: list[str], rewritten: list[str]
) -> None:
    assert repeat_options(typed) == rewritten


def test_references_of_a_state_come_from_arguments_and_expression_options() -> None:
    request = teach._request(["a.jpg"], "tired", "asha", {Expression.SAD: ["b.jpg"]})
    assert (request.name, request.person) == ("tired", "asha")
    assert [(each.name, each.expression) for each in request.references] == [
        ("b.jpg", Expression.SAD),
        ("a.jpg", None),
    ]


def test_person_option_without_state_is_refused() -> None:
    with pytest.raises(ProfileError, match="only be used with --state"):
        teach._request(["asha"], None, "ben", {Expression.SAD: ["b.jpg"]})


def test_teaching_a_person_with_two_name_arguments_is_refused() -> None:
    with pytest.raises(ProfileError, match="expected one name, got asha ben"):
        teach._request(["asha", "ben"], None, None, {Expression.SAD: ["b.jpg"]})


ASHA: TeachingRequest[str] = TeachingRequest("asha", ())
TIRED: TeachingRequest[str] = TeachingRequest("tired", ())


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make standard input look like a terminal."""
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)


@pytest.mark.usefixtures("terminal")
@pytest.mark.parametrize("answer", [True, False])
def test_consent_is_asked_for_at_a_terminal(
    monkeypatch: pytest.MonkeyPatch, *, answer: bool
) -> None:
    asked: list[str] = []

    def confirm(text: str) -> bool:
        asked.append(text)
        return answer

    monkeypatch.setattr(typer, "confirm", confirm)
    if answer:
        assert teach._consent(ASHA, None).startswith("asha agreed")
    else:
        with pytest.raises(ProfileError, match="asha does not consent: nothing was saved"):
            teach._consent(ASHA, None)
    assert asked == ["Does asha agree that vectors of their face are kept here?"]
    assert teach._consent(ASHA, "a letter") == "a letter"
    assert len(asked) == 1


def test_consent_is_not_asked_for_without_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    assert teach._consent(ASHA, None) == ""
