"""Run the tests of the pages' JavaScript modules with the test runner of Node."""

from __future__ import annotations

import json
import os
import subprocess
from importlib.resources import files
from pathlib import Path

import pytest

from node import NODE
from roomread.classifier import open_model
from roomread.joining.reports import FADE_SECONDS
from roomread.services.browser_reading import reading_parameters

pytestmark = pytest.mark.skipif(NODE is None, reason="no Node 20 or newer on this machine")
TESTS = sorted(Path(__file__).parent.glob("*.test.mjs"))


@pytest.fixture(scope="module")
def variables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return the environment variables through which the tests find assets and parameters."""
    parameters = tmp_path_factory.mktemp("scripts") / "parameters.json"
    parameters.write_text(json.dumps(reading_parameters(open_model())), encoding="utf-8")
    return os.environ | {
        "ROOMREAD_ASSETS": str(files("roomread.api") / "assets"),
        "ROOMREAD_PARAMETERS": str(parameters),
        "ROOMREAD_FADES_AFTER": str(FADE_SECONDS),
        "TZ": "UTC",
    }


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.name.removesuffix(".test.mjs"))
def test_javascript_modules_of_the_web_pages_pass_their_node_tests(
    path: Path, variables: dict[str, str]
) -> None:
    command = [str(NODE), "--test", "--test-reporter=spec", str(path)]
    done = subprocess.run(
        command, env=variables, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
