from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from fake_service import FakeService
from roomread.errors import ProfileError
from roomread.readings import Expression


def test_imported_profile_is_sent_under_its_own_name(tmp_path: Path) -> None:
    file = tmp_path / "profile.json"
    file.write_text('{"name": "as ha"}')
    kept = {"name": "as ha", "kind": "state", "pictures": {"as ha": 5}}
    service = FakeService(lambda _: httpx.Response(200, json=kept))
    assert service.client().profiles.take(file, replace=True).pictures == {"as ha": 5}
    (request,) = service.requests
    assert request.url.raw_path == b"/api/v1/profiles/as%20ha?replace=true"


RESULT = {
    "references": 2,
    "correct": 2,
    "correct_before": 1,
    "probability_before": 0.5,
    "probability_after": 0.7,
    "gain": 0.3,
    "usual_expression": "sad",
}


def test_pictures_of_a_person_are_sent_grouped_by_expression() -> None:
    service = FakeService(lambda _: httpx.Response(200, json={"result": RESULT}))
    pictures = {Expression.NEUTRAL: [b"first", b"second"], Expression.HAPPY: [b"third"]}
    result = service.client().profiles.teach("asha", pictures, consent="a letter", force=True)
    assert result.helps
    content = service.requests[0].content
    assert content.count(b'name="neutral"; filename="picture"') == 2
    assert content.count(b'name="happy"; filename="picture"') == 1
    for name, value in (("name", "asha"), ("consent", "a letter"), ("replace", "false")):
        assert f'name="{name}"\r\n\r\n{value}\r\n'.encode() in content
    assert b'name="force"\r\n\r\ntrue\r\n' in content


def test_pictures_of_a_state_are_sent_without_consent() -> None:
    service = FakeService(lambda _: httpx.Response(200, json={"result": RESULT}))
    service.client().profiles.teach_state("tired", [b"first"], replace=True)
    content = service.requests[0].content
    assert b'name="picture"; filename="picture"' in content
    assert b"consent" not in content
    assert b'name="replace"\r\n\r\ntrue\r\n' in content


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"name": 3}', "\x00"])
def test_file_that_is_not_a_profile_is_not_sent(tmp_path: Path, content: str) -> None:
    file = tmp_path / "profile.json"
    file.write_text(content)
    service = FakeService(lambda _: httpx.Response(200))
    with pytest.raises(ProfileError, match=r"profile\.json: is not a profile"):
        service.client().profiles.take(file)
    assert service.requests == []


def test_profile_name_with_slashes_is_escaped_in_the_url() -> None:
    service = FakeService(lambda _: httpx.Response(204))
    service.client().profiles.delete("../sessions/1?x=#")
    assert service.requests[0].url.raw_path == b"/api/v1/profiles/..%2Fsessions%2F1%3Fx%3D%23"


def test_exported_profile_is_written_unchanged(tmp_path: Path) -> None:
    service = FakeService(lambda _: httpx.Response(200, content=b'{"name": "asha"}'))
    service.client().profiles.export("asha", tmp_path / "asha.json")
    assert (tmp_path / "asha.json").read_bytes() == b'{"name": "asha"}'
