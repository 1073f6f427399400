from __future__ import annotations

import pytest

pytest.importorskip("streamlit", reason="needs the app extra")

from roomread.services.teaching import PictureCheck
from roomread.web import teach
from roomread.web.teach_tiles import Tile


def test_examined_pictures_are_not_queued_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(teach, "turn", lambda _: pytest.fail("waits for a turn"))
    tile = Tile("1", "a.jpg", b"", None, check=PictureCheck(faces=2))
    teach._look_at_new([tile])
    assert tile.check == PictureCheck(faces=2)
