"""Tests that the package has the structure that docs/architecture.md describes."""

from __future__ import annotations

import ast
import re
import tomllib
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "roomread"
PAGE = ROOT / "docs" / "architecture.md"
WITHOUT_TESTS = ROOT / "tests" / "modules_without_tests.txt"
NAMED = re.compile(r"`((?:src|tests|docs|configs)/[\w./-]+)`")


def packages_of_layers() -> list[str]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    (layers,) = [contract["layers"] for contract in contracts if contract["type"] == "layers"]
    return [name.strip() for layer in layers for name in re.split("[|:]", layer)]


@pytest.mark.parametrize("package", packages_of_layers())
def test_every_package_is_in_the_table_of_layers(package: str) -> None:
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    assert any(f"`{package}`" in row.split("|")[2] for row in rows)


@pytest.mark.parametrize("path", sorted(set(NAMED.findall(PAGE.read_text(encoding="utf-8")))))
def test_every_file_that_the_architecture_page_names_exists(path: str) -> None:
    assert (ROOT / path).exists()


def test_every_service_is_in_the_table_of_services() -> None:
    text = PAGE.read_text(encoding="utf-8").partition("## Services")[2]
    modules = {path.stem for path in (ROOT / "src/roomread/services").glob("[!_]*.py")}
    assert {name for name in modules if f"`{name}`" not in text} == set()


def test_architecture_page_is_in_the_navigation_and_linked_from_contributing() -> None:
    assert '"architecture.md"' in (ROOT / "zensical.toml").read_text(encoding="utf-8")
    assert "docs/architecture.md" in (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def test_class_names_are_unique_and_no_file_is_over_400_lines() -> None:
    names: Counter[str] = Counter()
    for path in PACKAGE.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert text.count("\n") <= 400, path
        names.update(
            node.name for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ClassDef)
        )
    assert [name for name, number in names.items() if number > 1] == []


def test_every_module_has_a_test_file_or_is_in_the_list_of_exceptions() -> None:
    lines = WITHOUT_TESTS.read_text(encoding="utf-8").splitlines()
    listed = [line for line in lines if line and not line.startswith("#")]
    modules = (path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py"))
    missing = {
        path.as_posix()
        for path in modules
        if path.name != "__init__.py"
        and not (ROOT / "tests" / path.with_name(f"test_{path.name}")).exists()
    }
    assert missing - set(listed) == set(), "write their tests"
    assert set(listed) - missing == set(), (
        "they have tests or no longer exist: remove them from the list"
    )
    assert len(listed) == len(set(listed))
