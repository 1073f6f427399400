"""Drive the installed Firefox without a window, over WebDriver BiDi.

Playwright can only drive a patched Firefox that it downloads itself.
"""

from __future__ import annotations

import itertools
import json
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

FIREFOX = shutil.which("firefox-esr") or shutil.which("firefox")
_PATIENCE = 120.0
_PREFERENCES: dict[str, bool | int | str] = {
    # Do not ask for permission to use the camera, which is a fake one.
    "media.navigator.permission.disabled": True,
    "app.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.reportingpolicy.firstRun": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "intl.accept_languages": "en-GB, en",
}


class FirefoxPage:
    """The one tab of a running Firefox.

    Args:
        socket: The connection to the browser.

    Attributes:
        errors: The uncaught errors and console errors of its pages.
    """

    def __init__(self, socket: ClientConnection) -> None:
        self.errors: list[str] = []
        self._socket = socket
        self._ids = itertools.count(1)
        self.call("session.new", capabilities={})
        self.call("session.subscribe", events=["log.entryAdded"])
        tree = self.call("browsingContext.getTree")
        self._context = tree["contexts"][0]["context"]

    def call(self, method: str, **values: Any) -> dict[str, Any]:
        """Send a command and return its result."""
        number = next(self._ids)
        self._socket.send(json.dumps({"id": number, "method": method, "params": values}))
        while True:
            message = json.loads(self._socket.recv(timeout=_PATIENCE))
            if message.get("method") == "log.entryAdded":
                entry = message["params"]
                if entry["level"] == "error":
                    self.errors.append(entry["text"])
            if message.get("id") == number:
                assert message["type"] == "success", message
                result: dict[str, Any] = message["result"]
                return result

    def goto(self, url: str) -> None:
        """Open an address and wait until it is loaded."""
        self.call("browsingContext.navigate", context=self._context, url=url, wait="complete")

    def run(self, expression: str) -> Any:
        """Evaluate a JavaScript expression as if the user had clicked, and return its value."""
        found = self.call(
            "script.evaluate",
            expression=f"JSON.stringify({expression}) ?? 'null'",
            target={"context": self._context},
            awaitPromise=True,
            userActivation=True,
        )
        assert found["type"] == "success", found
        return json.loads(found["result"]["value"])

    def wait_for(self, expression: str) -> Any:
        """Wait until a JavaScript expression is true, and return its value."""
        deadline = time.monotonic() + _PATIENCE
        while not (value := self.run(expression)):
            assert time.monotonic() < deadline, (expression, self.run("document.body.innerText"))
            time.sleep(0.2)
        return value

    def wait_for_text(self, text: str) -> None:
        """Wait until a page shows a text."""
        self.wait_for(f"document.body.innerText.includes({json.dumps(text)})")

    def press(self, text: str) -> None:
        """Wait for a button that shows a text, and click it."""
        find = (
            "[...document.querySelectorAll('button')].find(button => !button.disabled"
            f" && button.checkVisibility() && button.innerText.includes({json.dumps(text)}))"
        )
        self.wait_for(f"Boolean({find})")
        self.run(f"({find}).click()")


@contextmanager
def firefox(folder: Path, *, camera: bool) -> Iterator[FirefoxPage]:
    """Start Firefox without a window, and yield its only tab.

    Args:
        folder: An empty folder for the profile of the browser.
        camera: Whether there is a fake camera, which shows a moving picture without a face.
    """
    preferences = {**_PREFERENCES, "media.navigator.streams.fake": camera}
    lines = [f"user_pref({json.dumps(k)}, {json.dumps(v)});" for k, v in preferences.items()]
    (folder / "user.js").write_text("\n".join(lines), encoding="utf-8")
    command = [
        *(str(FIREFOX), "--headless", "--no-remote", "--profile", str(folder)),
        *("--remote-debugging-port", "0", "about:blank"),
    ]
    environment = {"HOME": str(folder), "PATH": "/usr/bin:/bin", "MOZ_CRASHREPORTER_DISABLE": "1"}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        address = _wait_for_address(folder / "log", process)
        with connect(f"{address}/session", max_size=None) as socket:
            yield FirefoxPage(socket)
    except ConnectionClosed as error:
        raise AssertionError((folder / "log").read_text(errors="replace")) from error
    finally:
        process.terminate()
        process.wait(timeout=_PATIENCE)


def _wait_for_address(log: Path, process: subprocess.Popen[bytes]) -> str:
    deadline = time.monotonic() + _PATIENCE
    while True:
        written = log.read_text(errors="replace")
        found = re.search(r"WebDriver BiDi listening on (ws://\S+)", written)
        if found is not None:
            return found[1]
        assert process.poll() is None, written
        assert time.monotonic() < deadline, written
        time.sleep(0.1)
