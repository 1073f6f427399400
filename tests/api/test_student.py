from __future__ import annotations

import json

import pytest

pytest.importorskip("fastapi", reason="needs the app extra")

from roomread.api import bundles
from roomread.api.student import reader_settings
from roomread.classifier import open_model


def test_settings_of_the_browser_reader_contain_the_url_of_every_bundled_file() -> None:
    asked: list[str] = []

    def url_of(name: str) -> str:
        asked.append(name)
        return f"/files/{name}"

    settings = reader_settings(url_of)
    urls = [settings["runtime"], settings["wasm"], *settings["nets"].values()]
    assert urls == [f"/files/{name}" for name in asked]
    assert len(set(asked)) == 6
    assert all(bundles.bundle_url(name) for name in asked)


def test_parameters_of_the_browser_reader_are_json_values_of_the_bundled_net() -> None:
    parameters = reader_settings(str)["parameters"]
    assert json.loads(json.dumps(parameters)) == parameters
    assert parameters["threshold"] == open_model().card.threshold
