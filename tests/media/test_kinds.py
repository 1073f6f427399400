from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, UnidentifiedImageError, features

from clips import make_clip
from roomread.media.kinds import is_picture, open_encoded

READ = ["JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF", "AVIF"]


def encoded(kind: str) -> bytes:
    if kind == "AVIF" and not features.check("avif"):
        pytest.skip("Pillow here is built without AVIF")
    file = io.BytesIO()
    Image.fromarray(np.full((24, 32, 3), 90, dtype=np.uint8)).save(file, kind)
    return file.getvalue()


@pytest.mark.parametrize("kind", READ)
def test_file_of_every_supported_format_is_recognised_as_a_picture(kind: str) -> None:
    content = encoded(kind)
    assert is_picture(content)
    assert open_encoded(io.BytesIO(content)).size == (32, 24)


def test_file_of_an_unsupported_format_is_not_recognised_as_a_picture() -> None:
    content = encoded("PPM")
    assert not is_picture(content)
    with pytest.raises(UnidentifiedImageError):
        open_encoded(io.BytesIO(content))


def test_video_is_not_recognised_as_a_picture(tmp_path: Path) -> None:
    assert not is_picture(make_clip(tmp_path / "clip.mp4", [0.0, 0.04]))


def test_checking_whether_a_video_is_a_picture_loads_no_unsupported_decoder(tmp_path: Path) -> None:
    film = make_clip(tmp_path / "clip.mp4", [0.0, 0.04])
    code = (
        "import sys; from pathlib import Path; from roomread.media.kinds import is_picture;"
        f"is_picture(Path({str(film)!r})); print('PIL.EpsImagePlugin' in sys.modules)"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "False"
