"""Schemathesis checks that the service's responses agree with its OpenAPI document."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

schemathesis = pytest.importorskip("schemathesis", reason="the dev group has it")
from hypothesis import HealthCheck, given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from schemathesis import Case  # noqa: E402
from schemathesis.checks import not_a_server_error  # noqa: E402
from schemathesis.specs.openapi.checks import (  # noqa: E402
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

import altered  # noqa: E402
from classes import lesson  # noqa: E402
from roomread.bench import scenes  # noqa: E402
from roomread.services.accounts import Scope  # noqa: E402
from roomread.wire import FrameReadings, frame_to_dict  # noqa: E402
from serving import Service, accounts_of, serving  # noqa: E402

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@pytest.fixture(scope="module")
def service_and_key(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, str]]:
    folder = tmp_path_factory.mktemp("contract")
    with accounts_of(folder) as accounts:
        key = accounts.add_key("contract", list(Scope))
    with serving(folder, "--sign-in", requests_per_minute="100000") as service:
        yield service, key


def a_session(service: Service, headers: dict[str, str]) -> str:
    """Create a session with a few moods, and return its id."""
    with httpx.Client(base_url=f"{service.url}/api/v1/", headers=headers) as http:
        made = http.post("sessions", json={"name": "Algebra 7b", "consent": "all"})
        session_id: str = made.json()["id"]
        for time, readings in lesson(20, people=6):
            frame = frame_to_dict(FrameReadings("", time, None, None, None, tuple(readings)))
            assert http.post(f"sessions/{session_id}/readings", json=frame).is_success
        return session_id


def a_profile(service: Service, headers: dict[str, str]) -> str:
    """Teach a state, and return its name."""
    file = io.BytesIO()
    altered.masked(*scenes.portraits()[0]).save(file, "PNG")
    answer = httpx.post(
        f"{service.url}/api/v1/profiles",
        headers=headers,
        data={"name": "masked"},
        files={"picture": ("m.png", file.getvalue())},
        timeout=60,
    )
    assert answer.status_code == 201
    return "masked"


@pytest.mark.parametrize("examples", [3, pytest.param(60, marks=pytest.mark.sweep)])
def test_responses_conform_to_the_openapi_document(
    service_and_key: tuple[Service, str], examples: int
) -> None:
    service, key = service_and_key
    headers = {"Authorization": f"Bearer {key}"}
    api = schemathesis.openapi.from_url(f"{service.url}/api/v1/openapi.json")
    operations = [found.ok() for found in api.get_all_operations()]
    assert len(operations) >= 33
    there = {"videos": "nothing", "models": "compact", "profiles": a_profile(service, headers)}
    there["sessions"] = a_session(service, headers)
    made = httpx.post(f"{service.url}/api/v1/rooms", headers=headers, json={"name": "Algebra 7b"})
    there["rooms"] = made.json()["id"]
    # Run deletions last, because the other operations need the session and the profile. Run the
    # events of a room just before, because their stream ends only once the room is closed.
    events = "/api/v1/rooms/{room_id}/events"
    operations.sort(key=lambda operation: (operation.method == "delete", operation.path == events))
    for operation in operations:
        if operation.path == events:
            close = f"{service.url}/api/v1/rooms/{there['rooms']}/close"
            assert httpx.post(close, headers=headers, timeout=60).is_success

        @given(case=operation.as_strategy(), real=st.booleans())
        @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
        def ask(case: Case[Any], *, real: bool) -> None:
            for name in ("session_id", "room_id", "job_id", "name"):
                if real and name in case.path_parameters:
                    case.path_parameters[name] = there[case.path.split("/")[3]]
            case.call_and_validate(headers=headers, checks=CHECKS)

        ask()


def test_openapi_document_has_version_3_1_and_examples(
    service_and_key: tuple[Service, str],
) -> None:
    document = httpx.get(f"{service_and_key[0].url}/api/v1/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    (face,) = document["components"]["schemas"]["FaceShape"]["examples"]
    assert face["expression"] == "happy"
    routes = [answer for path in document["paths"].values() for answer in path.values()]
    assert all("application/problem+json" in r["responses"]["429"]["content"] for r in routes)
