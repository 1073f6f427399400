"""Show a simulated call on a virtual screen, and drive a browser on it over the DevTools protocol.

Playwright makes every page believe that it is visible and focused, so tests of hidden pages use
the protocol directly.
"""

from __future__ import annotations

import itertools
import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

from roomread.bench.scenes import Grid, moving
from roomread.media import VideoWriter

XVFB = shutil.which("Xvfb")
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
_PATIENCE = 60.0
# A script that replaces the shared window by a canvas with noise, with black, or without changes.
DRAWN_WINDOW = """
const canvas = document.createElement("canvas");
[canvas.width, canvas.height] = [320, 240];
const context = canvas.getContext("2d");
window.shown = "noise";
setInterval(() => {
    if (shown === "nothing") return;
    context.fillStyle = "black";
    context.fillRect(0, 0, 320, 240);
    for (let n = 0; shown === "noise" && n < 200; n++) {
        context.fillStyle = `hsl(${360 * Math.random()} 80% 60%)`;
        context.fillRect(320 * Math.random(), 240 * Math.random(), 40, 40);
    }
}, 200);
navigator.mediaDevices.getDisplayMedia = async () => {
    const stream = canvas.captureStream();
    [window.track] = stream.getVideoTracks();
    return stream;
};
"""


@contextmanager
def virtual_screen(width: int, height: int) -> Iterator[str]:
    """Start a virtual screen, and yield its `DISPLAY`."""
    screen = f"{width}x{height}x24"
    command = [str(XVFB), "-displayfd", "1", "-screen", "0", screen, "-nolisten", "tcp"]
    # Without this option the screen is cleared when its last program ends.
    command.append("-noreset")
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as server:
        assert server.stdout is not None
        try:
            yield f":{int(server.stdout.readline())}"
        finally:
            server.terminate()


def write_call(folder: Path, *stills: Grid, seconds: float = 4.0, rate: float = 15.0) -> Path:
    """Write a page that shows a call in which people move a little, and return its path.

    The page first shows the first of several calls; its function `show(n)` switches to another.

    Args:
        folder: The folder into which the page and its videos are written.
        stills: A still picture of each call.
        seconds: The length of each video, which is shown in a loop, s.
        rate: Frames a second.
    """
    for number, still in enumerate(stills):
        with VideoWriter(folder / f"call{number}.mp4") as writer:
            for frame in moving(still, int(seconds * rate), rate=rate, sway=0.03):
                writer.write(frame.image, frame.time)
    page = folder / "call.html"
    page.write_text(
        "<!doctype html><title>Call</title><style>body { margin: 0; background: #000 }"
        "video { width: 100vw; height: 100vh; object-fit: contain }</style>"
        '<video src="call0.mp4" autoplay loop muted></video>'
        "<script>function show(n) { document.querySelector('video').src = `call${n}.mp4` }</script>"
    )
    return page


class PageLoadingError(Exception):
    """A page is being loaded, and runs no scripts yet."""


class Tab:
    """A tab of a browser, or the browser itself, driven by the DevTools protocol.

    Args:
        socket: The connection to the DevTools of the tab.
        target: The id of the tab.

    Attributes:
        target: The id of the tab.
        violations: The violations of the Content Security Policy that its pages reported.
    """

    def __init__(self, socket: ClientConnection, target: str) -> None:
        self.target = target
        self.violations: list[str] = []
        self._socket = socket
        self._ids = itertools.count(1)

    def call(self, method: str, **values: Any) -> dict[str, Any]:
        """Send a command and return its result.

        Raises:
            PageLoadingError: The page runs no scripts yet.
        """
        number = next(self._ids)
        self._socket.send(json.dumps({"id": number, "method": method, "params": values}))
        while True:
            message = json.loads(self._socket.recv(timeout=_PATIENCE))
            if message.get("method") == "Log.entryAdded":
                text = message["params"]["entry"]["text"]
                if "Content Security Policy" in text:
                    self.violations.append(text)
            if message.get("id") == number:
                if "execution context" in str(message.get("error")):
                    raise PageLoadingError
                assert "error" not in message, message
                result: dict[str, Any] = message["result"]
                return result

    def run(self, expression: str) -> Any:
        """Evaluate a JavaScript expression as if the user had clicked, and return its value."""
        found = self.call(
            "Runtime.evaluate",
            expression=expression,
            userGesture=True,
            awaitPromise=True,
            returnByValue=True,
        )
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def wait_for(self, expression: str) -> Any:
        """Wait until a JavaScript expression is true, and return its value."""
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            with suppress(PageLoadingError):
                if value := self.run(expression):
                    return value
            time.sleep(0.1)
        raise AssertionError(expression, self.run("document.body.innerText"))

    def press(self, element: str) -> None:
        """Click an element by its id."""
        self.run(f"document.getElementById({element!r}).click()")

    def text(self, element: str) -> str:
        """Return the text of an element by its id."""
        return str(self.run(f"document.getElementById({element!r}).textContent"))


class HeadedBrowser:
    """Chromium on a screen, which shares the whole screen when a page asks for a window.

    Args:
        process: The running browser.
        folder: The folder of its profile.
        stack: An exit stack that closes the connections to its tabs.

    Attributes:
        process: The running browser.
    """

    def __init__(self, process: subprocess.Popen[bytes], folder: Path, stack: ExitStack) -> None:
        self.process = process
        self._stack = stack
        port = folder / "DevToolsActivePort"
        deadline = time.monotonic() + _PATIENCE
        while not port.exists() or len(port.read_text().splitlines()) < 2:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        number, path = port.read_text().splitlines()
        self._address = f"ws://127.0.0.1:{number}"
        self._browser = self._attach(path, "browser")

    def open(self, url: str) -> Tab:
        """Open a tab, which then hides the others."""
        target = self._browser.call("Target.createTarget", url=url)["targetId"]
        tab = self._attach(f"/devtools/page/{target}", target)
        tab.call("Runtime.enable")
        tab.call("Log.enable")
        return tab

    def show(self, tab: Tab) -> None:
        """Bring a tab to the front."""
        self._browser.call("Target.activateTarget", targetId=tab.target)

    def _attach(self, path: str, target: str) -> Tab:
        socket = self._stack.enter_context(connect(self._address + path, max_size=None))
        return Tab(socket, target)


@contextmanager
def headed_browser(display: str, folder: Path, width: int, height: int) -> Iterator[HeadedBrowser]:
    """Start Chromium in full screen on a virtual screen.

    Args:
        display: The `DISPLAY` of the screen.
        folder: An empty folder for the profile of the browser.
        width: Width of the screen, px.
        height: Height of the screen, px.
    """
    command = [
        *(str(CHROMIUM), "--no-sandbox", "--no-first-run", "--disable-gpu"),
        *("--remote-debugging-port=0", f"--user-data-dir={folder}", "--kiosk"),
        *("--window-position=0,0", f"--window-size={width},{height}"),
        *("--auto-select-desktop-capture-source=Entire screen", "--disable-features=Translate"),
        "about:blank",
    ]
    environment = {"DISPLAY": display, "HOME": str(folder), "PATH": "/usr/bin:/bin"}
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        with ExitStack() as stack:
            yield HeadedBrowser(process, folder, stack)
    finally:
        process.terminate()
        process.wait(timeout=_PATIENCE)
