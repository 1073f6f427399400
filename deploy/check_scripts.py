"""Check the types of the page scripts with TypeScript, where Node is installed.

TypeScript is installed into the virtual environment from a pinned and hash-checked npm package. It
only checks the scripts; they are shipped unchanged. `tsconfig.json` covers the scripts of pages,
and `tsconfig.workers.json` covers web workers.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

# `hatch_assets` is not in a package but next to the build hook, in the root of the repository.
sys.path.insert(0, str(Path(__file__).parent.parent))
from hatch_assets import AssetsError, NpmPackage

ROOT = Path(__file__).parent.parent
TYPESCRIPT = NpmPackage(
    "typescript@6.0.3",
    "y2TvuxSZPDyQakkFRPZHKFm+KKVqIisdg9/CZwm9ftvKXLP8NRWj38/ODjNbr43SsoXqNuAisEf1GdCxqWcdBw==",
    "ROOMREAD_TYPESCRIPT",
    "The check of the page scripts' types uses",
)
PROJECTS = ("tsconfig.json", "tsconfig.workers.json")


def find_node() -> str | None:
    """Return the path of Node in the virtual environment or on the system; None without Node."""
    return shutil.which(
        "node", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    )


def install(folder: Path) -> Path:
    """Install TypeScript in `folder` unless this version is there, and return its compiler.

    Raises:
        AssetsError: The package cannot be obtained, or its hash differs from the pinned hash.
    """
    compiler, stamp = folder / "tsc.js", folder / "stamp"
    if not stamp.is_file() or stamp.read_text(encoding="ascii") != TYPESCRIPT.integrity:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        with (
            tempfile.TemporaryDirectory() as temporary,
            tarfile.open(TYPESCRIPT.find(Path(temporary))) as archive,
        ):
            for member in archive:
                place, file = Path(member.name), archive.extractfile(member)
                if place.parent == Path("package", "lib") and file is not None:
                    (folder / place.name).write_bytes(file.read())
        stamp.write_text(TYPESCRIPT.integrity, encoding="ascii")
    return compiler


def main() -> int:
    """Check the types, and return 0 if they are right or Node is not installed, else 1."""
    node = find_node()
    if node is None:
        print("The types of the page scripts were not checked, because Node is not installed.")
        print("Install Node 20 or newer, or run `make node`.")
        return 0
    try:
        compiler = install(Path(sys.prefix) / "typescript")
    except AssetsError as error:
        print(error)
        return 1
    checks = [
        subprocess.run([node, compiler, "--project", ROOT / project], check=False)
        for project in PROJECTS
    ]
    return int(any(check.returncode for check in checks))


if __name__ == "__main__":
    sys.exit(main())
