from __future__ import annotations

import av as real
import pytest

from roomread.pyav import av, new_reformatter


def test_lazy_pyav_module_has_the_attributes_of_pyav() -> None:
    assert av.VideoFrame is real.VideoFrame
    assert av.error.InvalidDataError is real.error.InvalidDataError
    with pytest.raises(AttributeError, match="no_such_name"):
        av.no_such_name  # type: ignore[attr-defined]  # noqa: B018


def test_new_reformatter_returns_a_different_object_each_time() -> None:
    first, second = new_reformatter(), new_reformatter()
    assert first is not second
    picture = real.VideoFrame(64, 32, "rgb24")
    assert first.reformat(picture, 32, 16, format="gray").format.name == "gray"
