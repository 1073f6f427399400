"""Measure the service under load: 720p JPEGs with one face, closed-loop clients on loopback.

    python benchmarks/service.py [--seconds 20] [--minutes 0]

First the pipeline alone (decode, detect, classify), in one thread per processor, and the service,
with one client per processor, are measured in turns, three times each. Then the service is measured
with as many clients as it admits and with four times as many and, with --minutes, its memory.
The clients run on the same processors as the service.
"""

from __future__ import annotations

import argparse
import io
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import httpx
from PIL import Image

from roomread import Analyzer

PORT = 8598
URL = f"http://127.0.0.1:{PORT}"
CORES = os.cpu_count() or 1


def picture() -> bytes:
    """Return a JPEG of 1280 x 720 px with the example's portrait."""
    canvas = Image.effect_noise((1280, 720), 30).convert("RGB")
    canvas.paste(
        Image.open(Path(__file__).parent.parent / "examples" / "astronaut.jpg"), (380, 100)
    )
    file = io.BytesIO()
    canvas.save(file, "JPEG", quality=90)
    return file.getvalue()


def closed_loop(
    clients: int, seconds: float, make: Callable[[], Callable[[], int]]
) -> tuple[list[float], Counter[int]]:
    """Return the latencies of responses with status 200, s, and the number of responses by status.

    Args:
        clients: the number of clients. Each sends a request as soon as it has the response to the
            last one, or a second after a refusal, as the service demands.
        seconds: the duration, s.
        make: a function that is called once in each client's thread and returns a function that
            sends one request and returns the status.
    """
    latencies: list[float] = []
    statuses: Counter[int] = Counter()
    end = time.monotonic() + seconds

    def work() -> None:
        ask = make()
        while time.monotonic() < end:
            begun = time.monotonic()
            status = ask()
            statuses[status] += 1
            if status == 200:
                latencies.append(time.monotonic() - begun)
            else:
                time.sleep(1)

    threads = [threading.Thread(target=work) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return latencies, statuses


def report(name: str, latencies: list[float], seconds: float, statuses: Counter[int]) -> float:
    """Print a line of results, and return the number of responses per second."""
    rate = len(latencies) / seconds
    median = 1000 * statistics.median(latencies)
    p99 = 1000 * statistics.quantiles(latencies, n=100)[98]
    others = {status: count for status, count in sorted(statuses.items()) if status != 200}
    print(f"{name}: {rate:.1f} pictures/s, median {median:.0f} ms, p99 {p99:.0f} ms {others or ''}")
    return rate


def processor_seconds(pid: int) -> float:
    """Return the processor time of a process and its children so far, s (Linux)."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            # The program's name, in brackets, may hold blanks.
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if str(pid) in (stat.parent.name, fields[1]):
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def megabytes(pid: int) -> float:
    """Return the resident memory of a process and its children, MB (Linux)."""
    total = 0
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            fields = dict(
                line.split(":\t", 1) for line in status.read_text().splitlines() if ":\t" in line
            )
        except OSError:
            continue
        if str(pid) in (fields["Pid"], fields["PPid"]):
            total += int(fields.get("VmRSS", "0 kB").split()[0])
    return total / 1024


def measure(pid: int, seconds: float, minutes: float) -> None:
    """Run the loads, and print the measurements."""
    content = picture()
    analyzer = Analyzer()

    def alone() -> Callable[[], int]:
        def ask() -> int:
            analyzer.analyze(content)
            return 200

        return ask

    def asking() -> Callable[[], int]:
        client = httpx.Client(base_url=URL, timeout=60)
        return lambda: client.post("/api/v1/analyze", content=content).status_code

    closed_loop(CORES, 3, alone)
    closed_loop(CORES, 3, asking)
    ratios = []
    spent: dict[str, list[float]] = {"pipeline alone": [], "service": []}
    for _ in range(3):
        begun = time.process_time()
        found = timed(CORES, seconds, alone)
        spent["pipeline alone"].append((time.process_time() - begun) / len(found[0]))
        bare = report(f"pipeline alone, {CORES} threads", *found)
        begun = processor_seconds(pid)
        found = timed(CORES, seconds, asking)
        spent["service"].append((processor_seconds(pid) - begun) / len(found[0]))
        served = report(f"service, {CORES} clients", *found)
        ratios.append(bare / served - 1)
    for name, each in spent.items():
        print(f"processor time a picture, {name}: {1000 * statistics.median(each):.0f} ms")
    shown = ", ".join(f"{ratio:+.0%}" for ratio in ratios)
    print(f"overhead of the service: {shown}; median {statistics.median(ratios):+.0%}")
    # The limit of the service: the requests that run and the requests that wait.
    carried = 5 * CORES
    report(f"service, {carried} clients", *timed(carried, seconds, asking))
    report(f"service, {4 * carried} clients", *timed(4 * carried, seconds, asking))
    if minutes:
        memory = []
        for _ in range(max(int(minutes * 6), 3)):
            closed_loop(CORES, 10, asking)
            memory.append(megabytes(pid))
        third = max(len(memory) // 3, 1)
        first, last = statistics.median(memory[:third]), statistics.median(memory[-third:])
        print(f"memory over {minutes:g} min: first third {first:.0f} MB, last {last:.0f} MB")


def timed(
    clients: int, seconds: float, make: Callable[[], Callable[[], int]]
) -> tuple[list[float], float, Counter[int]]:
    """Run `closed_loop`, and return its result in the form that `report` expects."""
    begun = time.monotonic()
    latencies, statuses = closed_loop(clients, seconds, make)
    return latencies, time.monotonic() - begun, statuses


def main() -> None:
    """Start the service, measure it, and stop it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--minutes", type=float, default=0)
    options = parser.parse_args()
    code = "from roomread.entry.main import run; run()"
    command = [sys.executable, "-c", code, "serve", "--port", str(PORT)]
    with tempfile.TemporaryDirectory() as folder:
        own = {"ROOMREAD_DATA_FOLDER": folder, "ROOMREAD_REQUESTS_PER_MINUTE": "1000000"}
        with (Path(folder) / "log").open("wb") as log:
            process = subprocess.Popen(command, env=os.environ | own, stderr=log)
        try:
            for _ in range(600):
                try:
                    if httpx.get(f"{URL}/readyz").is_success:
                        break
                except httpx.HTTPError:
                    time.sleep(0.1)
            measure(process.pid, options.seconds, options.minutes)
        finally:
            begun = time.monotonic()
            process.send_signal(signal.SIGTERM)
            status = process.wait()
            print(f"ended in {time.monotonic() - begun:.1f} s with status {status}")


if __name__ == "__main__":
    main()
