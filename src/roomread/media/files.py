"""Check whether files exist, read opened files, and write files atomically."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import tempfile
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from roomread.errors import MediaError, OutputError

_HINTS = {
    errno.ENOSPC: "free some space or write elsewhere",
    errno.EDQUOT: "free some space or write elsewhere",
    errno.EACCES: "check the folder's permissions or write elsewhere",
    errno.EROFS: "write elsewhere",
    errno.ENOENT: "make the folder first",
    errno.ENOTDIR: "make the folder first",
    errno.EISDIR: "name a file",
    errno.EPIPE: "keep the program that reads it running",
}


# Paths of file descriptors, which a shell passes for >(...).
_DESCRIPTORS = ("/dev/fd/", "/dev/stdout", "/dev/stderr", "/proc/self/fd/")
# Maximum number of characters of a stem or suffix in the name of a draft. A file name may have 255
# bytes, and a character takes up to four.
_MOST_OF_NAME = 40
_mask_lock = threading.Lock()


def exists(path: str | Path) -> bool:
    """Return whether the path exists; False also for an invalid name."""
    try:
        return os.path.exists(path)  # noqa: PTH110 (Path.exists raises for a name that is too long)
    except ValueError:
        return False


def read_whole(file: Any, name: str) -> bytes:
    """Return the whole content of an opened file, whatever its current position is.

    Args:
        file: an object with a method `read`.
        name: the name of the file in messages.

    Raises:
        MediaError: the file is closed, cannot be read, or does not return bytes.
    """
    try:
        if hasattr(file, "seekable") and file.seekable():
            file.seek(0)
        content: object = file.read()
    except UnicodeDecodeError as error:
        raise MediaError(f"{name}: is opened as text", hint='open it with mode "rb"') from error
    except (OSError, ValueError) as error:
        raise MediaError(f"{name}: cannot be read: {error}", hint="open it again") from error
    if isinstance(content, bytes | bytearray | memoryview):
        return bytes(content)
    if hasattr(content, "close"):
        # An asynchronous file returned a coroutine; closing it avoids a "never awaited" warning.
        content.close()
    problem = f"{name}: reading returned {type(content).__name__} instead of bytes"
    raise MediaError(problem, hint='open it with mode "rb"')


def find_existing(path: Path) -> Path:
    """Return the existing path that differs only in Unicode normalization, or else `path`.

    An accented letter has two encodings in Unicode, NFC and NFD. Names that differ only in this
    encoding are equal in file systems of macOS, and different in those of Linux and Windows. A
    typed name may therefore not match the name of a file from another system.

    Args:
        path: a path. Only its last component is compared in this way.
    """
    if path.name.isascii() or exists(path):
        return path
    name = _normalized(path)
    try:
        alike = [each for each in path.parent.iterdir() if _normalized(each) == name]
    except (OSError, ValueError):
        return path
    return alike[0] if len(alike) == 1 else path


def existing_name(name: str) -> str:
    """Return the existing file name that differs only in Unicode normalization, or else `name`."""
    path = Path(name)
    found = find_existing(path)
    return name if found == path else str(found)


def _normalized(path: Path) -> str:
    return unicodedata.normalize("NFC", path.name)


def is_file(path: str | Path) -> bool:
    """Return whether the path is a file; False also for an invalid name."""
    return os.path.isfile(path)  # noqa: PTH113 (Path.is_file raises for a name that is too long)


def is_folder(path: str | Path) -> bool:
    """Return whether the path is a folder; False also for an invalid name."""
    return os.path.isdir(path)  # noqa: PTH112 (likewise)


def is_pipe(path: str | Path) -> bool:
    """Return whether a path is a pipe or a socket, which can be read only once."""
    mode = _stat_mode(path)
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)


def is_device(path: str | Path) -> bool:
    """Return whether a path is a device, such as a camera or /dev/zero, which may have no end."""
    mode = _stat_mode(path)
    return stat.S_ISCHR(mode) or stat.S_ISBLK(mode)


def _stat_mode(path: str | Path) -> int:
    """Return the mode of a file, as in `os.stat_result.st_mode`; 0 if there is no such file."""
    try:
        return os.stat(path).st_mode  # noqa: PTH116 (the path may be text)
    except (OSError, ValueError):
        return 0


def make_folder(folder: Path, *, private: bool = False) -> None:
    """Create a folder, and its parent folders, if they do not exist.

    Args:
        folder: the path of the folder.
        private: whether only the owner of the folder may read it.

    Raises:
        OutputError: the folder cannot be created.
    """
    try:
        folder.mkdir(mode=0o700 if private else 0o777, parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"{folder}: cannot be created: {error.strerror}",
            hint="create a folder that this user can write to, and set ROOMREAD_DATA_FOLDER to it",
        ) from error


@contextmanager
def atomic_path(path: Path, *, private: bool = False) -> Iterator[Path]:
    """Yield the path of a draft, which becomes the file `path` if the `with` block succeeds.

    If the block fails, the draft is deleted. A symbolic link is followed, and the new file has the
    permissions of the file that it replaces. If `path` is a pipe or a device, the content of the
    draft is copied into `path` at the end.

    Args:
        path: the file to write.
        private: whether only the owner of the file may read it.

    Raises:
        OutputError: the file cannot be written; a file that existed at `path` is unchanged.
    """
    draft: Path | None = None
    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        special = is_special(path)
        target = path if special else Path(os.path.realpath(path))
        draft = _make_draft(target, None if special else target.parent)
        yield draft
        if special:
            with draft.open("rb") as source, path.open("wb") as sink:
                shutil.copyfileobj(source, sink)
        else:
            if not private:
                draft.chmod(_mode(target))
            draft.replace(target)
    except OSError as error:
        raise write_error(path, error) from error
    finally:
        if draft is not None:
            draft.unlink(missing_ok=True)


def write_error(path: Path, error: OSError) -> OutputError:
    """Return the `OutputError` for a file that cannot be written, with a hint on what to do."""
    hint = _HINTS.get(error.errno or 0, "write elsewhere")
    return OutputError(f"{path}: cannot be written: {error.strerror or error}", hint=hint)


def is_special(path: Path) -> bool:
    """Return whether a path is a pipe, device or file descriptor, which no rename can replace."""
    if str(path).startswith(_DESCRIPTORS):
        return True
    return path.exists() and not path.is_file() and not path.is_dir()


def _make_draft(target: Path, folder: Path | None) -> Path:
    # The draft has the same suffix, because encoders choose their format by it, and lies in the
    # same folder, because a rename is atomic only within one file system. Its name is shortened so
    # that it stays within the system's limit.
    prefix, suffix = f".{target.stem[:_MOST_OF_NAME]}.", target.suffix[-_MOST_OF_NAME:]
    handle, name = tempfile.mkstemp(suffix=suffix, prefix=prefix, dir=folder)
    os.close(handle)
    return Path(name)


def _mode(target: Path) -> int:
    """Return the permissions of the file to replace, or the default permissions of new files."""
    # The draft was created readable by its owner only.
    return stat.S_IMODE(target.stat().st_mode) if target.exists() else 0o666 & ~_umask()


def _umask() -> int:
    # The umask can be read only by setting it, so a lock keeps other threads out.
    with _mask_lock:
        mask = os.umask(0o077)
        os.umask(mask)
    return mask
