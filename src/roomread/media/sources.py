"""Open any input as an iterator of frames."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

from roomread.errors import MediaError, printable, without_credentials
from roomread.media.cameras import TIMEOUT, LiveReader, open_camera
from roomread.media.files import exists, find_existing, is_file, is_folder, is_pipe
from roomread.media.images import notes_of, read_image
from roomread.media.kinds import PICTURE_SUFFIXES, heif_kind, is_picture
from roomread.media.opening import (
    Opening,
    StillPictureError,
    describe,
    length,
    open_video,
    video_tracks,
)
from roomread.media.playlists import check_playlist
from roomread.media.screens import Part, ScreenReader, screen_number
from roomread.media.urls import fetch, is_address, is_web_address, local_path
from roomread.media.videos import VideoReader
from roomread.pyav import av
from roomread.readings import Frame

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream


@dataclass(frozen=True, slots=True)
class _How:
    """The options of `open_source`."""

    every: float | None = None
    stream: int | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    part: Part | None = None


class Source:
    """An opened input, to be iterated over inside a `with` block.

    Attributes:
        name: the input as the user named it, without credentials.
        is_picture: whether it is one still picture.
        live: whether it is a camera, a screen or an endless stream; iteration then yields the
            latest frame at each step.
        duration: length of a video, s; None if it is not known.
        stream: index, among all tracks of a video, of the track that is read; None for other
            inputs.
        notes: sentences about what is left out, such as further video tracks or pictures.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_picture = False
        self.live = False
        self.duration: float | None = None
        self.stream: int | None = None
        self.notes: tuple[str, ...] = ()
        self._video: VideoReader | None = None
        self._frames: Iterator[Frame] = iter(())
        self._reader: LiveReader | ScreenReader | None = None
        self._stack = ExitStack()
        self._how = _How()
        self._closed = False
        # Guards against closing the file while another thread reads it.
        self._lock = threading.Lock()

    @property
    def dropped(self) -> int:
        """The number of frames of a live source that were dropped unread; 0 for other inputs."""
        return self._reader.dropped if self._reader is not None else 0

    @property
    def shifts(self) -> Sequence[float]:
        """The offsets from a video's timestamps to the times of its frames, s.

        There is one offset for the start, which is final once the first frame is read, and one more
        for each jump of the video's clock. Other inputs have no offsets.
        """
        return self._video.shifts if self._video is not None else ()

    def __iter__(self) -> Iterator[Frame]:
        # Waiting for a live source must not hold the lock, so that `close` can end the wait.
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
        """Close the file, camera or connection."""
        if self.live:
            self._stack.close()
            return
        with self._lock:
            self._closed = True
            self._stack.close()

    def _open(self, spec: str | Path | bytes) -> None:
        if spec == "":
            raise MediaError("an input is an empty string", hint="check for an empty variable")
        screen = screen_number(spec) if isinstance(spec, str) and not exists(spec) else None
        if screen is not None:
            self.name = f"screen {screen}"
            part, every = self._how.part, self._how.every
            self._go_live(ScreenReader(screen, self.name, part=part, every=every))
        elif self._how.part is not None:
            problem = f"{self.name}: a region can be chosen only on a screen"
            raise MediaError(problem, hint='name a screen, such as "screen:"')
        elif isinstance(spec, bytes):
            self._open_bytes(spec)
        elif isinstance(spec, str) and spec.isascii() and spec.isdigit():
            self.name = f"camera {spec}"
            self._open_camera(int(spec))
        elif isinstance(spec, str) and is_address(spec) and not exists(spec):
            path = local_path(spec)
            if path is not None:
                self.name = printable(str(path))
                self._open_path(path)
            else:
                self._open_url(spec)
        else:
            self._open_path(local_path(spec) or Path(spec) if isinstance(spec, str) else spec)

    def _open_bytes(self, content: bytes) -> None:
        if not content or is_picture(content):
            self._open_picture(content)
        else:
            self._open_video(io.BytesIO(content))

    def _open_path(self, path: Path) -> None:
        path = find_existing(path)
        if is_pipe(path):
            # A pipe, such as a shell's <(...), can be read only once, so its content is kept.
            self._open_bytes(_content(path))
        elif _is_picture_file(path) or (is_file(path) and not path.stat().st_size):
            # The reader of pictures reports an empty file.
            self._open_picture(path)
        else:
            # Uploads have options, which reject playlists by their format: checking the segments
            # would reveal which files exist.
            if not self._how.options and is_file(path):
                check_playlist(path, self.name)
            self._open_video(path)

    def _open_picture(self, picture: Path | bytes) -> None:
        image = read_image(picture, name=self.name)
        self.is_picture = True
        self.notes = notes_of(picture, self.name)
        self._frames = iter([Frame(image, 0.0, 0, self.name, notes=self.notes)])

    def _open_video(self, file: Path | io.BytesIO) -> None:
        opening = Opening(options=self._how.options, stream=self._how.stream)
        container, stream = self._stack.enter_context(open_video(file, self.name, opening))
        self._read_whole(container, stream)

    def _read_whole(self, container: InputContainer, stream: VideoStream) -> None:
        self.duration = length(container)
        self.stream = stream.index
        tracks = video_tracks(container)
        if len(tracks) > 1:
            others = ", ".join(describe(track) for track in tracks if track is not stream)
            note = f"{self.name}: video track {describe(stream)} is read, and not {others}"
            self.notes = (note,)
        self._video = VideoReader(container, stream, self.name, every=self._how.every)
        self._frames = iter(self._video)

    def _open_camera(self, number: int) -> None:
        opened = self._stack.enter_context(open_camera(number, self.name))
        self._go_live(LiveReader(opened, self.name, every=self._how.every))

    def _open_url(self, url: str) -> None:
        options = {"rtsp_transport": "tcp"} if url.startswith("rtsp") else {}
        opening = Opening(options=options, timeout=TIMEOUT, stream=self._how.stream)
        try:
            container, stream = self._stack.enter_context(open_video(url, self.name, opening))
        except StillPictureError:
            self._open_bytes(fetch(url))
            return
        except MediaError:
            # It may be a picture of a kind that FFmpeg does not open.
            if not self._is_web_picture(url):
                raise
            return
        if is_web_address(url) and _is_heif(container):
            self._open_bytes(fetch(url))
        elif is_web_address(url) and _has_end(container):
            self._read_whole(container, stream)
        else:
            self._go_live(LiveReader((container, stream), self.name, every=self._how.every))

    def _is_web_picture(self, url: str) -> bool:
        """Open a web URL if its content is a picture; return whether it was opened."""
        if not is_web_address(url):
            return False
        try:
            content = fetch(url)
        except MediaError:
            return False
        if not is_picture(content):
            return False
        self._open_picture(content)
        return True

    def _go_live(self, reader: LiveReader | ScreenReader) -> None:
        self.live, self.duration, self._reader = True, None, reader
        self._frames = reader.frames()
        # The thread must end before the container that it reads is closed.
        self._stack.callback(reader.close)


