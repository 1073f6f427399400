"""Measure the student page: download, time to the first reading, rate and processor time.

Chromium runs with a window under Xvfb, because a headless browser never hides a tab, and is driven
by the DevTools protocol, because test tools keep a hidden tab awake. Nothing else should run on the
machine. The exit status is 1 if a bound was missed.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
from websockets.sync.client import ClientConnection, connect

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from bounds import Bounds
from serving import serving
from visitors import CHROMIUM, room, write_camera

# Bounds: percent of one core for the whole browser, MB to download, seconds from consent to the
# first reading, and readings per second.
MAX_CPU, MAX_MB, MAX_FIRST, MIN_RATE = 15.0, 8.0, 3.0, 1.8
LIMIT_SECONDS = 120.0
# The time for which a student reads the consent text, s; the page loads the nets meanwhile.
CONSENT_SECONDS = 5.0
_COUNT = """
window.readings = []; new MutationObserver(() => readings.push(performance.now()))
    .observe(document.querySelector("[data-part=raw]"), { childList: true });
"""
_START = "document.querySelector('[data-part=start]')"


class Tab:
    """A page of Chromium and its workers, by the DevTools protocol.

    Args:
        socket: The connection to the browser.
        url: The page.

    Attributes:
        bytes: The number of bytes received over the network so far.
        session: The id of the page's DevTools session.
    """

    def __init__(self, socket: ClientConnection, url: str) -> None:
        self._socket, self._count = socket, 0
        self._answers: dict[int, dict[str, Any]] = {}
        self.bytes = 0
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        attached = self.ask("Target.attachToTarget", targetId=target, flatten=True)
        self.session = attached["sessionId"]
        self._watch(self.session)
        self.ask("Page.navigate", self.session, url=url)

    def ask(self, method: str, session: str | None = None, **values: Any) -> dict[str, Any]:
        """Call a method, and return its result; events that arrive before it are recorded."""
        self._count += 1
        wanted = self._count
        message: dict[str, Any] = {"id": wanted, "method": method, "params": values}
        self._socket.send(json.dumps(message | ({"sessionId": session} if session else {})))
        while wanted not in self._answers:
            answer = json.loads(self._socket.recv(timeout=LIMIT_SECONDS))
            if "id" in answer:
                self._answers[answer["id"]] = answer
            else:
                # For a new worker, this enables its events before waiting for the result.
                self._note(answer)
        answer = self._answers.pop(wanted)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']['message']}")
        found: dict[str, Any] = answer["result"]
        return found

    def evaluate(self, script: str) -> Any:
        """Return the value of a JavaScript expression in the page."""
        return self.ask(
            "Runtime.evaluate",
            self.session,
            expression=script,
            userGesture=True,
            returnByValue=True,
            awaitPromise=True,
        )["result"].get("value")

    def wait(self, script: str) -> float:
        """Wait until a JavaScript expression is true, and return the time that it took, s."""
        begun = time.monotonic()
        while not self.evaluate(script):
            if time.monotonic() - begun > LIMIT_SECONDS:
                sys.exit(f"not true within {LIMIT_SECONDS:.0f} s: {script}")
            time.sleep(0.02)
        return time.monotonic() - begun

    def stay(self, seconds: float) -> None:
        """Stay on the page for some time, and handle its events meanwhile."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.evaluate("true")
            time.sleep(0.1)

    def _watch(self, session: str) -> None:
        self.ask("Network.enable", session)
        self.ask(
            "Target.setAutoAttach",
            session,
            autoAttach=True,
            waitForDebuggerOnStart=True,
            flatten=True,
        )

    def _note(self, event: dict[str, Any]) -> None:
        values = event.get("params", {})
        if event.get("method") == "Network.loadingFinished":
            self.bytes += int(values["encodedDataLength"])
        elif (
            event.get("method") == "Target.attachedToTarget"
            and values["targetInfo"]["type"] == "worker"
        ):
            self._watch(values["sessionId"])
            self.ask("Runtime.runIfWaitingForDebugger", values["sessionId"])


@contextlib.contextmanager
def browser(folder: Path) -> Iterator[tuple[psutil.Process, ClientConnection]]:
    """Start Chromium under Xvfb, and stop both at the end of the `with` block."""
    xvfb = shutil.which("Xvfb")
    if CHROMIUM is None or xvfb is None:
        sys.exit("needs Chromium and Xvfb")
    folder.mkdir(exist_ok=True)
    display = subprocess.Popen(
        [xvfb, "-displayfd", "1", "-screen", "0", "1280x900x24"], stdout=subprocess.PIPE
    )
    number = display.stdout.readline().decode().strip() if display.stdout is not None else ""
    camera = write_camera(folder / "camera.y4m", [room(left=64 + 2 * (n % 5)) for n in range(30)])
    options = ["--no-sandbox", "--no-first-run", "--remote-debugging-port=0", "--disable-gpu"]
    options += ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
    options += [f"--use-file-for-fake-video-capture={camera}", f"--user-data-dir={folder / 'user'}"]
    running = subprocess.Popen(
        [CHROMIUM, *options, "about:blank"],
        env={"DISPLAY": f":{number}", "HOME": str(folder), "PATH": "/usr/bin:/bin"},
        stderr=subprocess.DEVNULL,
    )
    try:
        port_file = folder / "user" / "DevToolsActivePort"
        while not port_file.exists() or len(port_file.read_text().splitlines()) < 2:
            time.sleep(0.05)
        port, path = port_file.read_text().splitlines()
        with connect(f"ws://127.0.0.1:{port}{path}", max_size=2**24) as socket:
            yield psutil.Process(running.pid), socket
    finally:
        for process in (running, display):
            process.terminate()
            process.wait(timeout=30)


