"""Check that the package's version is the newest release of the changelog.

With `--publish`, also check that pyproject.toml has the URLs of the project and that the release
has a date, which only the project's owner can set.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

from roomread import __version__

_ROOT = Path(__file__).parent.parent
# The labels that PyPI knows (packaging.python.org, "Well-known Project URLs in Metadata").
ADDRESSES = ("Homepage", "Documentation", "Source", "Issues", "Changelog")


def version_problems(changelog: str, version: str) -> list[str]:
    """Return the problems of a version that is not the newest release of a changelog."""
    releases = re.findall(r"^## \[(\d[^\]]*)\]", changelog, flags=re.MULTILINE)
    newest = releases[0] if releases else "none"
    if newest == version:
        return []
    return [f"CHANGELOG.md's newest release is {newest}, the package's version {version}"]


def publishing_problems(changelog: str, addresses: Mapping[str, str]) -> list[str]:
    """Return what is still missing before a release can be published.

    Args:
        changelog: The text of CHANGELOG.md.
        addresses: The table `[project.urls]` of pyproject.toml.
    """
    problems = [
        f"pyproject.toml: [project.urls] has no https:// address for {label}"
        for label in ADDRESSES
        if not addresses.get(label, "").startswith("https://")
    ]
    if re.search(r"^## \[\d[^\]]*\] - unreleased", changelog, flags=re.MULTILINE):
        problems.append("CHANGELOG.md: the newest release has no day yet")
    return problems


def main(arguments: list[str]) -> int:
    """Return 0 if the release may be built, or published with `--publish`, else 1."""
    changelog = (_ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    problems = version_problems(changelog, __version__)
    if "--publish" in arguments:
        project = tomllib.loads((_ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        problems += publishing_problems(changelog, project.get("urls", {}))
    print("\n".join(problems), end="\n" if problems else "")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