# FFmpeg's names of self-contained formats. Playlists and scripts are excluded: they name other
# files and URLs, and an upload must not make the service open those.
_SEALED = {
    "format_whitelist": "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpeg,mpegts,asf,flv,ogg,mjpeg",
    "protocol_whitelist": "file",
}

_PLAYLISTS = frozenset({"hls", "dash"})


def open_upload(path: Path, *, every: float | None = None) -> Source:
    """Open an uploaded video without reading any file or URL that it refers to.

    Args:
        path: the file.
        every: seconds between two frames; None for all frames.

    Raises:
        MediaError: the file cannot be opened, or its format may refer to other files.
    """
    try:
        return _opened(printable(str(path)), path, _How(every, options=_SEALED))
    except MediaError as error:
        if isinstance(error.__cause__, av.error.ArgumentError):
            # This is FFmpeg's error for a format that is not in the list.
            hint = "use MP4, WebM, MKV, AVI, MOV, MPEG, WMV, FLV or OGV"
            raise MediaError(f"{path}: is not a supported kind of video", hint=hint) from error
        raise


def open_source(
    spec: str | Path | bytes | int,
    *,
    every: float | None = None,
    stream: int | None = None,
    part: Part | None = None,
) -> Source:
    """Open a picture, a video, a camera, a stream or a screen.

    Args:
        spec: a path; the bytes of a picture or video; the index of a camera, as a number or as text
            ("0"); a URL (file, http, https, rtsp, rtmp, udp, srt); "screen:" or "screen:2" for a
            screen of this computer. All frames of a file on a web server are read in order, but
            only the latest frames of an endless stream.
        every: seconds between two frames; None for all frames. It has no effect on pictures.
        stream: the index, among all tracks of a video, of the track to read; None for the video
            track with the largest picture.
        part: left, top, width and height of the region of a screen to read, px; None for the whole
            screen.

    Raises:
        MediaError: the source cannot be opened. Damage inside it is reported while iterating.
        MissingExtraError: the source is HEIC or a screen, and the extra `heif` or `screen` is not
            installed.
        ValueError: `every` is not positive.
    """
    if every is not None and not every > 0:
        raise ValueError(f"every must be a time over 0 s, not {every}")
    if isinstance(spec, int):
        spec = str(spec)
    name = (
        "standard input" if isinstance(spec, bytes) else printable(without_credentials(str(spec)))
    )
    return _opened(name, spec, _How(every, stream, part=part))


def _opened(name: str, spec: str | Path | bytes, how: _How) -> Source:
    source = Source(name)
    try:
        source._how = how  # noqa: SLF001 (this function is its constructor)
        source._open(spec)  # noqa: SLF001
    except BaseException:
        source.close()
        raise
    return source


def _is_picture_file(path: Path) -> bool:
    """Return whether the content or suffix of a file shows that it is to be read as a picture."""
    if is_folder(path):
        # The reader of pictures reports the error.
        return True
    if not is_file(path):
        return path.suffix.lower() in PICTURE_SUFFIXES
    try:
        return is_picture(path) or path.suffix.lower() in PICTURE_SUFFIXES
    except OSError as error:
        raise MediaError(f"{path}: {error.strerror}", hint="check its permissions") from error


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise MediaError(f"{path}: {error.strerror}", hint="check its permissions") from error


def _has_end(container: InputContainer) -> bool:
    """Return whether a web server sends a file rather than an endless stream."""
    if length(container) is not None:
        return True
    # A recording made by a browser has a size but no duration. The size of a playlist does not tell
    # whether the stream ends.
    return container.size > 0 and container.format.name not in _PLAYLISTS


def _is_heif(container: InputContainer) -> bool:
    brand = container.metadata.get("major_brand", "").encode()
    return heif_kind(b"\0\0\0\x10ftyp" + brand) is not None
