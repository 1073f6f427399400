"""Compare the time and the accuracy of Roomread and of other tools that a user could install.

    python benchmarks/peers.py [path/to/fer2013.parquet] [--only time]
    python benchmarks/peers.py path/to/fer2013.parquet --only accuracy [--split PublicTest]

Each tool is installed in an environment of its own; `human` needs Node.js. The accuracy needs
FER-2013 and is described in `peers_accuracy.py`.

The tools are `fer` (PyPI) with its default Haar cascade, and `@vladmandic/human` (npm) in Node.js
with WebAssembly, with only its detector and its emotion net. Each reads the same picture in memory
repeatedly, keeps no state between two readings, and uses its default number of threads; then, where
the system allows it, one processor. The tools take turns, so that a machine that slows down slows
all of them. Times are medians, and ratios are medians over the rounds.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from first_use import TIME_ROOMREAD, install, make_environment
from peers_accuracy import show_accuracy
from roomread.bench.measure import SCENES
from roomread.training.dataset import Split

ROUNDS = 3
PICTURES = {"one face, 640 x 480": "webcam", "25 faces, 1280 x 720": "call-25"}
# The dependencies of `fer`'s Haar cascade (its default) and of its net. Its own requirements also
# include facenet-pytorch, which needs an old torch without builds for current Pythons.
FER = "fer==25.10.3"
FER_NEEDS = (
    "tensorflow-cpu",
    "opencv-contrib-python-headless<5",
    "pandas",
    "requests",
    "tqdm",
    "matplotlib",
    "moviepy<2",
    "ffmpeg-python",
    "pillow",
    "setuptools<81",
)
HUMAN = (
    "@vladmandic/human@3.3.6",
    "@tensorflow/tfjs-core@4.22.0",
    "@tensorflow/tfjs-converter@4.22.0",
    "@tensorflow/tfjs-backend-wasm@4.22.0",
)

# Like `TIME_ROOMREAD` and `peers_human.cjs`, it prints the number of faces and the median time.
FER_PROGRAM = """
import json, statistics, sys, time
import numpy as np
from PIL import Image
from fer.fer import FER
image = np.ascontiguousarray(np.asarray(Image.open(sys.argv[1]).convert("RGB"))[..., ::-1])
detector, times = FER(), []
for _ in range(16):
    start = time.perf_counter()
    faces = detector.detect_emotions(image)
    times.append(time.perf_counter() - start)
print(json.dumps({"faces": len(faces), "ms": 1000 * statistics.median(times[1:])}))
"""


def make_fer(folder: Path) -> Path:
    """Make an environment with `fer`, and return its Python."""
    python = make_environment(folder)
    install(python, *FER_NEEDS)
    install(python, "--no-deps", FER)
    return python


def make_human(folder: Path) -> Path:
    """Make a folder with `human`, and return its program."""
    folder.mkdir()
    subprocess.run(
        ["npm", "install", "--silent", "--no-audit", "--no-fund", *HUMAN], cwd=folder, check=True
    )
    return Path(shutil.copy(Path(__file__).with_name("peers_human.cjs"), folder))


def timed(command: list[str | Path]) -> dict[str, float]:
    """Return the measurements that one of the programs prints."""
    out = subprocess.check_output(command, text=True, stderr=subprocess.DEVNULL)
    result: dict[str, float] = json.loads(out.splitlines()[-1])
    return result


def confined() -> list[list[str]]:
    """Return the prefixes of a command for all processors and, where possible, for one."""
    if shutil.which("taskset") is None:
        print("there is no taskset here: one processor each is left out")
        return [[]]
    return [[], ["taskset", "-c", "0"]]


def show(programs: dict[str, list[str | Path]], before: list[str]) -> None:
    """Print the time of each tool, measured in turns."""
    rounds = [
        {tool: timed([*before, *command]) for tool, command in programs.items()}
        for _ in range(ROUNDS)
    ]
    for tool in programs:
        ms = statistics.median(one[tool]["ms"] for one in rounds)
        ratio = statistics.median(one[tool]["ms"] / one["roomread"]["ms"] for one in rounds)
        found = f"{rounds[0][tool]['faces']:.0f} faces"
        print(f"  {tool:10}{ms:8.0f} ms{ratio:8.1f} times roomread's  {found}")


def show_times(fer: Path, human: Path, folder: Path) -> None:
    """Print the table of times."""
    prefixes = confined()
    print(f"ms a picture, median of {ROUNDS} rounds")
    for title, scene in PICTURES.items():
        image = SCENES[scene].make().image
        png, raw = folder / f"{scene}.png", folder / f"{scene}.raw"
        Image.fromarray(image).save(png)
        raw.write_bytes(np.ascontiguousarray(image).tobytes())
        height, width = image.shape[:2]
        programs: dict[str, list[str | Path]] = {
            "roomread": [sys.executable, "-c", TIME_ROOMREAD, png],
            "fer": [fer, "-c", FER_PROGRAM, png],
            "human": ["node", human, "time", raw, str(width), str(height)],
        }
        for before in prefixes:
            print(f"{title}, {'one processor' if before else f'{os.cpu_count()} processors'}")
            show(programs, before)


def left_out(data: Path | None) -> str | None:
    """Return the reason why the accuracy cannot be measured, or None if it can be measured."""
    if data is None:
        return "no FER-2013 file is given"
    return None if data.exists() else f"{data}: no such data set"


def main() -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("data", type=Path, nargs="?", help="FER-2013, for the accuracy")
    parser.add_argument("--only", choices=("time", "accuracy"), help="one of the two parts")
    parser.add_argument(
        "--split",
        choices=("PublicTest", "PrivateTest"),
        default="PublicTest",
        help="PrivateTest, for the last report",
    )
    parser.add_argument("--count", type=int, default=500, help="pictures of the search")
    options = parser.parse_args()
    if shutil.which("npm") is None:
        print("peers.py: `human` needs Node.js: install node and npm", file=sys.stderr)
        return 2
    reason = left_out(options.data)
    if options.only == "accuracy" and reason is not None:
        print(f"peers.py: {reason}", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        fer, human = make_fer(folder / "fer"), make_human(folder / "human")
        if options.only != "accuracy":
            show_times(fer, human, folder)
        if options.only == "time":
            return 0
        if reason is not None:
            print(f"the accuracy is left out: {reason}")
            return 0
        split = Split[options.split]
        show_accuracy(fer, human, folder, options.data, split=split, count=options.count)
    return 0


if __name__ == "__main__":
    sys.exit(main())
