"""Write content that a visitor has uploaded into a file."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import IO

# A file's content, or the open file.
Content = bytes | IO[bytes]
# Bytes that are copied at once.
_PIECE = 1_000_000


def write_content(content: Content, path: Path) -> None:
    """Write content into a file, an open file in pieces, so that it is never wholly in memory.

    Raises:
        OSError: The file cannot be written.
    """
    if isinstance(content, bytes):
        path.write_bytes(content)
        return
    with path.open("wb") as file:
        shutil.copyfileobj(content, file, _PIECE)
