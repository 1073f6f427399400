from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from roomread.errors import MissingExtraError, ModelFileError
from roomread.identity import DlibResNet, dlib_resnet


def test_error_names_the_extra_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    dlib_resnet._net.cache_clear()
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(MissingExtraError, match=r"roomread\[identity\]"):
        DlibResNet()


def test_missing_or_altered_weights_file_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dlib_resnet._net.cache_clear()
    package = tmp_path / "face_recognition_models"
    (package / "models").mkdir(parents=True)
    (package / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    for content in (None, b"\x01\x02 other weights"):
        if content is not None:
            (package / dlib_resnet._FILE).write_bytes(content)
        with pytest.raises(ModelFileError, match="expected SHA-256 digest"):
            DlibResNet()


@pytest.mark.parametrize(
    ("number", "packed"),
    [(1, b"\x01\x01"), (255, b"\x01\xff"), (256, b"\x02\x00\x01"), (2048, b"\x02\x00\x08")],
)
def test_integers_are_packed_as_a_byte_count_and_little_endian_bytes(
    number: int, packed: bytes
) -> None:
    assert dlib_resnet._packed(number) == packed


def test_tensor_with_the_given_sizes_is_found_after_an_offset() -> None:
    head = b"".join(dlib_resnet._packed(n) for n in (2, 3, 1, 1, 1))
    values = np.array([1.5, -2.0, 3.0], "<f4")
    content = b"other data" + head + values.tobytes() + head + (2 * values).tobytes()
    first, end = dlib_resnet._tensor(content, 0, (3, 1, 1, 1))
    second, after = dlib_resnet._tensor(content, end, (3, 1, 1, 1))
    np.testing.assert_array_equal(first, values)
    np.testing.assert_array_equal(second, 2 * values)
    assert after == len(content)
    with pytest.raises(ValueError, match="not found"):
        dlib_resnet._tensor(content, end, (4, 1, 1, 1))
