"""Measure the app: the time from Home to a first result, and speed and memory with two cameras.

    python benchmarks/web_app.py [--minutes 10]

Headless Chromium has a fake 640 x 480 camera at 30 frames a second that shows one face. The
browsers run on the same processors as the app. The output is medians of the first and of the last
third.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Page, sync_playwright

PORT = 8599
URL = f"http://127.0.0.1:{PORT}"


def write_camera(path: Path) -> None:
    """Write two seconds of a portrait that moves a little, as Y4M."""
    portrait = Image.open(Path(__file__).parent.parent / "examples" / "astronaut.jpg")
    with path.open("wb") as file:
        file.write(b"YUV4MPEG2 W640 H480 F30:1 Ip A1:1 C420jpeg\n")
        for number in range(60):
            picture = Image.effect_noise((640, 480), 20).convert("RGB")
            picture.paste(portrait, (60 + abs(30 - number), -10))
            y, cb, cr = (np.asarray(plane) for plane in picture.convert("YCbCr").split())
            file.write(b"FRAME\n" + y.tobytes() + cb[::2, ::2].tobytes() + cr[::2, ::2].tobytes())


def megabytes(pid: int) -> float:
    """Return the resident memory of a process and its children, MB (Linux)."""
    total = 0
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            text = status.read_text()
        except OSError:
            continue
        fields = dict(re.findall(r"^(Pid|PPid|VmRSS):\s+(\d+)", text, flags=re.MULTILINE))
        if pid in (int(fields["Pid"]), int(fields["PPid"])):
            total += int(fields.get("VmRSS", 0))
    return total / 1024


def metric(page: Page, label: str) -> float:
    """Return the number that the page shows under a label."""
    box = page.get_by_test_id("stMetric").filter(has_text=label)
    return float(box.get_by_test_id("stMetricValue").inner_text())


def time_home(page: Page) -> None:
    """Print the times from Home to a first reading and to the result of the demo class, s."""
    for button, text in (
        ("An example photo", re.compile("1 face")),
        ("The demo class", re.compile("The class was less positive than before")),
    ):
        page.goto(URL)
        page.get_by_role("button", name=button).wait_for()
        begun = time.monotonic()
        page.get_by_role("button", name=button).click()
        page.get_by_text(text).first.wait_for()
        print(f"Home, {button}, one click: {time.monotonic() - begun:.1f} s")


def measure(pid: int, minutes: float, folder: Path) -> None:
    """Open the app as two visitors, measure its speed and memory, and print the results."""
    camera = folder / "camera.y4m"
    write_camera(camera)
    rates: list[float] = []
    ages: list[float] = []
    memory: list[float] = []
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("google-chrome"),
            args=[
                "--no-sandbox",
                "--use-fake-device-for-media-stream",
                f"--use-file-for-fake-video-capture={camera}",
            ],
        )
        visitors = [browser.new_context(permissions=["camera"]).new_page() for _ in range(2)]
        time_home(visitors[0])
        for page in visitors:
            page.goto(f"{URL}/watch")
            page.frame_locator("iframe").first.get_by_role("button", name="START").click()
            page.get_by_role("tab", name="Diagnostics").click()
            page.get_by_text("Frames/s").wait_for()
        time.sleep(10)
        end = time.monotonic() + 60 * minutes
        while time.monotonic() < end:
            rates.append(min(metric(page, "Frames/s") for page in visitors))
            ages.append(max(metric(page, "Age, ms") for page in visitors))
            memory.append(megabytes(pid))
            time.sleep(2)
        browser.close()
    third = max(len(rates) // 3, 1)
    for name, values, unit in (
        ("frames a second, the slower visitor", rates, ""),
        ("age of the result, the later visitor", ages, " ms"),
        ("memory of the app", memory, " MB"),
    ):
        first, last = statistics.median(values[:third]), statistics.median(values[-third:])
        print(f"{name}: first third {first:.0f}{unit}, last third {last:.0f}{unit}")


def main() -> None:
    """Start the app, measure it, and stop it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    minutes = parser.parse_args().minutes
    code = "from roomread.entry.main import run; run()"
    command = [sys.executable, "-c", code, "app", "--no-browser", "--port", str(PORT)]
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"ROOMREAD_PURPOSE": "personal", "XDG_CONFIG_HOME": folder}
        environment |= {"ROOMREAD_DATA_FOLDER": f"{folder}/data"}
        process = subprocess.Popen(command, env=environment, start_new_session=True)
        try:
            for _ in range(600):
                try:
                    urllib.request.urlopen(f"{URL}/_stcore/health", timeout=5).close()  # noqa: S310
                    break
                except OSError:
                    time.sleep(0.1)
            measure(process.pid, minutes, Path(folder))
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait()


if __name__ == "__main__":
    main()
