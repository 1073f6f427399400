from __future__ import annotations

import json

from roomread.readings import Expression
from roomread.wire import frame_from_dict, frame_to_dict
from roomread.wire.example import example_frame


def test_example_is_a_happy_face_and_equal_after_encoding_and_decoding() -> None:
    example = example_frame()
    (face,) = example.readings
    assert face.expression is Expression.HAPPY
    assert (face.source, face.time, face.frame_index) == (
        example.source,
        example.time,
        example.frame_index,
    )
    assert frame_from_dict(json.loads(json.dumps(frame_to_dict(example)))) == example


def test_example_has_every_output_of_the_net() -> None:
    (face,) = frame_to_dict(example_frame())["faces"]
    unknown = [name for name, value in face.items() if value is None]
    assert unknown == ["person", "landmarks", "unreadable"]