def processor_seconds(process: psutil.Process) -> float:
    """Return the processor time of a process and all its descendants, s."""
    total = 0.0
    for each in (process, *process.children(recursive=True)):
        with contextlib.suppress(psutil.NoSuchProcess):
            times = each.cpu_times()
            total += times.user + times.system
    return total


def measure(
    tab: Tab, process: psutil.Process, name: str, *, seconds: float, bounds: Bounds
) -> None:
    """Print the rate of readings and the processor time over a number of seconds."""
    tab.evaluate("readings.length = 0")
    used, begun = processor_seconds(process), time.monotonic()
    time.sleep(seconds)
    elapsed = time.monotonic() - begun
    share = (processor_seconds(process) - used) / elapsed
    rate = tab.evaluate("readings.length") / elapsed
    state = tab.evaluate("document.visibilityState")
    age = tab.evaluate('JSON.parse(document.querySelector("[data-part=raw]").textContent).age')
    load = psutil.getloadavg()[0]
    print(f"{name} ({state}): newest reading {age} ms after its picture; load {load:.1f}")
    bounds.at_least("readings a second", rate, MIN_RATE)
    bounds.at_most("whole browser, of one core", 100 * share, MAX_CPU, "%", digits=1)


def join(tab: Tab, bounds: Bounds) -> None:
    """Join a room as a student whose face is read, and print the time to the first reading."""
    tab.wait('document.getElementById("join-faces")?.checkVisibility() ?? false')
    page = tab.bytes
    tab.evaluate(_COUNT)
    tab.stay(CONSENT_SECONDS)
    ahead = tab.bytes - page
    tab.evaluate("document.getElementById('join-faces').click()")
    opened = tab.wait(f"{_START}.checkVisibility() && !{_START}.disabled")
    tab.evaluate(f"{_START}.click()")
    seconds = opened + tab.wait("readings.length > 0")
    more = tab.bytes - page - ahead
    print(f"a room, agreed to after {CONSENT_SECONDS:.0f} s, with {more / 1e6:.2f} MB after that")
    bounds.at_most("first reading after the agreement", seconds, MAX_FIRST, "s", digits=1)
    bounds.at_most("downloaded", (page + ahead + more) / 1e6, MAX_MB, "MB")
    tab.evaluate("document.getElementById('leave').click()")


def main() -> None:
    """Measure one student's page, visible and hidden, with and without its camera."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30.0, help="The length of each part.")
    seconds = parser.parse_args().seconds
    bounds = Bounds()
    folder = Path(tempfile.mkdtemp(prefix="roomread-bench-"))
    try:
        with serving(folder, command="app") as service:
            asked = {"name": "Algebra 7b", "faces": True}
            room = httpx.post(f"{service.url}/api/v1/rooms", json=asked, timeout=30).json()
            with browser(folder / "joining") as (_, socket):
                join(Tab(socket, room["link"]), bounds)
        with serving(folder, command="app") as service, browser(folder) as (process, socket):
            for turn in ("first visit", "second visit, files kept by the browser"):
                tab = Tab(socket, f"{service.url}/mirror")
                tab.wait('Boolean(document.querySelector("[data-part=hint]")?.textContent)')
                page = tab.bytes
                tab.evaluate(f"{_COUNT} {_START}.click()")
                first = tab.wait("readings.length > 0")
                print(f"/mirror, {turn}: first reading {first:.1f} s after the press,")
                print(f"  {page / 1e6:.2f} MB for the page, {(tab.bytes - page) / 1e6:.2f} MB more")
                if turn == "first visit":
                    tab.evaluate('document.querySelector("[data-part=stop]").click()')
            measure(tab, process, "in front", seconds=seconds, bounds=bounds)
            tab.ask("Target.createTarget", url="about:blank")
            tab.wait('document.visibilityState === "hidden"')
            measure(tab, process, "behind another tab", seconds=seconds, bounds=bounds)
            tab.evaluate('document.querySelector("[data-part=stop]").click()')
            # The time of processes that end is no longer counted.
            time.sleep(seconds / 10)
            used = processor_seconds(process)
            time.sleep(seconds)
            idle = (processor_seconds(process) - used) / seconds
            print(f"camera off: {idle:.1%} of a core for the whole browser")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    sys.exit(bounds.status)


if __name__ == "__main__":
    main()
