"""Time one picture with other tools that a user could install.

    python benchmarks/peers.py          # in environments of their own; Node.js for `human`

`fer` (PyPI) with its default Haar cascade, and `@vladmandic/human` (npm) in Node.js with
WebAssembly, its detector and its emotion net alone. Each reads the same picture in memory
repeatedly, keeps no state between two readings, and uses its default threads; then, where the
system allows it, one processor. They take turns, so that a machine that slows down slows all of
them. Times are medians, and ratios are medians over the rounds.
"""

from __future__ import annotations

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
from roomread.bench.measure import SCENES

ROUNDS = 3
PICTURES = {"one face, 640 x 480": "webcam", "25 faces, 1280 x 720": "call-25"}
# What its Haar cascade (its default) and its net need. As it stands it also asks for
# facenet-pytorch, and with it for an old torch that current Pythons have no build of.
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

# As `TIME_ROOMREAD`, each prints one JSON line: the faces, and the median of 15 pictures.
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
# Node's `fetch` takes no file:// address, by which it would load its nets.
HUMAN_PROGRAM = """
const fs = require("fs"), http = require("http"), path = require("path");
const own = path.join(__dirname, "node_modules", "@vladmandic", "human");
const wasm = path.join(__dirname, "node_modules", "@tensorflow", "tfjs-backend-wasm", "dist");
const { Human } = require(path.join(own, "dist", "human.node-wasm.js"));
(async () => {
  const nets = http.createServer((asked, answer) =>
    fs.createReadStream(path.join(own, "models", asked.url)).pipe(answer));
  await new Promise((ready) => nets.listen(0, "127.0.0.1", ready));
  const off = { enabled: false };
  const human = new Human({
    backend: "wasm", wasmPath: wasm + "/", wasmPlatformFetch: false, debug: false,
    modelBasePath: `http://127.0.0.1:${nets.address().port}/`, cacheSensitivity: 0, filter: off,
    face: {
      enabled: true, detector: { maxDetected: 50, rotation: false }, emotion: { enabled: true },
      mesh: off, iris: off, description: off, antispoof: off, liveness: off,
    },
    body: off, hand: off, object: off, gesture: off, segmentation: off,
  });
  await human.init();
  const shape = [1, Number(process.argv[4]), Number(process.argv[3]), 3];
  const picture = human.tf.tensor(new Float32Array(fs.readFileSync(process.argv[2])), shape);
  const times = [];
  let faces = 0;
  for (let n = 0; n < 16; n++) {
    const start = performance.now();
    faces = (await human.detect(picture)).face.length;
    times.push(performance.now() - start);
  }
  const sorted = times.slice(1).sort((a, b) => a - b);
  console.log(JSON.stringify({ faces, ms: sorted[7] }));
  nets.close();
})();
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
    program = folder / "time.cjs"
    program.write_text(HUMAN_PROGRAM)
    return program


def timed(command: list[str | Path]) -> dict[str, float]:
    """Return the figures that one of the programs prints."""
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


def main() -> int:
    """Print a table."""
    if shutil.which("npm") is None:
        print("peers.py: `human` needs Node.js: install node and npm", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        fer, human = make_fer(folder / "fer"), make_human(folder / "human")
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
                "human": ["node", human, raw, str(width), str(height)],
            }
            for before in prefixes:
                print(f"{title}, {'one processor' if before else f'{os.cpu_count()} processors'}")
                show(programs, before)
    return 0


if __name__ == "__main__":
    sys.exit(main())
