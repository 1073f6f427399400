"""Find, read and write files on this machine and, through fsspec, in buckets."""

from __future__ import annotations

import glob
import hashlib
import io
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, TypeVar

from roomread.errors import MediaError, MissingExtraError, OutputError, RoomreadError
from roomread.media import PICTURE_SUFFIXES, VIDEO_SUFFIXES, atomic_path, find_media, is_folder

T = TypeVar("T")

# Size of the blocks in which files are read to compute their digests, bytes.
_BLOCK = 2**20


@dataclass(frozen=True, slots=True)
class ArchiveVideo:
    """A recording of an archive.

    Attributes:
        source: Its absolute path or address.
        size: Its size, bytes.
        mark: A text that changes when the file changes: the file's modification time, or the
            checksum that the bucket states.
    """

    source: str
    size: int
    mark: str

    @property
    def fingerprint(self) -> str:
        """Twelve hexadecimal digits that change when the file changes."""
        return hashlib.sha256(f"{self.size} {self.mark}".encode()).hexdigest()[:12]


def is_address(path: str) -> bool:
    """Return whether a path is an fsspec address, such as s3://..., gs://... or memory://..."""
    return "://" in path


def find_videos(spec: str) -> list[ArchiveVideo]:
    """Return the videos of a path, a folder, a pattern (`lessons/*.mp4`) or an address, sorted.

    Raises:
        MediaError: No video is found, or the folder cannot be listed.
        MissingExtraError: fsspec is not installed, and the path is an address.
    """
    found = _find_at_address(spec) if is_address(spec) else _find_here(spec)
    if not found:
        raise MediaError(f"{spec}: no video found", hint="check the name; pictures are ignored")
    return sorted(found, key=lambda video: video.source)


def _find_here(spec: str) -> list[ArchiveVideo]:
    if is_folder(spec):
        paths = [p for p in find_media(Path(spec)) if p.suffix.lower() in VIDEO_SUFFIXES]
    elif glob.has_magic(spec) and not Path(spec).exists():
        paths = [Path(p) for p in glob.glob(spec, recursive=True) if _is_video(p)]  # noqa: PTH207
    else:
        _refuse_picture(spec)
        paths = [Path(spec)]
    videos = []
    for path in paths:
        try:
            about = path.stat()
            videos.append(ArchiveVideo(str(path.resolve()), about.st_size, str(about.st_mtime_ns)))
        except OSError as error:
            raise MediaError(f"{path}: {error.strerror}", hint="check the name") from error
    return videos


def _find_at_address(spec: str) -> list[ArchiveVideo]:
    fs, path = _file_system(spec)

    def find() -> list[ArchiveVideo]:
        if glob.has_magic(path):
            names = [name for name in fs.glob(path) if _is_video(name)]
        elif fs.isdir(path):
            names = [name for name in fs.find(path) if _is_video(name)]
        else:
            _refuse_picture(spec)
            names = [path]
        return [
            ArchiveVideo(fs.unstrip_protocol(name), fs.info(name)["size"], str(fs.checksum(name)))
            for name in names
        ]

    return _call(spec, MediaError, find)


def _is_video(name: str) -> bool:
    return Path(name).suffix.lower() in VIDEO_SUFFIXES and not Path(name).name.startswith(".")


def _refuse_picture(spec: str) -> None:
    if Path(spec).suffix.lower() in PICTURE_SUFFIXES:
        hint = "name a video, because an archive contains only videos"
        raise MediaError(f"{spec}: is a picture, not a video", hint=hint)


def content_digest(source: str) -> str:
    """Return the SHA-256 of a file's content, in hexadecimal.

    Raises:
        MediaError: The file cannot be read.
    """
    digest = hashlib.sha256()
    with _reading(source) as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def read_text(path: str) -> str:
    """Return a file's UTF-8 text.

    Raises:
        MediaError: The file cannot be read.
        ValueError: Its content is not UTF-8.
    """
    with _reading(path) as file:
        return file.read().decode()


@contextmanager
def _reading(source: str) -> Iterator[IO[bytes] | RangedFile]:
    with open_file(source) as file:
        if isinstance(file, Path):
            try:
                with file.open("rb") as opened:
                    yield opened
            except OSError as error:
                raise _failed(source, MediaError, error) from error
        else:
            yield file


@contextmanager
def open_file(source: str) -> Iterator[Path | RangedFile]:
    """Open a file and yield its path, or a file object that fetches ranges of a remote file.

    If the server does not support ranges, a temporary copy is made for the duration of the block.

    Raises:
        MediaError: The file cannot be opened, or a range could not be fetched, so that results of
            the block are incomplete.
        MissingExtraError: fsspec is not installed, and the source is an address.
    """
    if not is_address(source):
        yield Path(source)
        return
    fs, path = _file_system(source)
    file = _call(source, MediaError, lambda: fs.open(path, "rb"))
    try:
        if file.seekable():
            ranged = RangedFile(file)
            try:
                yield ranged
            finally:
                # Raise the error of the read instead of the decoder's error that it caused.
                if ranged.error is not None:
                    raise _failed(source, MediaError, ranged.error) from ranged.error
        else:
            with tempfile.TemporaryDirectory(prefix="roomread-") as folder:
                copy = Path(folder) / f"copy{Path(path).suffix}"
                with copy.open("wb") as target:
                    _call(source, MediaError, lambda: shutil.copyfileobj(file, target))
                yield copy
    finally:
        file.close()


