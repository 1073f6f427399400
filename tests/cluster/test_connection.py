from __future__ import annotations

import socket
import sys
from types import SimpleNamespace

import pytest

from roomread._version import __version__
from roomread.cluster import connection
from roomread.errors import MissingExtraError, RoomreadError


@pytest.mark.parametrize(
    ("traceback", "line"),
    [
        ("", "Ray gives no reason"),
        ("the worker\n  died", "the worker died"),
        ("ValueError: one\n\nray.exceptions.RayTaskError: two", "RayTaskError: two"),
        ("roomread.errors.MediaError: a.mp4: is damaged", "a.mp4: is damaged"),
        ("  MediaError:  a.mp4: is damaged ", "a.mp4: is damaged"),
        ("KeyError: 3\nand more text", "KeyError: 3"),
    ],
)
def test_reason_of_a_failure_is_the_last_error_of_its_traceback(traceback: str, line: str) -> None:
    assert connection.reason(traceback) == line


def test_error_text_without_an_exception_is_cut_to_300_characters() -> None:
    assert connection.reason("x" * 5000) == "x" * 300


def test_worker_of_another_version_is_refused() -> None:
    connection.check_version(__version__)
    with pytest.raises(RoomreadError, match=rf"runs Roomread {__version__}, but the job is from"):
        connection.check_version("0.0.0")


@pytest.mark.parametrize("address", ["", "auto", "local", "ray://head"])
def test_reachability_of_a_cluster_address_without_a_port_is_not_checked(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(socket, "create_connection")
    connection._check_address(address)


@pytest.mark.parametrize(
    ("address", "host"),
    [("ray://head:10001", "head"), ("head:10001", "head"), ("[::1]:10001", "::1")],
)
def test_unreachable_cluster_is_reported_with_its_address(
    address: str, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, int]] = []

    def refuse(place: tuple[str, int], *, timeout: float) -> None:
        assert timeout == 10
        asked.append(place)
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(socket, "create_connection", refuse)
    with pytest.raises(RoomreadError) as caught:
        connection._check_address(address)
    assert caught.value.problem == f"the Ray cluster at {address}: Connection refused"
    assert asked == [(host, 10001)]


def keep_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Undo at the end of the test what `join` writes into the environment."""
    for name in ("USAGE_STATS_ENABLED", "ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "worker_niceness"):
        monkeypatch.setenv(f"RAY_{name}", "0")
    monkeypatch.delenv("RAY_ADDRESS", raising=False)


def test_missing_ray_is_reported_with_the_extra_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    keep_environment(monkeypatch)
    with pytest.raises(MissingExtraError, match=r"roomread\[cluster\]"):
        connection.join()


def test_processors_of_all_machines_of_a_cluster_are_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    resources = {"CPU": 12.0, "memory": 1e9}
    ray = SimpleNamespace(cluster_resources=lambda: resources)
    monkeypatch.setitem(sys.modules, "ray", ray)
    assert connection.processors() == 12
    resources.clear()
    assert connection.processors() == 0


def test_cluster_that_does_not_start_is_reported_in_one_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(**_: object) -> None:
        raise TimeoutError("no\nanswer")

    monkeypatch.setitem(sys.modules, "ray", SimpleNamespace(init=fail))
    keep_environment(monkeypatch)
    with pytest.raises(RoomreadError, match="Ray does not start: no answer"):
        connection.join()
