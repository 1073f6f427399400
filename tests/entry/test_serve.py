from __future__ import annotations

import os
from pathlib import Path

import pytest

from roomread.entry import run, serve
from roomread.errors import RoomreadError
from roomread.settings.compute import ComputeEngine


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[run.Listen, dict[str, object]]]:
    """Replace the server by a fake, and return the list of its calls."""
    calls: list[tuple[run.Listen, dict[str, object]]] = []
    monkeypatch.setattr(run, "serve", lambda listen, **options: calls.append((listen, options)))
    monkeypatch.setenv("ROOMREAD_ENGINE", "local")
    return calls


Started = list[tuple[run.Listen, dict[str, object]]]


def test_service_listens_on_localhost_only_by_default(started: Started) -> None:
    serve.command()
    assert started == [
        (
            run.Listen("127.0.0.1", 8501, None, None),
            {"sign_in": False, "log_style": run.LogStyle.LINES},
        )
    ]
    assert os.environ["ROOMREAD_ENGINE"] == "local"


def test_options_of_serve_are_passed_to_the_service(started: Started, tmp_path: Path) -> None:
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    for file in (cert, key):
        file.write_text("PEM")
    serve.command(
        port=0,
        address="0.0.0.0",  # noqa: S104 (nothing is opened)
        sign_in=True,
        tls_cert=cert,
        tls_key=key,
        log_json=True,
        engine=ComputeEngine.RAY,
    )
    ((listen, options),) = started
    assert listen == run.Listen("0.0.0.0", 0, cert, key)  # noqa: S104
    assert options == {"sign_in": True, "log_style": run.LogStyle.JSON}
    # The pages of the web app read the engine from the environment.
    assert os.environ["ROOMREAD_ENGINE"] == "ray"


@pytest.mark.parametrize("given", ["tls_cert", "tls_key"])
def test_certificate_without_key_or_key_without_certificate_is_refused(
    started: Started, tmp_path: Path, given: str
) -> None:
    with pytest.raises(RoomreadError, match="only one of --tls-cert and --tls-key"):
        serve.command(**{given: tmp_path / "a.pem"})  # type: ignore[arg-type]
    assert started == []


def test_error_for_a_missing_key_file_names_the_file(started: Started, tmp_path: Path) -> None:
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    cert.write_text("PEM")
    with pytest.raises(RoomreadError, match=r"key\.pem: cannot be read"):
        serve.command(tls_cert=cert, tls_key=key)
    assert started == []
