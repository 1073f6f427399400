"""Anything that shows faces, to an iterator of frames."""

from __future__ import annotations

import io
import threading
import warnings
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Self

import av
from PIL import Image, UnidentifiedImageError

from roomread.errors import MediaError
from roomread.media.cameras import TIMEOUT, LiveReader, open_camera
from roomread.media.files import is_file, is_folder
from roomread.media.images import read_image
from roomread.media.kinds import PICTURE_SUFFIXES, VIDEO_SUFFIXES
from roomread.media.videos import VideoReader, length, open_video
from roomread.readings import Frame


class Source:
    """An opened input: iterate over its frames, inside a `with` block.

    Attributes:
        name: what the user called it.
        is_picture: one still picture.
        live: a camera or a stream: its latest frame each time, without an end.
        duration: seconds, of a video that says so; else None.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_picture = False
        self.live = False
        self.duration: float | None = None
        self._frames: Iterator[Frame] = iter(())
        self._reader: LiveReader | None = None
        self._stack = ExitStack()
        self._options: dict[str, str] = {}
        self._closed = False
        # A file may be read by one thread and closed by another.
        self._lock = threading.Lock()

    @property
    def dropped(self) -> int:
        """Frames of a live source that newer ones replaced; 0 for others."""
        return self._reader.dropped if self._reader is not None else 0

    def __iter__(self) -> Iterator[Frame]:
        # A live one is waited for without end, and ends by itself when it is closed.
        return self._frames if self.live else self._guarded()

    def _guarded(self) -> Iterator[Frame]:
        while True:
            with self._lock:
                frame = next(self._frames, None) if not self._closed else None
            if frame is None:
                return
            yield frame

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Lets go of the file, camera or connection."""
        if self.live:
            self._stack.close()
            return
        with self._lock:
            self._closed = True
            self._stack.close()

    def _open(self, spec: str | Path | bytes, every: float | None) -> None:
        if isinstance(spec, bytes):
            if not spec or _is_picture(io.BytesIO(spec)):
                self._open_picture(spec)
            else:
                self._open_video(io.BytesIO(spec), every)
        elif str(spec).isascii() and str(spec).isdigit():
            self.name = f"camera {spec}"
            self._open_camera(int(str(spec)), every)
        elif "://" in str(spec):
            self._open_url(str(spec), every)
        elif _is_picture_file(Path(spec)):
            self._open_picture(Path(spec))
        else:
            self._open_video(Path(spec), every)

    def _open_picture(self, picture: Path | bytes) -> None:
        image = read_image(picture, name=self.name)
        self.is_picture = True
        self._frames = iter([Frame(image, 0.0, 0, self.name)])

    def _open_video(self, file: Path | io.BytesIO, every: float | None) -> None:
        container, stream = self._stack.enter_context(
            open_video(file, self.name, options=self._options)
        )
        self.duration = length(container)
        self._frames = iter(VideoReader(container, stream, self.name, every=every))

    def _open_camera(self, number: int, every: float | None) -> None:
        opened = self._stack.enter_context(open_camera(number, self.name))
        self._go_live(LiveReader(opened, self.name, every=every))

    def _open_url(self, url: str, every: float | None) -> None:
        options = {"rtsp_transport": "tcp"} if url.startswith("rtsp") else {}
        container, stream = self._stack.enter_context(
            open_video(url, self.name, options=options, timeout=TIMEOUT)
        )
        self.duration = length(container)
        if self.duration is not None and url.startswith(("http://", "https://")):
            self._frames = iter(VideoReader(container, stream, self.name, every=every))
        else:
            self._go_live(LiveReader((container, stream), self.name, every=every))

    def _go_live(self, reader: LiveReader) -> None:
        self.live, self.duration, self._reader = True, None, reader
        self._frames = reader.frames()
        # The thread ends before the container that it reads is closed.
        self._stack.callback(reader.close)


# Containers that hold their pictures themselves, by FFmpeg's names. Playlists and scripts do not:
# they name other files and addresses, which a stranger must not make us open.
_SEALED = {
    "format_whitelist": "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpeg,mpegts,asf,flv",
    "protocol_whitelist": "file",
}


def open_upload(path: Path, *, every: float | None = None) -> Source:
    """Opens a video that a stranger sent: nothing but this file is read for it.

    Args:
        path: the file.
        every: seconds from one frame to the next; None for all.

    Raises:
        MediaError: it cannot be opened, or is of a kind that may name other files.
    """
    source = Source(str(path))
    try:
        source._options = _SEALED  # noqa: SLF001 (this function is its constructor)
        source._open(path, every)  # noqa: SLF001
    except MediaError as error:
        source.close()
        if isinstance(error.__cause__, av.error.ArgumentError):
            # What FFmpeg says of a format that is not on the list.
            hint = "MP4, WebM, MKV, AVI, MOV, MPEG, WMV and FLV are"
            raise MediaError(f"{path}: not a video that is taken", hint=hint) from error
        raise
    except BaseException:
        source.close()
        raise
    return source


def open_source(spec: str | Path | bytes, *, every: float | None = None) -> Source:
    """Opens a picture, a video, a camera or a stream.

    Args:
        spec: a path; the bytes of a picture or video; a camera's number as text ("0"); a URL
            (rtsp, http, https, rtmp, udp, srt). A video file on a web server is read whole and in
            order; what has no end is live.
        every: seconds from one frame to the next; None for all. Pictures do not mind.

    Raises:
        MediaError: it cannot be opened. Damage inside is told while iterating.
        ValueError: `every` is not over 0.
    """
    if every is not None and not every > 0:
        raise ValueError(f"every is a time over 0 s, not {every}")
    source = Source("standard input" if isinstance(spec, bytes) else str(spec))
    try:
        source._open(spec, every)  # noqa: SLF001 (this function is its constructor)
    except BaseException:
        source.close()
        raise
    return source


def _is_picture_file(path: Path) -> bool:
    """By its ending; by its content where the ending says nothing."""
    suffix = path.suffix.lower()
    if suffix in PICTURE_SUFFIXES:
        return True
    if suffix in VIDEO_SUFFIXES or not is_file(path):
        # A folder or a missing file: the readers say so.
        return is_folder(path)
    try:
        with path.open("rb") as file:
            return _is_picture(io.BytesIO(file.read(4096)))
    except OSError as error:
        raise MediaError(f"{path}: {error.strerror}", hint="check its permissions") from error


def _is_picture(file: io.BytesIO) -> bool:
    try:
        with warnings.catch_warnings():
            # The picture reader says itself what is too large.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            Image.open(file).close()
    except UnidentifiedImageError:
        return False
    except (OSError, Image.DecompressionBombError):
        # Recognised, and then damaged or too large: the picture reader says how.
        return True
    return True


def find_media(folder: Path) -> list[Path]:
    """The pictures and videos in a folder and below, sorted; hidden ones are left out.

    Raises:
        MediaError: the folder cannot be read.
    """
    known = PICTURE_SUFFIXES | VIDEO_SUFFIXES
    try:
        files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in known)
    except OSError as error:
        raise MediaError(f"{folder}: {error.strerror}", hint="check its permissions") from error
    return [
        path
        for path in files
        if path.is_file() and not any(p.startswith(".") for p in path.relative_to(folder).parts)
    ]
