"""Write the browser demo into a folder that any host of static files can serve.

python examples/space/build.py out/space
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from importlib.resources import files
from pathlib import Path

from roomread.api.bundles import bundle_content
from roomread.api.student import reader_settings
from roomread.readings import Expression

HERE = Path(__file__).parent
PAGE = ("index.html", "space.css", "space.js")
LICENCES = (
    ("roomread.api", "onnxruntime-web.LICENSE.txt"),
    ("roomread.faces", "centerface.LICENSE.txt"),
)
# The YAML header that Hugging Face requires in the README of a static Space.
HEAD = """---
title: Roomread
sdk: static
pinned: false
license: apache-2.0
---
"""


def main() -> int:
    """Write the demo to the folder given on the command line, and return the exit status."""
    if len(sys.argv) != 2:
        print(__doc__)
        return 2
    folder = Path(sys.argv[1])
    if folder.exists() and any(folder.iterdir()):
        print(f"{folder} is not empty; name another folder, or delete it", file=sys.stderr)
        return 2
    build(folder)
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    print(f"wrote {folder} ({size / 1e6:.0f} MB)")
    return 0


def build(folder: Path) -> None:
    """Create a folder, and write the demo into it."""
    (folder / "files").mkdir(parents=True)
    for name in PAGE:
        shutil.copyfile(HERE / name, folder / name)
    shutil.copyfile(HERE.parent / "astronaut.jpg", folder / "example.jpg")
    shutil.copyfile(HERE.parents[1] / "LICENSE", folder / "LICENSE")
    assets = Path(str(files("roomread.api"))) / "assets"
    shutil.copyfile(assets / "style.css", folder / "style.css")
    for name in modules(assets, "page.js") | modules(assets, "student/reader.js"):
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copyfile(assets / name, folder / name)

    def url_of(name: str) -> str:
        (folder / "files" / name).write_bytes(bundle_content(name))
        return f"./files/{name}"

    colors = {each.display_name: f"rgb{each.color}" for each in Expression}
    settings = reader_settings(url_of) | {"colors": colors}
    (folder / "settings.json").write_text(json.dumps(settings), encoding="utf-8")
    for package, name in LICENCES:
        text = files(package).joinpath("bundled", name).read_text(encoding="utf-8")
        (folder / name).write_text(text, encoding="utf-8")
    text = (HERE / "README.md").read_text(encoding="utf-8")
    (folder / "README.md").write_text(HEAD + text, encoding="utf-8")


def modules(assets: Path, name: str) -> set[str]:
    """Return a script module and all modules that it imports, as paths relative to `assets`.

    Args:
        assets: The folder of the scripts.
        name: The path of the module in `assets`.
    """
    found, waiting = set[str](), [name]
    while waiting:
        module = waiting.pop()
        if module not in found:
            found.add(module)
            text = (assets / module).read_text(encoding="utf-8")
            parent = (assets / module).parent
            waiting += [
                (parent / each).resolve().relative_to(assets.resolve()).as_posix()
                for each in re.findall(r'^import .* from "(\..+?)";', text, flags=re.MULTILINE)
            ]
    return found


if __name__ == "__main__":
    sys.exit(main())