class RangedFile(io.RawIOBase):
    """A remote file that records its first error, which decoders mistake for the end of file.

    Args:
        file: The remote file, as fsspec opened it.

    Attributes:
        error: The first error of a read; None if no read has failed.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self.error: Exception | None = None
        self._file = file

    def readable(self) -> bool:
        """Return True, because the file is opened for reading."""
        return True

    def seekable(self) -> bool:
        """Return True, because any range can be fetched."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move the position, as `io.IOBase.seek` does."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """Return the position, as `io.IOBase.tell` does."""
        return self._file.tell()

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes, or no bytes at the end of the file and after an error."""
        if self.error is not None:
            return b""
        try:
            return self._file.read(size)
        except Exception as error:  # noqa: BLE001 (each driver has errors of its own)
            self.error = error
            return b""


@contextmanager
def writing(path: str) -> Iterator[Path]:
    """Yield a local path to write to; the file is moved to `path` if the block succeeds.

    Raises:
        OutputError: The file cannot be written; an existing file is unchanged.
        MissingExtraError: fsspec is not installed, and the path is an address.
    """
    if not is_address(path):
        target = Path(path)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            problem = f"{path}: cannot be written: {error.strerror}"
            raise OutputError(problem, hint="choose another folder") from error
        with atomic_path(target) as draft:
            yield draft
        return
    fs, remote = _file_system(path)
    with tempfile.TemporaryDirectory(prefix="roomread-") as folder:
        draft = Path(folder) / Path(remote).name
        yield draft
        # An object in a bucket becomes visible only when it is complete.
        _call(path, OutputError, lambda: fs.put_file(str(draft), remote))


def list_names(folder: str) -> set[str]:
    """Return the names in a folder; an empty set if there is no such folder.

    Raises:
        OutputError: The folder cannot be listed.
        MissingExtraError: fsspec is not installed, and the folder is an address.
    """
    if not is_address(folder):
        path = Path(folder)
        try:
            return {entry.name for entry in path.iterdir()} if path.exists() else set()
        except OSError as error:
            raise OutputError(f"{folder}: {error.strerror}", hint="name a folder") from error
    fs, remote = _file_system(folder)

    def names() -> set[str]:
        # Bypass the cache, because another process may have written since the last listing.
        fs.invalidate_cache()
        found = fs.ls(remote, detail=False) if fs.exists(remote) else []
        return {name.rstrip("/").rpartition("/")[2] for name in found}

    return _call(folder, OutputError, names)


def remove(path: str) -> None:
    """Delete a file or a folder; a missing path is ignored.

    Raises:
        OutputError: The file or folder cannot be deleted.
    """
    if not is_address(path):
        try:
            if is_folder(path):
                shutil.rmtree(path)
            else:
                Path(path).unlink(missing_ok=True)
        except OSError as error:
            raise OutputError(f"{path}: cannot be deleted: {error.strerror}") from error
        return
    fs, remote = _file_system(path)
    _call(path, OutputError, lambda: fs.rm(remote, recursive=True) if fs.exists(remote) else None)


def join(folder: str, *names: str) -> str:
    """Join a folder and names to a path or an address."""
    if is_address(folder):
        return "/".join([folder.rstrip("/"), *names])
    return str(Path(folder, *names))


def _file_system(address: str) -> tuple[Any, str]:
    """Return the fsspec file system of an address, and the path in it."""
    protocol = address.partition("://")[0]
    try:
        from fsspec.core import url_to_fs  # noqa: PLC0415 (an extra)
    except ImportError as error:
        raise MissingExtraError(f"{protocol}://", extra="cluster") from error
    try:
        fs, path = url_to_fs(address)
    except ImportError as error:
        # The error's text comes from fsspec, such as "Install s3fs to access S3".
        problem = f"{protocol}://: {error}"
        raise RoomreadError(
            problem, hint="install the package with pip on this machine and on every worker"
        ) from error
    except ValueError as error:
        hint = "use a path, or an address such as s3://bucket/lessons/*.mp4"
        raise RoomreadError(f"{protocol}://: is not a supported URL scheme", hint=hint) from error
    return fs, path


def _call(path: str, kind: type[RoomreadError], ask: Callable[[], T]) -> T:
    """Call a file system and convert its exceptions to the given error class."""
    try:
        return ask()
    except RoomreadError:
        raise
    except Exception as error:
        raise _failed(path, kind, error) from error


def _failed(path: str, kind: type[RoomreadError], error: Exception) -> RoomreadError:
    if isinstance(error, FileNotFoundError):
        return kind(f"{path}: no such file", hint="check the name")
    text = " ".join(str(error).split()) or type(error).__name__
    return kind(f"{path}: {text}", hint="check the address, the permissions and the network")
