"""Profiles, models and settings over the API."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image

import altered
from roomread.bench import scenes
from roomread.client import Client, ServiceError
from roomread.readings import Expression
from serving import Service, run_cli, serving


def encoded(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.convert("RGB").save(file, "PNG")
    return file.getvalue()


MASKED = [encoded(p) for p in altered.variants(altered.masked(*scenes.portraits()[1]))]
OTHER = encoded(altered.masked(*scenes.portraits()[0]))
RESTING = [encoded(picture) for picture in altered.squeezed()]
TWO = encoded(Image.fromarray(np.hstack([scenes.astronaut()] * 2)))


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("service")
    secrets = {
        "turn_secret": "north-secret",
        "turn_urls": '["turn:turn.example.org"]',
        "ice_service": "coturn",
        "retention_days": "90",
    }
    with serving(folder, **secrets) as running:
        yield running


@pytest.fixture
def room(service: Service) -> Iterator[Client]:
    with Client(service.url) as client:
        yield client


def test_profile_of_a_state_is_taught_used_exported_imported_and_deleted(
    service: Service, room: Client, tmp_path: Path
) -> None:
    result = room.profiles.teach_state("masked", MASKED)
    assert result.helps
    assert result == room.profiles.evaluate("masked")
    assert "5 of 5" in str(result)
    (kept,) = room.profiles.all()
    assert kept == room.profiles.get("masked")
    assert (kept.kind, kept.pictures, kept.consent) == ("state", {"masked": 5}, None)
    (reading,) = room.analyze(OTHER, profiles=["masked"])
    assert reading.states[0].name == "masked"
    assert reading.states[0].percentile > 0.98
    assert room.analyze(OTHER)[0].states == ()
    # Without sign-in, the API and the command line have the same owner.
    assert "masked" in run_cli(service.folder, "profiles", "list").stdout
    room.profiles.export("masked", tmp_path / "masked.json")
    with pytest.raises(ServiceError, match="already") as told:
        room.profiles.take(tmp_path / "masked.json")
    assert told.value.status == 409
    room.profiles.take(tmp_path / "masked.json", replace=True)
    room.profiles.delete("masked")
    assert room.profiles.all() == []
    assert room.profiles.take(tmp_path / "masked.json") == kept
    room.profiles.delete("masked")
    with pytest.raises(ServiceError, match="no profile 'masked'") as told:
        room.analyze(OTHER, profiles=["masked"])
    assert told.value.status == 404


def test_profile_of_a_person_is_taught_only_with_a_consent(service: Service, room: Client) -> None:
    pictures = {Expression.NEUTRAL: RESTING}
    with pytest.raises(ServiceError, match="the consent of asha is not recorded"):
        room.profiles.teach("asha", pictures, consent=" ")
    assert room.profiles.all() == []
    result = room.profiles.teach("asha", pictures, consent="asha, in writing", force=True)
    assert result.references == 3
    consent = room.profiles.get("asha").consent
    assert consent is not None
    assert consent.startswith("asha, in writing (")
    kept = (service.folder / "data" / "profiles" / "asha.json").read_text()
    assert json.loads(kept)["references"][0]["label"] == "neutral"
    room.profiles.delete("asha")


WRONG = {
    "two faces": ({"name": "x"}, [("picture", TWO)], "2 faces"),
    "no picture": ({"name": "x"}, [("picture", b"Dear Sir")], "not a picture"),
    "nothing": ({"name": "x"}, [], "there is no picture to learn from"),
    "an expression's name": ({"name": "happy"}, [("picture", OTHER)], "seven expressions"),
    "a path": ({"name": "../../x"}, [("picture", OTHER)], "cannot be a profile's name"),
    "a field of its own": ({"name": "x"}, [("bored", OTHER)], "the form has no field 'bored'"),
    "both at once": ({"name": "x"}, [("picture", OTHER), ("neutral", OTHER)], "only some of"),
    "twice": ({"name": "x"}, [("picture", OTHER), ("picture", OTHER)], "the same picture"),
    "no name": ({}, [("picture", OTHER)], "name"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_invalid_teaching_request_is_refused_and_stores_nothing(
    kind: str, service: Service
) -> None:
    fields, files, said = WRONG[kind]
    url = f"{service.url}/api/v1/profiles"
    sent = [(name, (f"{name}.png", content)) for name, content in files]
    # httpx sends a multipart form only if there is a file.
    answer = httpx.post(url, data=fields, files=sent or {"name": (None, "x")}, timeout=60)
    assert answer.status_code == 422
    assert said in answer.json()["detail"]
    assert httpx.get(url).json() == {"profiles": []}


def test_invalid_profile_upload_is_refused_and_damaged_stored_profile_is_listed_as_damaged(
    service: Service, room: Client
) -> None:
    url = f"{service.url}/api/v1/profiles"
    for content in (b"", b"\xff\xfe", b"[]", b"{}", b"[" * 100_000, b'{"format": 1}'):
        assert httpx.put(f"{url}/x", content=content).status_code == 422
    assert httpx.put(f"{url}/x", content=b" " * 5_000_000).status_code == 413
    folder = service.folder / "data" / "profiles"
    folder.mkdir(exist_ok=True)
    (folder / "broken.json").write_text("{")
    (listed,) = room.profiles.all()
    assert listed.problem is not None
    assert listed.problem.startswith("damaged: ")
    answer = httpx.get(f"{url}/broken")
    assert answer.status_code == 422
    assert str(service.folder) not in answer.text + httpx.get(url).text
    room.profiles.delete("broken")


def test_model_card_and_settings_contain_no_secrets(service: Service, room: Client) -> None:
    (name,) = room.models()
    card = room.card(name)
    assert card["labels"][0] == "angry"
    assert all(len(rows) == 7 for rows in card["confusion"].values())
    with pytest.raises(ServiceError, match="there is no model"):
        room.card("nothing")
    told = room.settings()
    assert (told["retention_days"], told["database"], told["relays"]) == (90, "sqlite", 1)
    # Without sign-in, a visitor is this computer's user.
    assert (told["sign_in"], told["local_files"]) == (False, True)
    text = json.dumps(told)
    assert "secret" not in text
    assert str(service.folder) not in text
