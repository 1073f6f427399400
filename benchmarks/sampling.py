"""Sample with py-spy how the processor time of reading a call of 49 at 1080p is distributed.

    pip install py-spy
    python benchmarks/sampling.py [-o docs/profile.svg]

Thirty seconds of the call with 15 frames a second are read by a `roomread` process, with 100
samples a second of each working thread. With `-o` a flame graph is written, too.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from itertools import cycle, islice
from pathlib import Path

from roomread.bench.scenes import grid, moving
from roomread.classifier import ExpressionClassifier
from roomread.faces import CenterFace, assess_quality, cut
from roomread.media import VideoWriter
from roomread.runtime import NetSession

RATE, SECONDS = 15.0, 30
PROGRAM = (sys.executable, "-c", "from roomread.entry.main import run; run()")
# Parts of function names by stage, inner functions first. A sample belongs to the first stage of
# which all parts are in its stack.
STAGES = {
    "the expression net": (NetSession.run.__qualname__, ExpressionClassifier.predict.__qualname__),
    "the detector near faces": (NetSession.run.__qualname__, CenterFace.detect_near.__qualname__),
    "the detector at half size": (
        NetSession.run.__qualname__,
        CenterFace.detect_coarse.__qualname__,
    ),
    "the detector on whole frames": (NetSession.run.__qualname__, CenterFace.detect.__qualname__),
    "laying faces side by side, reading the detector's maps": ("CenterFace.",),
    "cutting faces out": (f" {cut.__name__} (",),
    "judging their quality": (f" {assess_quality.__name__} (",),
    "decoding": ("roomread/media/",),
    "tracking and smoothing": ("roomread/tracking/",),
    "writing rows": ("Sink.add",),
}
# py-spy reports an idle thread of a pool as working; its innermost function begins with this.
WAITING = "_worker (concurrent/futures/thread.py"


def stage(stack: list[str]) -> str:
    """Return the stage of a thread from its functions, outermost first; empty if it waited."""
    if stack[-1].startswith(WAITING):
        return ""
    for name, wanted in STAGES.items():
        # A function's name is the whole word before " (": `cut`, not `FaceReader.read_cut`.
        if all(any(part in f" {frame}" for frame in stack) for part in wanted):
            return name
    return "the rest"


def record(folder: Path, kind: str, out: Path) -> None:
    """Return py-spy's record of reading the call, in one of its formats."""
    spy = shutil.which("py-spy") or shutil.which("py-spy", path=Path(sys.executable).parent)
    if spy is None:
        sys.exit("py-spy is not there: pip install py-spy")
    analyze = [*PROGRAM, "analyze", str(folder / "call.mp4"), "-o", str(folder / "call.csv"), "-q"]
    command = [spy, "record", "--rate=100", f"--format={kind}", f"--output={out}", "--", *analyze]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def main() -> None:
    """Print the share of processor time of each stage."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", "--output", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        still = grid(width=1920, height=1080, columns=8, rows=7, people=49)
        pieces = list(moving(still, 60, rate=RATE))
        with VideoWriter(folder / "call.mp4") as writer:
            for index, frame in enumerate(islice(cycle(pieces), round(RATE * SECONDS))):
                writer.write(frame.image, index / RATE)
        record(folder, "raw", folder / "stacks.txt")
        shares: Counter[str] = Counter()
        for line in (folder / "stacks.txt").read_text().splitlines():
            stack, _, taken = line.rpartition(" ")
            shares[stage(stack.split(";"))] += int(taken)
        if options.output is not None:
            record(folder, "flamegraph", options.output)
    del shares[""]
    for name, samples in shares.most_common():
        print(f"{samples / shares.total():6.1%}  {name}")


if __name__ == "__main__":
    main()
