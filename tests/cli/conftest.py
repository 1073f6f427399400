"""Fixtures shared by the tests of the commands."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import altered
from roomread.bench import scenes
from roomread.store import LOCAL_OWNER, OwnerStore, Store


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the commands use a new database, and return its path."""
    path = tmp_path / "data" / "roomread.db"
    monkeypatch.setenv("ROOMREAD_DATABASE_URL", f"sqlite:///{path}")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    return path


@pytest.fixture
def local_sessions(database: Path) -> Iterator[OwnerStore]:
    """Yield the sessions that the commands use."""
    everything = Store(f"sqlite:///{database}")
    yield everything.owned_by(LOCAL_OWNER)
    everything.close()


@pytest.fixture
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the commands store the user's profiles in a new folder, and return it."""
    for name in ("XDG_DATA_HOME", "HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(tmp_path / "user"))
    return tmp_path / "user"


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Write faces with and without a mask into a folder, and return it."""
    portraits = scenes.portraits()
    for n, picture in enumerate(altered.variants(altered.masked(*portraits[1]))):
        picture.save(tmp_path / f"m{n}.jpg")
    for n, picture in enumerate(altered.squeezed()):
        picture.save(tmp_path / f"n{n}.jpg")
    altered.masked(*portraits[0]).save(tmp_path / "other.jpg")
    for n, picture in enumerate(altered.variants(Image.fromarray(scenes.astronaut()))[:2]):
        picture.save(tmp_path / f"smile{n}.jpg")
    Image.fromarray(np.hstack([scenes.astronaut()] * 2)).save(tmp_path / "two.jpg")
    return tmp_path
