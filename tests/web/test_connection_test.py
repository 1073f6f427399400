from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from aiortc import RTCPeerConnection, RTCSessionDescription

from fake_page import FakePage, RerunError
from roomread.web import connection_test
from roomread.web.connection_test import Answerer, Route, show_connection_test, verdict

STUN = {"urls": "stun:stun.example.org"}
TURN = {"urls": ["turn:turn.example.org"], "username": "u", "credential": "c"}


@pytest.mark.parametrize(
    ("route", "relay_answered", "servers", "words"),
    [
        (Route.DIRECT, False, [], "no relay is needed"),
        (Route.RELAY, True, [TURN], "is configured, and works"),
        (Route.NONE, False, [], "none is configured"),
        (Route.NONE, False, [STUN], "none is configured"),
        (Route.NONE, False, [TURN], "does not answer"),
        (Route.NONE, True, [TURN], "must reach the relay as well"),
    ],
)
def test_each_combination_of_route_relay_and_servers_has_its_verdict(
    *, route: Route, relay_answered: bool, servers: list[dict[str, object]], words: str
) -> None:
    assert words in verdict(route, relay_answered=relay_answered, servers=servers)


def test_connection_is_established_for_a_valid_webrtc_offer() -> None:
    answerer = Answerer()

    async def offer_and_wait() -> None:
        peer = RTCPeerConnection()
        opened = asyncio.Event()
        peer.createDataChannel("test").on("open", opened.set)
        await peer.setLocalDescription(await peer.createOffer())
        answer = await asyncio.to_thread(answerer.answer, peer.localDescription.sdp, [])
        await peer.setRemoteDescription(RTCSessionDescription(sdp=answer, type="answer"))
        await asyncio.wait_for(opened.wait(), 30)
        await peer.close()

    asyncio.run(offer_and_wait())
    answerer.close()


def test_invalid_webrtc_offer_is_refused() -> None:
    answerer = Answerer()
    with pytest.raises(ValueError):  # noqa: PT011 (aiortc's wording is its own)
        answerer.answer("v=0 nonsense", [])
    answerer.close()


@pytest.mark.parametrize("route", [Route.DIRECT, Route.RELAY])
def test_network_is_not_blamed_for_a_camera_that_did_not_start(route: Route) -> None:
    text = verdict(route, relay_answered=False, servers=[], refused=True)
    assert text.startswith("The network is not the cause")
    assert "none is configured" in verdict(
        Route.NONE, relay_answered=False, servers=[], refused=True
    )


class FakeAnswerer:
    """A fake of the app's side, which answers each offer with its text, or raises an error."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error

    def answer(self, offer: str, _servers: object) -> str:
        if self.error is not None:
            raise self.error
        return f"answer to {offer}"


def attempt(
    monkeypatch: pytest.MonkeyPatch,
    found: dict[str, Any],
    *,
    error: Exception | None = None,
    refused: bool = False,
    state: dict[str, Any] | None = None,
) -> FakePage:
    """Draw a connection test for which the browser has reported the values `found`."""
    page = FakePage()
    page.session_state.update(state if state is not None else {"connection_attempt": 1})
    values = SimpleNamespace(**{"offer": None, "result": None} | found)
    monkeypatch.setattr(connection_test, "st", page)
    monkeypatch.setattr(connection_test, "_component", lambda: lambda **_: values)
    monkeypatch.setattr(connection_test, "_answerer", lambda: FakeAnswerer(error))
    show_connection_test([], refused=refused)
    return page


def test_no_connection_is_tried_before_the_button_is_pressed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page = attempt(monkeypatch, {}, state={})
    assert [each.kind for each in page.drawn] == ["button"]
    assert attempt(monkeypatch, {}).texts("info") == ["Trying …"]


def test_webrtc_offer_of_the_browser_is_answered_once(monkeypatch: pytest.MonkeyPatch) -> None:
    state: dict[str, Any] = {"connection_attempt": 1}
    page = FakePage()
    page.session_state = state
    values = SimpleNamespace(offer="SDP", result=None)
    monkeypatch.setattr(connection_test, "st", page)
    monkeypatch.setattr(connection_test, "_component", lambda: lambda **_: values)
    monkeypatch.setattr(connection_test, "_answerer", FakeAnswerer)
    with pytest.raises(RerunError):
        show_connection_test([], refused=False)
    assert state["connection_answer"] == "answer to SDP"
    show_connection_test([], refused=False)
    assert page.texts("info") == ["Trying …"]


@pytest.mark.parametrize(
    ("error", "reason"), [(ValueError("no SDP"), "no SDP"), (TimeoutError(), "no answer in time")]
)
def test_failure_to_answer_the_offer_is_shown_with_its_reason(
    monkeypatch: pytest.MonkeyPatch, error: Exception, reason: str
) -> None:
    page = attempt(monkeypatch, {"offer": "SDP"}, error=error)
    assert page.texts("error") == [f"The app's end of the connection failed: {reason}."]


@pytest.mark.parametrize(
    ("route", "refused", "kind"),
    [("direct", False, "success"), ("relay", True, "warning"), ("none", False, "error")],
)
def test_result_of_the_connection_test_is_shown_as_a_success_a_warning_or_an_error(
    monkeypatch: pytest.MonkeyPatch, route: str, kind: str, *, refused: bool
) -> None:
    page = attempt(monkeypatch, {"result": {"route": route, "relay": False}}, refused=refused)
    assert len(page.texts(kind)) == 1
