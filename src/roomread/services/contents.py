"""Write uploaded content into files."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import IO

# A file's content, or the open file.
Content = bytes | IO[bytes]
# Number of bytes that are copied at once.
_CHUNK = 1_000_000


def write_content(content: Content, path: Path) -> None:
    """Write content into a file.

    An open file is copied in chunks, so that it is never entirely in memory.

    Args:
        content: The bytes, or an open file.
        path: The file to write.

    Raises:
        OSError: The file cannot be written.
    """
    if isinstance(content, bytes):
        path.write_bytes(content)
        return
    with path.open("wb") as file:
        shutil.copyfileobj(content, file, _CHUNK)
