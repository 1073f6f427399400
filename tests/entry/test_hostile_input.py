"""Tests that hostile JSON, numbers and headers are refused and never make the service fail."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from serving import serving

DEPTHS = (100, 900, 100_000)
NUMBERS = {
    "4000 digits": "1" * 4000,
    "5000 digits": "1" * 5000,
    "too large": "1e999",
    "not a number": "NaN",
    "infinite": "-Infinity",
    "64 bits": "9223372036854775808",
    "surrogate": '"\\ud800"',
}
FACE = (
    '{"track_id":%s,"box":{"left":%s,"top":0,"right":9,"bottom":9},"scores":null,'
    '"unreadable":"too dark"}'
)
FRAME = '{"schema_version":1,"time":%s,"faces":[%s]}'


@pytest.fixture(scope="module")
def http(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    folder = tmp_path_factory.mktemp("service")
    with (
        serving(folder, requests_per_minute="100000") as running,
        httpx.Client(base_url=f"{running.url}/api/v1/", timeout=60) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def session(http: httpx.Client) -> str:
    made = http.post("sessions", json={"name": "Algebra 7b", "consent": "all"})
    return f"sessions/{made.json()['id']}"


@pytest.fixture(scope="module")
def room(http: httpx.Client) -> str:
    return f"rooms/{http.post('rooms', json={'name': 'Algebra 7b'}).json()['id']}"


def send(http: httpx.Client, method: str, path: str, body: str) -> int:
    """Send JSON, check that an error is a problem document, and return the status."""
    kind = {"Content-Type": "application/json"}
    answer = http.request(method, path, content=body, headers=kind)
    assert answer.is_success or answer.headers["content-type"] == "application/problem+json"
    return answer.status_code


@pytest.mark.parametrize("depth", DEPTHS)
def test_deeply_nested_json_is_refused(
    http: httpx.Client, session: str, room: str, depth: int
) -> None:
    nested = '{"a":' * depth + "1" + "}" * depth
    listed = "[" * depth + "]" * depth
    for body in (nested, listed):
        for path in (f"{session}/readings", "sessions", f"{session}/marks", "analyze"):
            assert send(http, "POST", path, body) in (400, 413, 422)
        assert send(http, "PUT", "profiles/asha", body) == 422
    # Any JSON object may be sent as a receipt; this one is not a receipt of the room.
    assert send(http, "POST", f"{room}/receipts", nested) in (200, 400, 422)


@pytest.mark.parametrize("value", NUMBERS.values(), ids=list(NUMBERS))
def test_numbers_that_cannot_be_stored_are_refused(
    http: httpx.Client, session: str, room: str, value: str
) -> None:
    for frame in (
        FRAME % (value, ""),
        FRAME % (1, FACE % (value, 0)),
        FRAME % (1, FACE % (1, value)),
        FRAME.replace(":1,", f":{value},", 1) % (1, ""),
    ):
        assert send(http, "POST", f"{session}/readings", frame) in (400, 422)
    assert send(http, "POST", f"{session}/marks", f'{{"label":"a","time":{value}}}') in (400, 422)
    assert send(http, "POST", "sessions", f'{{"name":"a","threshold":{value}}}') in (400, 422)
    assert send(http, "PUT", "profiles/asha", f'{{"name":"asha","format":{value}}}') == 422
    receipt = f'{{"room_id":"{room[6:]}","mac":"a","x":{value}}}'
    assert send(http, "POST", f"{room}/receipts", receipt) in (200, 400, 422)


@pytest.mark.parametrize("value", ["nan", "inf", "1e400", "1" * 5000, "-1", "%00", "0x10"])
def test_hostile_values_in_urls_are_refused(http: httpx.Client, session: str, value: str) -> None:
    for method, path in (
        ("GET", f"{session}/timeline?since={value}"),
        ("GET", f"{session}/timeline?limit={value}"),
        ("DELETE", f"{session}/marks?label=a&time={value}"),
        ("DELETE", f"{session}/seats/{value}"),
        ("GET", f"{session}/export?format={value}"),
        ("GET", f"{session[:9]}{value}"),
    ):
        assert send(http, method, path, "") in (404, 422)


@pytest.mark.parametrize("seat", [2**31, 2**63, 2**64, 10**30])
def test_seat_number_too_large_for_a_database_column_is_refused(
    http: httpx.Client, session: str, seat: int
) -> None:
    body = '{"name":"Asha","consent":"yes"}'
    assert send(http, "PUT", f"{session}/seats/{seat}", body) == 422
    assert send(http, "DELETE", f"{session}/seats/{seat}", "") == 422


def test_last_value_of_a_repeated_json_key_is_used(http: httpx.Client, session: str) -> None:
    assert send(http, "POST", "sessions", '{"name":1,"name":"a"}') == 201
    assert send(http, "POST", "sessions", '{"name":"a","name":1}') == 422
    twice = '{"schema_version":1,"time":[],"time":1,"faces":[]}'
    assert send(http, "POST", f"{session}/readings", twice) == 200


@pytest.mark.parametrize(
    "value", ["bytes=0-0" + ",2-2" * 3000, "bytes=9-1", "bytes=-", "bytes=a-b", "lines=1-2"]
)
def test_hostile_range_header_does_not_make_the_service_fail(
    http: httpx.Client, session: str, value: str
) -> None:
    answer = http.get(f"{session}/export", headers={"Range": value})
    assert answer.status_code in (200, 206, 400, 416)


@pytest.mark.parametrize(
    "headers",
    [
        {"Accept-Language": "de;q=0.9," * 1500},
        {"Accept": "text/html," * 1500},
        {"Cookie": "a=b; " * 2500 + "a=b"},
        {"Content-Type": "application/json" + "; a=b" * 2500},
        {"Authorization": "Bearer " + "a" * 12_000},
        {"Authorization": "Basic " + "a" * 12_000},
    ],
    ids=["languages", "types", "cookies", "parameters", "key", "scheme"],
)
def test_request_with_long_headers_is_answered_within_five_seconds(
    http: httpx.Client, headers: dict[str, str]
) -> None:
    answer = http.get("sessions", headers=headers)
    assert answer.status_code in (200, 401)
    assert answer.elapsed.total_seconds() < 5
