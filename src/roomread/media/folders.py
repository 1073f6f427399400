"""Find the pictures and videos in a folder, and count other files."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from roomread.errors import MediaError
from roomread.media.kinds import PICTURE_SUFFIXES, VIDEO_SUFFIXES

# Files and folders that operating systems create: thumbnails, settings, deleted files.
_SYSTEM = frozenset(
    {"thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r", "__macosx", "@eadir", "#recycle"}
    | {"$recycle.bin", "system volume information", "lost+found"}
)
# Suffixes shared by MPEG transport streams and TypeScript code. A stream has the byte "G" at offset
# 0 or 4.
_AMBIGUOUS = frozenset({".ts", ".mts"})
_SYNC = 0x47
_SYNC_PLACES = (0, 4)


@dataclass(frozen=True, slots=True)
class MediaFolder:
    """The content of a folder and its subfolders.

    Attributes:
        files: the pictures and videos, sorted.
        left_out: the number of other files by kind, such as ".txt" or "folders that cannot be
            read". Hidden files and files of the operating system are not counted.
    """

    files: list[Path]
    left_out: Counter[str] = field(default_factory=Counter)

    def describe_left_out(self) -> str:
        """Return a sentence about the files that are left out; "" if there are none."""
        if not self.left_out:
            return ""
        kinds = ", ".join(f"{n} {kind}" for kind, n in self.left_out.most_common())
        total = self.left_out.total()
        return f"{total} left out because they are not readable pictures or videos: {kinds}"


def search_folder(folder: Path) -> MediaFolder:
    """Return the pictures and videos in a folder and its subfolders.

    Symbolic links to files are followed, links to folders are not.

    Raises:
        MediaError: the folder cannot be read.
    """
    found = MediaFolder([])

    def note(error: OSError) -> None:
        if Path(os.fsdecode(error.filename or "")) == folder:
            raise MediaError(f"{folder}: {error.strerror}", hint="check its permissions") from error
        found.left_out["folders that cannot be read"] += 1

    for place, folders, names in os.walk(folder, onerror=note):
        shown = [name for name in folders if not is_system_name(name)]
        found.left_out["links to folders"] += sum(Path(place, name).is_symlink() for name in shown)
        folders[:] = shown
        for name in names:
            if not is_system_name(name):
                _add(Path(place, name), found)
    found.files.sort()
    # Drop counts of 0, which a Counter keeps.
    for kind in [kind for kind, count in found.left_out.items() if not count]:
        del found.left_out[kind]
    return found


def find_media(folder: Path) -> list[Path]:
    """Return the sorted pictures and videos in a folder and its subfolders; see `search_folder`.

    Raises:
        MediaError: the folder cannot be read.
    """
    return search_folder(folder).files


def is_system_name(name: str) -> bool:
    """Return whether a file or folder of this name is hidden or created by an operating system."""
    return name.startswith(".") or name.lower() in _SYSTEM


def _add(path: Path, found: MediaFolder) -> None:
    suffix = path.suffix.lower()
    if not path.is_file():
        found.left_out["broken links" if path.is_symlink() else "devices and pipes"] += 1
    elif suffix in PICTURE_SUFFIXES | VIDEO_SUFFIXES and not _is_program(path, suffix):
        found.files.append(path)
    else:
        found.left_out[suffix or "files without an ending"] += 1


def _is_program(path: Path, suffix: str) -> bool:
    """Return whether a file is a TypeScript program rather than a transport stream."""
    if suffix not in _AMBIGUOUS:
        return False
    try:
        with path.open("rb") as file:
            head = file.read(8)
    except OSError:
        # The file cannot be read here; opening it later reports why.
        return False
    return len(head) == 8 and all(head[place] != _SYNC for place in _SYNC_PLACES)
