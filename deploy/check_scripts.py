"""Check the types of the page scripts with TypeScript, where Node is installed.

TypeScript comes from its pinned and hash-checked npm package into the virtual environment; the
scripts are shipped as they are. `tsconfig.json` checks those of pages, `tsconfig.workers.json`
those of workers.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

# It lies beside the build hook, not in a package.
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
    """Return the path of Node, in the virtual environment or on the system; None without one."""
    return shutil.which(
        "node", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    )


def install(folder: Path) -> Path:
    """Return the compiler in `folder`, where it is put unless this version is there already.

    Raises:
        AssetsError: The package cannot be had, or is not the one that was checked.
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
    """Return 0 if the types are right or cannot be checked here, else 1."""
    node = find_node()
    if node is None:
        print("The types of the page scripts were not checked: there is no Node here.")
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
