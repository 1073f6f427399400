from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from program import Program

if TYPE_CHECKING:
    from xdist.remote import Producer
    from xdist.scheduler import LoadFileScheduling

# They share a Ray cluster: two at a time do not start on two cores.
_ON_RAY = ("test_archive_ray.py", "test_shared_nets.py", "test_train_ray.py")


# Minutes each: begun last, they would run alone at the end.
_FIRST = (*_ON_RAY, "test_cli_training.py", "test_web.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long files first; with `--no-loadscope-reorder` processes take them in that order."""
    items.sort(key=lambda item: item.path.name not in _FIRST)


@pytest.fixture
def roomread(tmp_path: Path) -> Program:
    return Program(tmp_path)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadFileScheduling:
    """Each file's tests are one process's, and those of all files on Ray are too."""
    from xdist.scheduler import LoadFileScheduling  # noqa: PLC0415 (only where it is used)

    class ByFile(LoadFileScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            file: str = super()._split_scope(nodeid)
            return "on Ray" if file.endswith(_ON_RAY) else file

    return ByFile(config, log)
