from __future__ import annotations

import json
import re
from pathlib import Path

from roomread.formats.room_values import MOOD_COLUMNS
from roomread.wire import COLUMNS, FACE, FRAME, frame_from_dict
from roomread.wire.document import json_text, markdown

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "schema.md").read_text(encoding="utf-8")


def test_schema_page_equals_the_generated_page() -> None:
    assert markdown() == PAGE, "run: python -m roomread.wire.document"
    assert json_text() == (DOCS / "schema.json").read_text(encoding="utf-8")


def test_schema_page_names_every_field_and_column() -> None:
    named = set(re.findall(r"`\.?([\w.…]+)`", PAGE))
    assert {*FRAME.fields, *FACE.fields, *COLUMNS} <= named
    scores = {name for name in MOOD_COLUMNS if name.startswith("scores_")}
    assert set(MOOD_COLUMNS) - scores <= named


def test_example_on_the_schema_page_conforms_to_the_schema() -> None:
    (example,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert frame_from_dict(json.loads(example)).readings[0].seat == 3
