from __future__ import annotations

from pathlib import Path

import pytest

from program import Program


@pytest.fixture
def roomread(tmp_path: Path) -> Program:
    return Program(tmp_path)
