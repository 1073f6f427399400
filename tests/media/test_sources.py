from __future__ import annotations

import functools
import http.server
import io
import os
import socket
import struct
import threading
import traceback
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from clips import frame_index_of, grey, make_clip, make_sound
from roomread.errors import MediaError
from roomread.media import open_source
from roomread.readings import Frame

THEORA = Path(__file__).parents[3] / "shared" / "cases" / "inputs" / "a.ogv"
SECOND = [n / 25 for n in range(25)]


def read(spec: str | Path | bytes, *, every: float | None = None) -> list[Frame]:
    with open_source(spec, every=every) as source:
        return list(source)


def read_until_error(spec: str | Path) -> tuple[list[Frame], str]:
    frames: list[Frame] = []
    with pytest.raises(MediaError) as caught, open_source(spec) as source:
        frames.extend(iter(source))
    return frames, str(caught.value)


@pytest.mark.parametrize("suffix", ["mp4", "webm", "mkv", "mov", "avi"])
def test_all_frames_of_every_container_format_are_read_in_order(
    tmp_path: Path, suffix: str
) -> None:
    frames = read(make_clip(tmp_path / f"clip.{suffix}", SECOND))
    assert [frame_index_of(frame.image) for frame in frames] == list(range(25))
    assert [frame.index for frame in frames] == list(range(25))
    np.testing.assert_allclose([frame.time for frame in frames], SECOND, atol=2e-3)
    assert frames[0].image.shape == (48, 64, 3)


def test_times_of_a_variable_frame_rate_are_kept(tmp_path: Path) -> None:
    times = [0.0, 0.04, 0.5, 0.52, 1.7, 3.0]
    frames = read(make_clip(tmp_path / "variable_rate.mp4", times))
    np.testing.assert_allclose([frame.time for frame in frames], times, atol=1e-3)


def test_times_count_from_the_first_frame(tmp_path: Path) -> None:
    frames = read(make_clip(tmp_path / "late_start.mkv", [5.0, 5.5, 6.0]))
    np.testing.assert_allclose([frame.time for frame in frames], [0, 0.5, 1.0], atol=2e-3)


@pytest.mark.parametrize(("rotation", "corner"), [(0, 0), (90, 1), (180, 2), (270, 3)])
def test_recording_with_a_rotation_is_returned_upright(
    tmp_path: Path, rotation: int, corner: int
) -> None:
    (frame, *_) = read(make_clip(tmp_path / "phone.mp4", SECOND, rotation=rotation))
    # The rotation moves the white quarter counter-clockwise from the upper left corner.
    height, width = frame.image.shape[:2]
    assert (height, width) == ((48, 64) if rotation % 180 == 0 else (64, 48))
    y, x = [(0, 0), (1, 0), (1, 1), (0, 1)][corner]
    quarter = frame.image[
        y * height // 2 : (y + 1) * height // 2, x * width // 2 : (x + 1) * width // 2
    ]
    assert np.median(quarter) > 240


