from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import cast

import pytest

pytest.importorskip("fastapi", reason="needs the app extra")

from roomread.api.context import ServiceContext
from roomread.api.problems import RefusedError
from roomread.entry.service import readyz


def context(*, closing: bool = False, works: bool = True) -> ServiceContext:
    engine = SimpleNamespace(job_queue=SimpleNamespace(is_working=works))
    return cast("ServiceContext", SimpleNamespace(closing=closing, engine=engine))


def test_service_is_ready_while_it_reads_videos() -> None:
    assert asyncio.run(readyz(context())).status_code == 200


@pytest.mark.parametrize("state", [{"closing": True}, {"works": False}])
def test_service_is_not_ready_while_it_shuts_down_or_without_its_video_worker(
    state: dict[str, bool],
) -> None:
    with pytest.raises(RefusedError) as refused:
        asyncio.run(readyz(context(**state)))
    assert refused.value.status == 503
