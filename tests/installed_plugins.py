"""Install packages with plug-ins into a folder."""

from __future__ import annotations

from pathlib import Path

CODE = """
from roomread.errors import MediaError
from roomread.testing import FixedClassifier as Fixed

class Blobs:
    def __init__(self, *, min_face=5.0):
        self.min_face = min_face

    def detect(self, image):
        return []

class Nothing:
    def __init__(self, *arguments):
        pass

def broken(**arguments):
    raise OSError("no such device")

def refuses():
    raise MediaError("the camera is off", hint="turn it on")

number = 3
"""


ENTRIES = """
[roomread.detectors]
blobs = {module}:Blobs
broken = {module}:broken
refuses = {module}:refuses
nothing = {module}:Nothing
number = {module}:number
absent = {module}:absent
lost = no_such_module_anywhere:Blobs
default = {module}:broken

[roomread.classifiers]
fixed = {module}:Fixed

[roomread.trackers]
nothing = {module}:Nothing
"""


def install(folder: Path, package: str) -> None:
    """Put a package with plug-ins into a folder, as pip would."""
    module = package.replace("-", "_")
    (folder / f"{module}.py").write_text(CODE, encoding="utf-8")
    described = folder / f"{module}-1.2.dist-info"
    described.mkdir(parents=True)
    metadata = f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.2\n"
    (described / "METADATA").write_text(metadata, encoding="utf-8")
    entries = ENTRIES.format(module=module)
    (described / "entry_points.txt").write_text(entries, encoding="utf-8")