@settings(
    max_examples=12,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(every=st.floats(0.01, 2))
def test_option_every_yields_the_first_frame_at_or_after_each_multiple_of_the_interval(
    tmp_path: Path, every: float
) -> None:
    path = tmp_path / "clip.mp4"
    if not path.exists():
        make_clip(path, SECOND)
    times = np.array([frame.time for frame in read(path, every=every)])
    slots = np.floor((times + 1e-3) / every)
    assert len(set(slots)) == len(slots)
    assert times[0] == 0
    assert len(times) >= min(25, int(0.96 / every))


def test_frames_selected_by_the_option_every_keep_their_index_in_the_video(tmp_path: Path) -> None:
    frames = read(make_clip(tmp_path / "clip.mp4", SECOND), every=0.2)
    assert [frame.index for frame in frames] == [0, 5, 10, 15, 20]


def test_duration_is_known_before_reading(tmp_path: Path) -> None:
    with open_source(make_clip(tmp_path / "clip.mp4", SECOND)) as source:
        assert source.duration == pytest.approx(1.0, abs=0.05)
        assert not source.live
        assert not source.is_picture


def test_video_in_memory_is_read(tmp_path: Path) -> None:
    assert len(read(make_clip(tmp_path / "clip.mp4", SECOND).read_bytes())) == 25


def test_picture_is_a_source_of_one_frame(tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    Image.new("RGB", (30, 20)).save(path)
    with open_source(path) as source:
        assert source.is_picture
        (frame,) = source
    assert frame.image.shape == (20, 30, 3)
    assert frame.source == str(path)


def test_picture_without_a_suffix_is_recognised_by_its_content(tmp_path: Path) -> None:
    path = tmp_path / "photo"
    Image.new("RGB", (30, 20)).save(path, "PNG")
    assert len(read(path)) == 1


@pytest.mark.parametrize("how", ["bytes", "path"])
def test_decompression_bomb_without_a_suffix_is_reported(how: str, tmp_path: Path) -> None:
    content = b"\x89PNG\r\n\x1a\n"
    size = struct.pack(">II", 30_000, 30_000) + b"\x08\x02\x00\x00\x00"
    for chunk in (b"IHDR" + size, b"IDAT" + zlib.compress(bytes(99))):
        content += struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
    (tmp_path / "bomb").write_bytes(content)
    with pytest.raises(MediaError, match="too many pixels"):
        open_source(content if how == "bytes" else tmp_path / "bomb")


@pytest.mark.parametrize("name", ["²", "x" * 300 + ".jpg", "a\0.mp4"])
def test_name_that_cannot_be_opened_is_a_media_error(name: str) -> None:
    with pytest.raises(MediaError):
        open_source(name)


def test_audio_file_without_video_track_is_reported(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="no video track"):
        read(make_sound(tmp_path / "audio_only.mp4"))


def test_empty_file_is_reported_as_empty(tmp_path: Path) -> None:
    (tmp_path / "film.mp4").touch()
    with pytest.raises(MediaError, match=r"film\.mp4: is empty \(0 bytes\)"):
        open_source(tmp_path / "film.mp4")


@pytest.mark.parametrize("content", [b"", b"this is text", bytes(5000)])
def test_file_that_is_not_a_video_is_reported(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "text.mp4"
    path.write_bytes(content)
    with pytest.raises(MediaError, match=r"text\.mp4"):
        read(path)


def test_missing_video_is_reported(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="no such file"):
        read(tmp_path / "none.mp4")


def long_clip(path: Path, *, options: dict[str, str] | None = None) -> Path:
    times = [n / 25 for n in range(110)]
    return make_clip(path, times, size=(320, 240), options=options)


def cut(path: Path, share: float) -> Path:
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    return path


@pytest.mark.parametrize(
    ("name", "options"), [("faststart.mp4", {"movflags": "faststart"}), ("clip.mkv", None)]
)
def test_truncated_video_returns_its_readable_frames_and_then_raises_media_error(
    tmp_path: Path, name: str, options: dict[str, str] | None
) -> None:
    frames, message = read_until_error(cut(long_clip(tmp_path / name, options=options), 0.6))
    assert 10 < len(frames) < 110
    assert name in message
    assert " s" in message


def test_truncated_video_without_its_index_cannot_be_opened(tmp_path: Path) -> None:
    frames, message = read_until_error(cut(long_clip(tmp_path / "clip.mp4"), 0.6))
    assert frames == []
    assert "clip.mp4" in message


def test_video_whose_sound_is_longer_is_not_reported_as_truncated(tmp_path: Path) -> None:
    assert len(read(make_clip(tmp_path / "clip.mkv", SECOND, sound=3.0))) == 25


def test_frames_after_a_damaged_part_are_read_and_the_damage_is_reported(tmp_path: Path) -> None:
    path = long_clip(tmp_path / "damaged.mp4", options={"movflags": "faststart"})
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 60] = b"\xff" * 60
    path.write_bytes(data)
    with open_source(path) as source:
        frames: list[Frame] = []
        try:
            frames.extend(iter(source))
        except MediaError as error:
            assert "damaged" in str(error)  # noqa: PT017 (some decoders conceal it)
    assert len(frames) > 50


def test_missing_camera_is_reported() -> None:
    with pytest.raises(MediaError, match="camera 97"):
        open_source("97")


@pytest.mark.parametrize("every", [0, -1.0, float("nan")])
def test_option_every_that_is_not_positive_is_refused(every: float) -> None:
    with pytest.raises(ValueError, match="over 0"):
        open_source("photo.png", every=every)


@pytest.fixture
def web(tmp_path: Path) -> Iterator[str]:
    """Serve `tmp_path` by a web server on loopback, and yield its URL."""
    handler = functools.partial(QuietHandler, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def test_video_on_a_web_server_is_read_whole_and_in_order(tmp_path: Path, web: str) -> None:
    make_clip(tmp_path / "clip.mp4", SECOND, options={"movflags": "faststart"})
    with open_source(f"{web}/clip.mp4") as source:
        assert not source.live
        assert [frame.index for frame in source] == list(range(25))


def test_missing_file_on_a_web_server_is_reported(web: str) -> None:
    with pytest.raises(MediaError, match=r"none\.mp4.*404|none\.mp4.*[Nn]ot [Ff]ound"):
        open_source(f"{web}/none.mp4")


def test_interrupted_stream_returns_its_frames_and_then_raises_media_error(tmp_path: Path) -> None:
    data = long_clip(tmp_path / "clip.ts").read_bytes()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve_half() -> None:
            connection, _ = server.accept()
            with connection:
                connection.sendall(data[: len(data) // 2])

        threading.Thread(target=serve_half, daemon=True).start()
        frames, message = read_until_error(f"tcp://127.0.0.1:{server.getsockname()[1]}")
    assert frames
    assert "the stream" in message
    assert "after" in message


def test_unreachable_address_is_reported() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(MediaError, match="refused"):
        open_source(f"tcp://127.0.0.1:{port}")


def test_picture_on_a_web_server_is_recognised_as_a_picture(tmp_path: Path, web: str) -> None:
    picture = Image.new("RGB", (30, 20), (200, 90, 10))
    for name in ("photo.jpg", "photo", "a.png", "a.webp", "a.gif", "a.avif", "a.tif", "a.bmp"):
        kind = {"": "JPEG", ".jpg": "JPEG", ".tif": "TIFF"}.get(Path(name).suffix)
        picture.save(tmp_path / name, kind)
        with open_source(f"{web}/{name}") as source:
            assert source.is_picture, name
            assert [frame.image.shape for frame in source] == [(20, 30, 3)]


def test_concatenated_jpegs_on_a_web_server_are_read_as_a_video(tmp_path: Path, web: str) -> None:
    (tmp_path / "clip.mjpeg").write_bytes(jpegs(4))
    with open_source(f"{web}/clip.mjpeg") as source:
        assert not source.live
        assert len(list(source)) == 4


def test_browser_recording_on_a_web_server_is_read_completely(tmp_path: Path, web: str) -> None:
    # The header states no duration, because a browser writes the file while recording.
    make_clip(tmp_path / "clip.webm", SECOND, options={"live": "1"})
    with open_source(f"{web}/clip.webm") as source:
        assert source.duration is None
        assert not source.live
        assert len(list(source)) == 25


@pytest.mark.parametrize("ended", [True, False])
def test_playlist_without_an_end_is_a_live_source(tmp_path: Path, web: str, *, ended: bool) -> None:
    make_clip(tmp_path / "0.ts", SECOND)
    lines = ["#EXTM3U", "#EXT-X-VERSION:3", "#EXT-X-TARGETDURATION:1", "#EXTINF:1.0,", "0.ts"]
    (tmp_path / "list.m3u8").write_text("\n".join(lines + ["#EXT-X-ENDLIST"] * ended) + "\n")
    with open_source(f"{web}/list.m3u8") as source:
        assert source.live is not ended


def jpegs(count: int, *, declared: bool = False) -> bytes:
    """Return concatenated JPEGs; `declared` announces them in the MPF header of the first."""
    content = b""
    for number in range(count):
        file = io.BytesIO()
        Image.fromarray(grey(number, (64, 48))).save(file, "JPEG")
        content += file.getvalue()
    if declared:
        marker = b"\xff\xe2\x00\x08MPF\0\0\0"
        content = content[:2] + marker + content[2:]
    return content


@pytest.mark.parametrize("name", ["clip.mjpeg", "clip.mjpg", "clip", None])
def test_concatenated_jpegs_are_read_as_a_video(tmp_path: Path, name: str | None) -> None:
    content = jpegs(5)
    if name is not None:
        (tmp_path / name).write_bytes(content)
    frames = read(tmp_path / name if name is not None else content)
    assert [frame_index_of(frame.image) for frame in frames] == list(range(5))


@pytest.mark.parametrize("content", [jpegs(3, declared=True), jpegs(1) + b"SEFH" + bytes(99)])
def test_jpeg_with_trailing_data_is_recognised_as_a_picture(content: bytes) -> None:
    with open_source(content) as source:
        assert source.is_picture


@pytest.mark.parametrize(
    "name",
    [
        "2024-05-01T12:30:00.mp4",
        "cam:1.mkv",
        "Lesson 3 [dQw4w9WgXcQ].mp4",
        "two\nlines.mp4",
        "-dash.mp4",
        "100%25 d.mp4",
        "caf\udce9.mp4",
        "x" * 251 + ".mp4",
    ],
)
def test_files_with_unusual_names_are_read(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_clip(tmp_path / "clip.mp4", SECOND[:3])
    (tmp_path / "clip.mp4").rename(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    with open_source(name) as source:
        frames = list(source)
    assert len(frames) == 3
    # Even such a name can be encoded as UTF-8.
    assert frames[0].source.encode()


def test_file_url_is_opened_as_a_file_and_not_as_a_live_source(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "my clip.mp4", SECOND)
    with open_source(path.as_uri()) as source:
        assert not source.live
        assert len(list(source)) == 25
        assert source.name == str(path)


def test_pipe_is_read_to_its_end(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    content = make_clip(tmp_path / "clip.mp4", SECOND).read_bytes()
    thread = threading.Thread(target=pipe.write_bytes, args=(content,))
    thread.start()
    assert len(read(pipe)) == 25
    thread.join()


def test_credentials_of_an_address_appear_in_neither_frames_nor_errors(
    tmp_path: Path, web: str
) -> None:
    make_clip(tmp_path / "clip.mp4", SECOND, options={"movflags": "faststart"})
    address = web.replace("http://", "http://admin:s3cret@")
    assert "s3cret" not in read(f"{address}/clip.mp4")[0].source
    for place in (f"{address}/none.mp4", "rtsp://admin:s3cret@127.0.0.1:9/stream"):
        with pytest.raises(MediaError) as caught:
            open_source(place)
        lines = traceback.format_exception(caught.value)
        assert not [line for line in lines if "s3cret" in line and "Error" in line]


def test_empty_packets_repeat_the_previous_picture(tmp_path: Path) -> None:
    path = tmp_path / "clip.ogv"
    if not THEORA.exists():
        pytest.skip("../shared/cases is not here, and FFmpeg encodes no Theora")
    path.write_bytes(THEORA.read_bytes())
    frames = read(path)
    assert len(frames) == 30
    np.testing.assert_allclose([f.time for f in frames], np.arange(30) / 15, atol=2e-3)
    assert np.array_equal(frames[22].image, frames[21].image)


def test_empty_name_is_refused() -> None:
    with pytest.raises(MediaError, match="an input is an empty string"):
        open_source("")
