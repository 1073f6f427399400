from __future__ import annotations

from pathlib import Path

import pytest

from program import Program


@pytest.fixture
def roomread(tmp_path: Path) -> Program:
    return Program(tmp_path)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One process takes a file's tests, and one all files that need a Ray cluster.

    Two clusters at a time do not start on two cores. Of use with pytest-xdist's `loadgroup`.
    """
    of_ray = {item.path for item in items if "cluster" in getattr(item, "fixturenames", ())}
    for item in items:
        group = "ray" if item.path in of_ray else item.path.name
        item.add_marker(pytest.mark.xdist_group(group))
