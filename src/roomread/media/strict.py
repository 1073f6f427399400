"""Refuse truncated pictures, even if Pillow is configured to accept them.

`ImageFile.LOAD_TRUNCATED_IMAGES` applies to the whole process, and some libraries set it when they
are imported. Pillow then leaves the missing part of a picture black, without an error.
"""

from __future__ import annotations

import io

from PIL import Image


class StrictBytes(io.BytesIO):
    """The bytes of a picture; reading past their end while decoding pixels raises an error."""

    _is_strict = False

    def read(self, size: int | None = -1, /) -> bytes:
        """Read up to `size` bytes, all by default.

        Raises:
            SyntaxError: The data ended while pixels are decoded. Pillow raises this type for a
                broken PNG, and ignores it if only chunks after the pixels are missing.
        """
        content = super().read(size)
        if self._is_strict and size and not content:
            raise SyntaxError("a part of the picture is missing")
        return content

    def load(self, picture: Image.Image) -> None:
        """Decode the pixels of a picture that was opened from this file.

        Raises:
            SyntaxError: The picture is cut off.
            Exception: Pillow raised an error because the picture is damaged.
        """
        self._is_strict = True
        try:
            picture.load()
        finally:
            self._is_strict = False
