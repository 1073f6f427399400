"""Measure the page "Read a call" with a made-up call of 25 on a screen of 1920 x 1080.

    python benchmarks/share.py [--seconds 30]

Chromium, with a window on a virtual screen (Xvfb), shares the whole screen in a tab that is hidden
behind the call. The output is the number of pictures a second, the time from a frame to its result,
and the processor time of the browser and of the service. The processor time of the browser is the
difference between sharing the call and only showing it; it draws without a graphics card.
"""

from __future__ import annotations

import argparse
import re
import statistics
import sys
import tempfile
import time
from pathlib import Path

import psutil

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from roomread.bench.scenes import grid  # noqa: E402
from serving import serving  # noqa: E402
from shared_screen import Tab, headed_browser, virtual_screen, write_call  # noqa: E402

SIZE = (1920, 1080)
PEOPLE = 25
PACE = re.compile(r"([\d.,]+) pictures a second; this result took ([\d.,]+) ms")


def processor_seconds(pid: int) -> float:
    """Return the processor time of a process and of all its descendants, s."""
    parent = psutil.Process(pid)
    total = 0.0
    for process in (parent, *parent.children(recursive=True)):
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system
    return total


def share_of_core(pid: int, seconds: float) -> float:
    """Return the processor time of a process and its children per second; 1 is one whole core."""
    before, begun = processor_seconds(pid), time.monotonic()
    time.sleep(seconds)
    return (processor_seconds(pid) - before) / (time.monotonic() - begun)


def paces(page: Tab, seconds: float) -> list[tuple[float, float]]:
    """Return the rate, 1/s, and the age of results, ms, that the page shows, twice a second."""
    found, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        match = PACE.search(page.text("pace"))
        if match is not None:
            rate, age = (float(number.replace(",", "")) for number in match.groups())
            found.append((rate, age))
        time.sleep(0.5)
    return found


def main() -> None:
    """Measure the page, and print the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30.0)
    seconds: float = parser.parse_args().seconds
    with tempfile.TemporaryDirectory(prefix="roomread-share-") as temporary:
        folder = Path(temporary)
        still = grid(
            width=SIZE[0], height=SIZE[1], columns=5, rows=5, people=PEOPLE, face=(0.4, 0.6)
        )
        call = write_call(folder, still)
        profile = folder / "profile"
        profile.mkdir()
        with (
            serving(folder) as service,
            virtual_screen(*SIZE) as display,
            headed_browser(display, profile, *SIZE) as browser,
        ):
            page = browser.open(f"{service.url}/share")
            page.wait_for("document.querySelectorAll('#shares tr').length === 7")
            browser.open(call.as_uri())
            time.sleep(5)
            alone = share_of_core(browser.process.pid, seconds / 2)
            begun = time.monotonic()
            page.press("choose")
            page.wait_for(f"document.getElementById('mood').textContent.includes('of {PEOPLE} ')")
            first = time.monotonic() - begun
            # The pace is that of the last ten seconds.
            time.sleep(10)
            server, client = (processor_seconds(p.pid) for p in (service.process, browser.process))
            begun = time.monotonic()
            measured = paces(page, seconds)
            passed = time.monotonic() - begun
            server = (processor_seconds(service.process.pid) - server) / passed
            client = (processor_seconds(browser.process.pid) - client) / passed - alone
            print(page.text("mood"))
    rates, ages = zip(*measured, strict=True)
    print(f"page hidden; load of the machine {psutil.getloadavg()[0]:.1f}")
    print(f"first mood after {first:.1f} s")
    print(f"{statistics.median(rates):.1f} pictures a second")
    print(f"age of results: median {statistics.median(ages):.0f} ms, highest {max(ages):.0f} ms")
    print(f"service {server:.0%} of a core, browser {client:.0%} (call alone {alone:.0%})")


if __name__ == "__main__":
    main()
