from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest
from pydantic import SecretStr

from roomread.errors import RoomreadError
from roomread.services import engine
from roomread.services.engine import Engine, serve_with, served_engine
from roomread.settings.environment import Settings


def test_served_engine_returns_the_engine_that_was_set_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(engine, "_served", [])
    assert served_engine() is None
    first, second = (cast("Engine", object()) for _ in range(2))
    serve_with(first)
    serve_with(second)
    assert served_engine() is second


def test_engine_uses_the_limits_of_the_settings(tmp_path: Path) -> None:
    settings = Settings(max_cameras=1, max_video_minutes=2, max_kept_mb=300)
    made = Engine(settings, jobs=tmp_path / "jobs", at_once=2)
    try:
        assert made.cameras.take("first", 0.0, holder="anna")
        assert not made.cameras.take("second", 0.0, holder="ben")
        assert made.limiter.taken == 0
        assert made.store is None
        assert made.job_queue.is_working
    finally:
        made.close()
    assert not made.job_queue.is_working
    assert (tmp_path / "jobs").is_dir()


def test_invalid_alert_url_is_refused_before_the_engine_starts(
    tmp_path: Path,
) -> None:
    settings = Settings(alert_urls=[SecretStr("ftp://example.com/alerts")])
    with pytest.raises(RoomreadError, match="not a URL of a webhook"):
        Engine(settings, jobs=tmp_path / "jobs")
    assert not (tmp_path / "jobs").exists()
