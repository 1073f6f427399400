"""Test by which route a visitor's browser can connect to this app."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Sequence
from enum import StrEnum
from typing import Any, TypeVar

import streamlit as st
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from streamlit.components.v2.types import ComponentRenderer
from streamlit_webrtc.config import compile_ice_servers

from roomread.web.texts import t

# Time limit of an attempt; browsers give up on a route after 15 to 30 s.
_SECONDS = 20.0
_Result = TypeVar("_Result")

# A connection attempt without a camera: the browser sends an offer, Python answers, and the browser
# reports the kind of route that ICE chose. ICE chooses a relay only if no direct route connects.
_SCRIPT = """
const attempts = new WeakMap();

async function route(connection) {
  const stats = await connection.getStats();
  for (const each of stats.values()) {
    if (each.type === "transport" && each.selectedCandidatePairId) {
      const pair = stats.get(each.selectedCandidatePairId);
      const ends = [stats.get(pair.localCandidateId), stats.get(pair.remoteCandidateId)];
      return ends.some((end) => end?.candidateType === "relay") ? "relay" : "direct";
    }
  }
  return "direct";
}

async function begin(attempt, servers, seconds, setStateValue) {
  const connection = new RTCPeerConnection({ iceServers: servers });
  attempt.connection = connection;
  let relay = false;
  let done = false;
  const end = (result) => {
    if (done) return;
    done = true;
    setStateValue("result", { route: result, relay });
    connection.close();
  };
  connection.onicecandidate = ({ candidate }) => {
    relay = relay || candidate?.type === "relay";
  };
  connection.createDataChannel("test").onopen = async () => end(await route(connection));
  connection.onconnectionstatechange = () => {
    if (connection.connectionState === "failed") end("none");
  };
  setTimeout(() => end("none"), 1000 * seconds);
  await connection.setLocalDescription();
  const gathered = new Promise((resolve) => {
    connection.onicegatheringstatechange = () => {
      if (connection.iceGatheringState === "complete") resolve();
    };
    setTimeout(resolve, 5000);
  });
  if (connection.iceGatheringState !== "complete") await gathered;
  setStateValue("offer", connection.localDescription.sdp);
}

export default function ({ data, parentElement, setStateValue }) {
  const attempt = attempts.get(parentElement);
  if (attempt === undefined) {
    const first = {};
    attempts.set(parentElement, first);
    begin(first, data.servers, data.seconds, setStateValue);
  } else if (data.answer && !attempt.answered) {
    attempt.answered = true;
    attempt.connection.setRemoteDescription({ type: "answer", sdp: data.answer });
  }
}
"""


class Route(StrEnum):
    """The route by which browser and app are connected."""

    DIRECT = "direct"
    RELAY = "relay"
    NONE = "none"


def verdict(
    route: Route, *, relay_answered: bool, servers: Sequence[dict[str, Any]], refused: bool = False
) -> str:
    """Explain in one or two sentences how a camera's attempt to connect ended, and what to do.

    Args:
        route: the route by which the browser and the app connected.
        relay_answered: whether a TURN server gave the browser an address.
        servers: the `iceServers` that were used.
        refused: whether the camera could not be started.
    """
    if refused and route is not Route.NONE:
        return t("The network is not the cause: this app can be reached. The camera is missing.")
    if route is Route.DIRECT:
        return t("The camera reaches this app directly: no relay is needed from here.")
    if route is Route.RELAY:
        return t(
            "There is no direct route from here. The relay is needed, is configured, and works."
        )
    if relay_answered:
        return t(
            "No connection is made, although the relay answers your browser. The app's own "
            "computer must reach the relay as well: ask the operator to check its firewall."
        )
    urls = [url for server in servers for url in _as_list(server.get("urls", []))]
    if any(url.startswith("turn") for url in urls):
        return t(
            "No connection is made: a relay is needed, and the configured one does not answer. "
            "Ask the operator to check its address, its credentials and its firewall."
        )
    return t(
        "No connection is made: a relay is needed, and none is configured. Ask the operator "
        "for one."
    )


def _as_list(urls: Any) -> list[str]:
    return [urls] if isinstance(urls, str) else list(urls)


class Answerer:
    """The app's side of the connection attempts, which runs in a thread of its own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._peers: set[RTCPeerConnection] = set()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="roomread-ice", daemon=True
        )
        self._thread.start()

    def answer(self, offer: str, servers: Sequence[dict[str, Any]]) -> str:
        """Return the answer to a browser's offer, both in SDP.

        The connection is closed automatically after the attempt.

        Args:
            offer: the browser's offer.
            servers: the `iceServers` to use.

        Raises:
            ValueError: the offer is not SDP.
            TimeoutError: the servers did not answer in time.
        """
        return self._run(self._answer(offer, servers))

    def close(self) -> None:
        """Close all connections, and stop the thread."""
        self._run(self._close_all())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, work: Coroutine[Any, Any, _Result]) -> _Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=_SECONDS)

    async def _answer(self, offer: str, servers: Sequence[dict[str, Any]]) -> str:
        configuration = RTCConfiguration(iceServers=compile_ice_servers(list(servers)))
        peer = RTCPeerConnection(configuration)
        self._peers.add(peer)
        try:
            await peer.setRemoteDescription(RTCSessionDescription(sdp=offer, type="offer"))
            await peer.setLocalDescription(await peer.createAnswer())
        except Exception:
            await self._close(peer)
            raise
        self._loop.call_later(_SECONDS, lambda: self._loop.create_task(self._close(peer)))
        return str(peer.localDescription.sdp)

    async def _close(self, peer: RTCPeerConnection) -> None:
        self._peers.discard(peer)
        await peer.close()

    async def _close_all(self) -> None:
        await asyncio.gather(*(self._close(peer) for peer in list(self._peers)))


@st.cache_resource(on_release=Answerer.close)
def _answerer() -> Answerer:
    return Answerer()


@st.cache_resource
def _component() -> ComponentRenderer:
    return st.components.v2.component("roomread.connection", js=_SCRIPT)


def show_connection_test(servers: Sequence[dict[str, Any]], *, refused: bool) -> None:
    """Draw the button that starts an attempt, and its result; to be run as a Streamlit fragment.

    Args:
        servers: the `iceServers` to use.
        refused: whether the camera could not be started.
    """
    state = st.session_state
    if st.button(t("Test the connection")):
        state["connection_attempt"] = state.get("connection_attempt", 0) + 1
        state.pop("connection_answer", None)
    attempt = state.get("connection_attempt")
    if attempt is None:
        return
    found = _component()(
        key=f"connection-{attempt}",
        data={
            "servers": list(servers),
            "seconds": _SECONDS,
            "answer": state.get("connection_answer"),
        },
        on_offer_change=lambda: None,
        on_result_change=lambda: None,
    )
    if found.result:
        route, relay = Route(found.result["route"]), bool(found.result["relay"])
        say = st.error if route is Route.NONE else st.warning if refused else st.success
        say(verdict(route, relay_answered=relay, servers=servers, refused=refused))
    elif found.offer and "connection_answer" not in state:
        try:
            state["connection_answer"] = _answerer().answer(found.offer, servers)
        except (TimeoutError, ValueError) as failure:
            reason = str(failure) or t("no answer in time")
            st.error(t("The app's end of the connection failed: {reason}.", reason=reason))
            return
        st.rerun(scope="fragment")
    else:
        st.info(t("Trying …"))
