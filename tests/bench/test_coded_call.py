"""Known faces of a call are still found and read after a codec."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from roomread import Analyzer
from roomread.bench import scenes
from roomread.bench.coded_call import SIZE, Codec, FaceCall, encode
from roomread.faces.crops import FER2013_FRAMING, cut
from roomread.pipeline import RoomPipeline
from roomread.readings import Expression, Face

PEOPLE = 10


@pytest.fixture(scope="module")
def smiles() -> list[NDArray[np.uint8]]:
    face = Face(scenes.ASTRONAUT_FACE, None, 1.0)
    (crop,) = cut(scenes.astronaut(), [face], FER2013_FRAMING)
    mirrored = np.asarray(Image.fromarray(crop).transpose(Image.Transpose.FLIP_LEFT_RIGHT))
    return [crop, mirrored] * (PEOPLE // 2)


def test_heads_move_between_frames_and_stay_in_their_tiles(
    smiles: list[NDArray[np.uint8]],
) -> None:
    call = FaceCall(smiles)
    first, second, *_ = call.frames(0.2)
    assert first.image.shape == (SIZE[1], SIZE[0], 3)
    assert first.time == 0
    assert second.time == pytest.approx(1 / 15)
    change = np.abs(first.image.astype(int) - second.image).mean(axis=2)
    tile = call.tiles[0]
    inside = change[int(tile.top) : int(tile.bottom), int(tile.left) : int(tile.right)]
    between = change[: int(tile.top), : int(tile.right)]
    assert np.percentile(inside, 99) > 3 * np.percentile(between, 99)


@pytest.mark.parametrize("codec", list(Codec))
def test_smiles_in_a_video_call_are_still_read_after_compression_by_a_codec(
    codec: Codec, smiles: list[NDArray[np.uint8]]
) -> None:
    call = FaceCall(smiles)
    video = encode(call.frames(2.0), codec, kbits=300, rate=15)
    assert 30 < video.kbits < 450
    room = RoomPipeline.of(Analyzer())
    found = right = frames = 0
    for frame in video.frames():
        if frame.index % 8 == 7:
            readings = call.by_tile(room.push(frame).readings)
            found += sum(each is not None for each in readings)
            right += sum(
                each is not None and each.expression is Expression.HAPPY for each in readings
            )
            frames += 1
    assert frames == 3
    assert found >= 0.95 * PEOPLE * frames
    assert right >= 0.9 * PEOPLE * frames


@pytest.mark.sweep
@pytest.mark.parametrize("codec", list(Codec))
def test_encoded_video_keeps_to_the_requested_low_bit_rate(
    codec: Codec, smiles: list[NDArray[np.uint8]]
) -> None:
    video = encode(FaceCall(smiles).frames(6.0), codec, kbits=150, rate=15)
    assert video.kbits < 165
    assert len(list(video.frames())) == 90
