"""Check HLS playlists, because FFmpeg silently skips missing segments."""

from __future__ import annotations

import re
from pathlib import Path

from roomread.errors import MediaError
from roomread.media.urls import is_address

_HEADER = b"#EXTM3U"
_END, _VARIANT = "#EXT-X-ENDLIST", "#EXT-X-STREAM-INF"
_URI = re.compile(r'URI="([^"]*)"')
# Number of bytes of a playlist that are checked; the playlist of a whole day has about 2 MB.
_MAX_BYTES = 20_000_000
_VARIANTS_DEPTH = 2


def check_playlist(path: Path, name: str) -> None:
    """Check that a local playlist is complete; do nothing for files of other kinds.

    Args:
        path: the playlist, or a file of another kind.
        name: the name of the file in messages.

    Raises:
        MediaError: segments that the playlist names are missing, or its end is not marked, so that
            FFmpeg would wait for further segments forever.
        OSError: the file cannot be read.
    """
    _check(path, name, _VARIANTS_DEPTH)


def _check(path: Path, name: str, depth: int) -> None:
    with path.open("rb") as file:
        if file.read(len(_HEADER)) != _HEADER:
            return
        text = file.read(_MAX_BYTES).decode(errors="surrogateescape")
    lines = [line.strip() for line in text.splitlines()]
    named = [line for line in lines if line and not line.startswith("#")]
    named += [uri for line in lines if line.startswith("#EXT-X-M") for uri in _URI.findall(line)]
    local = [path.parent / place for place in named if not is_address(place)]
    missing = [piece for piece in local if not piece.is_file()]
    if missing:
        problem = f"{name}: {len(missing)} of its {len(named)} segments are missing"
        raise MediaError(
            f"{problem}; the first is {missing[0].name}",
            hint="copy the segments to the folder of the playlist",
        )
    if any(line.startswith(_VARIANT) for line in lines):
        for piece in local if depth else []:
            _check(piece, name, depth - 1)
    elif _END not in lines:
        problem = f"{name}: is a playlist without an end, to which segments may still be added"
        raise MediaError(problem, hint=f"once the playlist is complete, add the line {_END}")
