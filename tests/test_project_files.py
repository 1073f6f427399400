"""Tests that the metadata files of the project agree with the package."""

from __future__ import annotations

import json
import runpy
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from roomread import __version__
from roomread.classifier import open_model

ROOT = Path(__file__).parent.parent


def loaded(path: str) -> Any:
    return yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))


def test_citation_and_codemeta_have_the_version_and_licence_of_the_package() -> None:
    citation = loaded("CITATION.cff")
    assert (citation["version"], citation["license"]) == (__version__, "Apache-2.0")
    codemeta = json.loads((ROOT / "codemeta.json").read_text(encoding="utf-8"))
    assert codemeta["version"] == __version__
    assert codemeta["license"].endswith("/Apache-2.0")
    assert codemeta["keywords"] == citation["keywords"]


def test_citation_and_codemeta_name_the_source_url_of_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    source = project.get("urls", {}).get("Source")
    codemeta = json.loads((ROOT / "codemeta.json").read_text(encoding="utf-8"))
    assert loaded("CITATION.cff").get("repository-code", source) == source
    assert codemeta.get("codeRepository", source) == source


def test_publishing_requires_every_url_and_the_date_of_the_release() -> None:
    check = runpy.run_path(str(ROOT / "benchmarks" / "check_release.py"))
    addresses = dict.fromkeys(check["ADDRESSES"], "https://example.org/")
    problems = check["publishing_problems"]
    assert problems("## [0.1.0] - 2027-01-04", addresses) == []
    assert problems("## [0.1.0] - unreleased", addresses) == [
        "CHANGELOG.md: the newest release has no day yet"
    ]
    for label in addresses:
        lacking = addresses | {label: "example.org"}
        (problem,) = problems("## [0.1.0] - 2027-01-04", lacking)
        assert label in problem
    assert len(problems("## [0.1.0] - 2027-01-04", {})) == len(addresses)


def test_release_workflow_checks_the_requirements_for_publishing_first() -> None:
    steps = loaded(".github/workflows/release.yml")["jobs"]["build"]["steps"]
    commands = [step["run"] for step in steps if "run" in step]
    assert [command.split()[1] for command in commands] == ["publishable", "release"]


def test_conda_recipe_has_the_version_and_the_dependencies_of_the_package() -> None:
    recipe = loaded("deploy/conda/recipe.yaml")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert recipe["context"]["version"] == __version__
    run = [each.replace(" ", "") for each in recipe["requirements"]["run"]]
    assert run == ["python" + project["requires-python"], *project["dependencies"]]
    (script,) = recipe["build"]["python"]["entry_points"]
    assert script == f"roomread = {project['scripts']['roomread']}"
    assert recipe["about"]["summary"] == project["description"]


@pytest.mark.parametrize("path", ["tests.yml", "release.yml"])
def test_workflow_requests_minimal_permissions(path: str) -> None:
    workflow = loaded(f".github/workflows/{path}")
    assert workflow["permissions"] == {"contents": "read"}
    for job in workflow["jobs"].values():
        assert job["timeout-minutes"] <= 60


def test_workflow_tests_every_supported_python_and_system() -> None:
    matrix = loaded(".github/workflows/tests.yml")["jobs"]["package"]["strategy"]["matrix"]
    assert {each.split("-")[0] for each in matrix["os"]} == {"ubuntu", "macos", "windows"}
    assert matrix["python"] == ["3.11", "3.12", "3.13", "3.14"]


def test_hub_model_card_matches_the_bundled_net() -> None:
    page = runpy.run_path(str(ROOT / "deploy" / "model_card.py"))["page"](open_model())
    written = (ROOT / "deploy" / "hub" / "README.md").read_text(encoding="utf-8")
    assert written == page, "run python deploy/model_card.py"
    head = yaml.safe_load(written.split("---\n")[1])
    assert head["license"] == "apache-2.0"
    accuracy = head["model-index"][0]["results"][1]["metrics"][0]
    assert f"| FER+ majority, official | {accuracy['value']}" in written
