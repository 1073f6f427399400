from __future__ import annotations

import io
import json

import numpy as np

from classes import frame as class_frame
from roomread.formats.coco import CocoSink
from roomread.readings import Expression, Frame


def test_coco_file_has_an_image_for_each_frame_and_an_annotation_for_each_face() -> None:
    file = io.StringIO()
    sink = CocoSink(file)
    faces = class_frame(0.0, {1: Expression.HAPPY, 2: None})
    sink.add(Frame(np.zeros((30, 40, 3), np.uint8), 0.0, 0, "a.jpg"), faces)
    sink.add(Frame(np.zeros((30, 40, 3), np.uint8), 0.0, 0, "b.jpg"), [])
    sink.close()
    content = json.loads(file.getvalue())
    assert [(i["id"], i["file_name"], i["width"]) for i in content["images"]] == [
        (1, "a.jpg", 40),
        (2, "b.jpg", 40),
    ]
    names = {category["id"]: category["name"] for category in content["categories"]}
    happy, unread = content["annotations"]
    assert [names[each["category_id"]] for each in (happy, unread)] == ["happy", "face"]
    left, top, right, bottom = faces[0].box
    assert happy["bbox"] == [left, top, right - left, bottom - top]
    assert happy["score"] == faces[0].confidence
    assert unread["score"] == faces[1].detection_confidence
    assert unread["attributes"]["unreadable"] == "turned away"
    assert {each["image_id"] for each in content["annotations"]} == {1}
