from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import typer

from program import Program
from roomread.cli import profiles
from roomread.errors import ProfileError
from roomread.fewshot import Consent, Profile, Reference
from roomread.fewshot.store import read_profile
from roomread.services.teaching import ProfileExistsError

pytestmark = pytest.mark.usefixtures("own_folder")


def one_line(stderr: bytes) -> str:
    (line,) = stderr.decode().splitlines()
    return line


def test_profile_of_another_net_is_not_imported_and_damaged_profile_is_listed_as_damaged(
    roomread: Program, pictures: Path
) -> None:
    assert roomread("teach", "--state", "masked", "m0.jpg", "m1.jpg").returncode == 0
    assert roomread("profiles", "export", "masked", "moved.json").returncode == 0
    values = json.loads((pictures / "moved.json").read_text())
    (pictures / "old.json").write_text(json.dumps(values | {"digest": "0ld", "name": "masked"}))
    assert "not with compact" in one_line(roomread("profiles", "import", "old.json").stderr)
    assert "not text" in one_line(roomread("profiles", "import", "m0.jpg").stderr)
    (kept,) = (pictures / "user").rglob("masked.json")
    kept.write_text(kept.read_text()[:500])
    listed = roomread("profiles", "list")
    assert listed.returncode == 0
    assert b"damaged" in listed.stdout
    assert "masked.json" in one_line(roomread("profiles", "show", "masked").stderr)
    assert roomread("profiles", "delete", "masked", "-y").returncode == 0


def profile(name: str) -> Profile:
    """Return a profile of a person with made-up vectors."""
    happy = Reference("happy", np.zeros(4, np.float32), np.eye(7, dtype=np.float32)[3])
    return Profile(name, (happy,), "compact", "0", name, Consent.today("a letter"))


def keep(*names: str) -> None:
    for name in names:
        profiles.profile_store().keep(profile(name))


def test_profile_is_bound_to_the_track_id_after_the_at_sign() -> None:
    keep("asha", "ben")
    bindings = profiles.parse_bindings("asha@3, ben")
    assert [(each.profile.name, each.track_id) for each in bindings] == [("asha", 3), ("ben", None)]


@pytest.mark.parametrize("track", ["", "0", "-1", "one", "1.5", "\u0663", "\u00b2"])
def test_text_that_is_not_a_track_id_is_refused(track: str) -> None:
    keep("asha")
    with pytest.raises(ProfileError, match="must be a whole number of at least 1") as error:
        profiles.parse_bindings(f"asha@{track}")
    assert error.value.hint == "write asha@1 for track 1"


def test_error_for_an_unknown_profile_names_the_known_profiles() -> None:
    keep("asha")
    with pytest.raises(ProfileError, match="no profile 'eve'") as error:
        profiles.parse_bindings("asha,eve")
    assert "asha" in error.value.hint


def test_error_for_an_existing_profile_names_the_replace_option_and_other_hints_are_kept() -> None:
    with pytest.raises(ProfileExistsError) as caught, profiles.option_hints():
        raise ProfileExistsError("there is already a profile 'asha'")
    assert caught.value.hint == "use --replace to overwrite it"
    with pytest.raises(ProfileError) as other, profiles.option_hints():
        raise ProfileError("is damaged", hint="teach it again")
    assert other.value.hint == "teach it again"


def test_profile_of_a_person_is_listed_and_shown_without_its_vectors(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    keep("asha")
    profiles.list_command()
    profiles.show_command("asha")
    listed = capsys.readouterr().out
    assert listed.count("a person") == 2
    assert "1 happy; kept as vectors, not as pictures" in listed


def test_profile_is_exported_into_a_folder_under_its_own_name(tmp_path: Path) -> None:
    keep("asha")
    profiles.export_command("asha", tmp_path)
    assert read_profile(tmp_path / "asha.json").name == "asha"


def test_profile_is_deleted_only_after_confirmation(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    keep("asha")
    monkeypatch.setattr(typer, "confirm", lambda _: False)
    with pytest.raises(typer.Exit):
        profiles.delete_command("asha")
    assert profiles.profile_store().names() == ["asha"]
    monkeypatch.setattr(typer, "confirm", lambda _: True)
    profiles.delete_command("asha")
    assert profiles.profile_store().names() == []
    assert "deleted asha" in capsys.readouterr().out


def test_deleting_an_unknown_profile_fails_before_asking_for_confirmation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(typer, "confirm")
    with pytest.raises(ProfileError, match="no profile 'eve'"):
        profiles.delete_command("eve")
