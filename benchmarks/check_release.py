"""Check that the package's version is the newest release of the changelog."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from roomread import __version__


def main() -> int:
    """Return 0 if the newest release in CHANGELOG.md is the package's version, else 1."""
    text = (Path(__file__).parent.parent / "CHANGELOG.md").read_text(encoding="utf-8")
    releases = re.findall(r"^## \[(\d[^\]]*)\]", text, flags=re.MULTILINE)
    if not releases or releases[0] != __version__:
        newest = releases[0] if releases else "none"
        print(f"CHANGELOG.md's newest release is {newest}, the package's version {__version__}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
