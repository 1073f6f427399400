"""Untrusted pictures are decoded in processes that can be killed."""

from __future__ import annotations

import io
import struct
import sys
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from heic_files import Turn, make_heic
from roomread.errors import MediaError
from roomread.jobs.decoder import Decoder
from roomread.jobs.worker_process import WorkerProcess
from roomread.media import read_image

EXAMPLE = Path(__file__).parents[2] / "examples" / "astronaut.jpg"


@pytest.fixture
def decoder() -> Iterator[Decoder]:
    made = Decoder()
    yield made
    made.close()


def png(width: int, height: int) -> bytes:
    file = io.BytesIO()
    Image.new("1", (width, height)).save(file, "PNG")
    return file.getvalue()


def test_decoder_shared_by_threads_returns_the_same_pixels_as_decoding_in_this_process(
    decoder: Decoder,
) -> None:
    content = EXAMPLE.read_bytes()
    expected = read_image(content)
    with ThreadPoolExecutor(4) as threads:
        for read in threads.map(lambda _: decoder.decode(content, "me.jpg"), range(8)):
            assert np.array_equal(read.image, expected)
            assert read.notes == ()


def test_heic_is_decoded_whole_and_upright(decoder: Decoder) -> None:
    stored = np.zeros((128, 256, 3), np.uint8)
    stored[:, :128] = 200
    image = decoder.decode(make_heic(stored, tile=64, turn=Turn(quarters=1)), "me.heic").image
    assert image.shape == (256, 128, 3)
    assert image[200, 64].min() > 190
    assert image[50, 64].max() < 10


def test_decoding_a_gif_adds_the_note_that_only_its_first_picture_is_read(decoder: Decoder) -> None:
    file = io.BytesIO()
    frames = [Image.new("L", (20, 10), level) for level in (10, 200, 90)]
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:])
    read = decoder.decode(file.getvalue(), "walk.gif")
    assert read.image.shape == (10, 20, 3)
    assert read.notes == ("walk.gif: of its 3 pictures the first is read",)


def test_input_that_is_not_a_picture_raises_a_media_error(decoder: Decoder) -> None:
    with pytest.raises(MediaError, match=r"me\.jpg: is not a picture"):
        decoder.decode(b"hello", "me.jpg")
    assert decoder.decode(png(8, 4), "small.png").image.shape == (4, 8, 3)


def test_picture_with_too_many_pixels_is_refused_before_it_is_decoded() -> None:
    decoder = Decoder(max_pixels=1_000_000)
    with pytest.raises(MediaError, match="at most 1 megapixels"):
        decoder.decode(png(1001, 1000), "large.png")
    decoder.close()


def black_png_of_16_bits(side: int) -> bytes:
    """Return a black square PNG with 16 bits per colour channel."""
    head = struct.pack(">IIBBBBB", side, side, 16, 2, 0, 0, 0)
    compressor = zlib.compressobj(1)
    rows = [compressor.compress(bytes(1 + 6 * side)) for _ in range(side)]
    data = b"".join([*rows, compressor.flush()])
    parts = [(b"IHDR", head), (b"IDAT", data), (b"IEND", b"")]
    chunks = [
        struct.pack(">I", len(each)) + kind + each + struct.pack(">I", zlib.crc32(kind + each))
        for kind, each in parts
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


@pytest.mark.sweep
def test_largest_allowed_16_bit_picture_fits_into_the_memory_limit_of_the_decoder() -> None:
    decoder = Decoder(seconds=120, processes=1)
    assert decoder.decode(black_png_of_16_bits(7000), "large.png").image.shape == (7000, 7000, 3)
    decoder.close()


@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited on Linux only")
def test_picture_that_needs_too_much_memory_is_reported_and_the_next_picture_is_read() -> None:
    decoder = Decoder(memory_mb=50, processes=1)
    with pytest.raises(MediaError, match=r"too much memory|crashed the decoder"):
        decoder.decode(png(6000, 6000), "large.png")
    assert decoder.decode(png(8, 4), "small.png").image.shape == (4, 8, 3)
    decoder.close()


def test_picture_that_takes_too_long_to_decode_is_reported() -> None:
    decoder = Decoder(seconds=0.01, processes=1)
    with pytest.raises(MediaError, match=r"took over 0\.01 s"):
        decoder.decode(png(4000, 4000), "slow.png")
    decoder.close()


def test_incomplete_message_of_an_ended_worker_is_ignored() -> None:
    program = "import sys; sys.stdout.buffer.write(b'\\0' * 5)"
    child = WorkerProcess([sys.executable, "-c", program])
    assert child.receive(30) is None
    assert not child.timed_out
    child.send({"name": "late.png"}, b"0" * 1_000_000)
    child.close()
