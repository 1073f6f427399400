"""The files that the student page downloads, and their preparation by the build hook."""

from __future__ import annotations

import importlib.util
import sys
from importlib.resources import files
from pathlib import Path
from types import ModuleType

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from roomread.api import bundles
from roomread.api.problems import map_errors
from roomread.errors import ModelFileError

ROOT = Path(__file__).parents[2]
RUNTIME = ("onnxruntime-web.mjs", "onnxruntime-web.wasm")
# The package and path of each net.
NETS = {
    "centerface-shallow.onnx": ("roomread.faces", "bundled/centerface-shallow-fp32.onnx"),
    "centerface-deep.onnx": ("roomread.faces", "bundled/centerface-deep-fp32.onnx"),
    "covers.onnx": ("roomread.faces", "covers.onnx"),
    "compact.onnx": ("roomread.classifier", "bundled/compact.onnx"),
}


@pytest.fixture(scope="module")
def hook() -> ModuleType:
    spec = importlib.util.spec_from_file_location("hatch_assets", ROOT / "hatch_assets.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def client() -> TestClient:
    api = FastAPI()
    map_errors(api)
    api.include_router(bundles.router)
    return TestClient(api)


def test_files_that_a_student_page_downloads_have_at_most_7_5_mb_in_all(client: TestClient) -> None:
    sizes = {}
    for name in (*RUNTIME, *NETS):
        answer = client.get(bundles.bundle_url(name), headers={"Accept-Encoding": "gzip, br"})
        assert answer.headers["Content-Encoding"] == "br"
        assert "immutable" in answer.headers["Cache-Control"]
        sizes[name] = int(answer.headers["Content-Length"])
    assert sum(sizes.values()) <= 7_500_000, sizes


@pytest.mark.parametrize("name", NETS)
def test_nets_are_those_of_the_package(client: TestClient, name: str) -> None:
    package, path = NETS[name]
    for accepted, encoding in (("br", "br"), ("", None), ("br;q=0", None)):
        answer = client.get(bundles.bundle_url(name), headers={"Accept-Encoding": accepted})
        assert answer.headers.get("Content-Encoding") == encoding
        # The client decompresses the response.
        assert answer.content == (files(package) / path).read_bytes()


@pytest.mark.parametrize("name", RUNTIME)
@pytest.mark.parametrize("accepted", ["gzip", "br;q=0", ""])
def test_client_without_brotli_gets_the_decompressed_file(
    client: TestClient, name: str, accepted: str
) -> None:
    plain, packed = (
        client.get(bundles.bundle_url(name), headers={"Accept-Encoding": encoding})
        for encoding in (accepted, "br")
    )
    assert "Content-Encoding" not in plain.headers
    assert int(plain.headers["Content-Length"]) > int(packed.headers["Content-Length"])
    # The client decompresses the other response.
    assert plain.content == packed.content


def test_webassembly_file_has_the_media_type_application_wasm(
    client: TestClient,
) -> None:
    answer = client.head(bundles.bundle_url("onnxruntime-web.wasm"))
    assert answer.status_code == 405  # the route has no HEAD method
    answer = client.get(bundles.bundle_url("onnxruntime-web.wasm"))
    assert answer.headers["Content-Type"] == "application/wasm"


@pytest.mark.parametrize("path", ["0000000000000000/compact.onnx", "0/../browser.stamp", "0/x"])
def test_file_of_another_version_or_unknown_file_is_not_found(
    client: TestClient, path: str
) -> None:
    assert client.get(f"/assets/bundled/{path}").status_code == 404


def test_error_reports_files_that_are_missing_from_the_package(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(bundles, "_folder", lambda: tmp_path)
    with pytest.raises(ModelFileError, match="missing from the package"):
        bundles._digests.__wrapped__()


def test_licence_of_the_runtime_is_in_the_package() -> None:
    licence = files("roomread.api") / "bundled" / "onnxruntime-web.LICENSE.txt"
    assert "Permission is hereby granted" in licence.read_text(encoding="utf-8")


def test_build_hook_has_no_requirements_if_the_bundled_files_are_valid(hook: ModuleType) -> None:
    assert hook.is_laid(ROOT)
    assert hook.requirements(ROOT) == []


def test_npm_wheel_is_required_only_if_npm_is_not_installed(
    hook: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(hook.ONNXRUNTIME_WEB.variable, raising=False)
    monkeypatch.setattr(hook.shutil, "which", lambda _name: None)
    assert hook.requirements(tmp_path) == [hook.NPM_WHEEL]
    monkeypatch.setattr(hook.shutil, "which", lambda _name: "/usr/bin/npm")
    assert hook.requirements(tmp_path) == []


def test_npm_wheel_has_the_version_of_constraints_txt(hook: ModuleType) -> None:
    constraints = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert hook.NPM_WHEEL in constraints


def test_npm_package_with_unexpected_content_is_refused(
    hook: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "onnxruntime-web-1.30.0.tgz"
    package.write_bytes(b"something else")
    monkeypatch.setenv(hook.ONNXRUNTIME_WEB.variable, str(package))
    with pytest.raises(hook.AssetsError, match=r"is not the package onnxruntime-web@1\.30\.0"):
        hook.lay(tmp_path)
    assert not (tmp_path / hook.BUNDLED).exists()


@pytest.mark.parametrize("npm", [[sys.executable, "-c", "raise SystemExit('no network')"], None])
def test_error_for_an_unreachable_registry_says_what_to_do(
    hook: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, npm: list[str] | None
) -> None:
    monkeypatch.delenv(hook.ONNXRUNTIME_WEB.variable, raising=False)
    monkeypatch.setattr(hook, "find_npm", lambda: npm)
    with pytest.raises(hook.AssetsError, match=hook.ONNXRUNTIME_WEB.variable):
        hook.lay(tmp_path)
