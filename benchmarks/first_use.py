"""Measure the size of the installation, the time of the import, and the time of one 720p photo.

    python benchmarks/first_use.py            # in a new environment in a temporary folder

Times are medians.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).parent.parent
PHOTO = ROOT / "examples" / "astronaut.jpg"
# 300 MB, and 10 MB for the nets and the runtime that the package serves to students' browsers.
LIMIT_MB = 310
LIMIT_IMPORT_S = 0.5

# Prints one JSON line with the median time of 15 analyses of a picture in memory, after a warm-up.
TIME_ROOMREAD = """
import json, statistics, sys, time
from roomread import Analyzer
from roomread.media import read_image
image, analyzer, times = read_image(sys.argv[1]), Analyzer(), []
for _ in range(16):
    start = time.perf_counter()
    faces = analyzer.analyze(image)
    times.append(time.perf_counter() - start)
print(json.dumps({"faces": len(faces), "ms": 1000 * statistics.median(times[1:])}))
"""


def make_environment(folder: Path) -> Path:
    """Make a new, empty environment, and return the path of its Python."""
    venv.create(folder, with_pip=True)
    return folder / "bin" / "python"


def install(python: Path, *packages: str) -> None:
    """Install packages with pip into an environment."""
    subprocess.run([python, "-m", "pip", "install", "--quiet", *packages], check=True)


def install_size(python: Path) -> float:
    """Return the size of all installed packages without pip, MB."""
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = Path(subprocess.check_output([python, "-c", code], text=True).strip())
    own = {"pip", "setuptools", "pkg_resources", "_distutils_hack"}
    folders = [f for f in site.iterdir() if f.name.split("-")[0] not in own]
    files = [p for f in folders for p in ([f] if f.is_file() else f.rglob("*")) if p.is_file()]
    return sum(file.stat().st_size for file in files) / 1e6


def import_time(python: Path) -> float:
    """Return the seconds that `import roomread` adds to an empty program, median of nine pairs."""

    def seconds(code: str) -> float:
        timed = f"import time; t = time.perf_counter(); {code}; print(time.perf_counter() - t)"
        return float(subprocess.check_output([python, "-c", timed], text=True))

    seconds("import roomread")
    return statistics.median(seconds("import roomread") for _ in range(9))


def photo_720p(folder: Path) -> Path:
    """Return a 1280 x 720 photo with one face in its middle."""
    photo = Image.new("RGB", (1280, 720), (96, 96, 96))
    with Image.open(PHOTO) as face:
        photo.paste(face.resize((720, 720)), (280, 0))
    path = folder / "photo.png"
    photo.save(path)
    return path


def analyse_time(python: Path, code: str, photo: Path) -> dict[str, float]:
    """Return the measurements that one of the timing programs prints."""
    out = subprocess.check_output([python, "-c", code, photo], text=True, stderr=subprocess.DEVNULL)
    result: dict[str, float] = json.loads(out.splitlines()[-1])
    return result


def main() -> int:
    """Print the measurements; return 1 if one of them exceeds its limit."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        python = make_environment(folder / "base")
        install(python, "--constraint", str(ROOT / "constraints.txt"), str(ROOT))
        size, imported = install_size(python), import_time(python)
        print(f"base install     {size:6.0f} MB   (limit {LIMIT_MB})")
        print(f"import roomread  {imported:6.3f} s    (limit {LIMIT_IMPORT_S})")
        photo = photo_720p(folder)
        ours = [analyse_time(python, TIME_ROOMREAD, photo) for _ in range(3)]
        print(f"one 720p photo   {statistics.median(r['ms'] for r in ours):6.0f} ms   roomread")
    return int(size > LIMIT_MB or imported > LIMIT_IMPORT_S)


if __name__ == "__main__":
    sys.exit(main())
