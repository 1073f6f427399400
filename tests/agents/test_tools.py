"""The results of the tools, without the MCP SDK."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("sqlalchemy", reason="needs the sessions extra")

from recorded_classes import class_with_people, record_class, record_falling_class
from roomread import Analyzer
from roomread.agents.tools import Tools
from roomread.errors import MediaError, SessionNotFoundError
from roomread.media import read_image
from roomread.readings import Frame
from roomread.room import Alert
from roomread.services.purpose import PurposeError
from roomread.store import LOCAL_OWNER, OwnerStore, Store
from roomread.store.pieces import Piece
from roomread.testing import FixedClassifier, FixedDetector

FACES = [(10.0, 15.0, 130.0, 165.0), (150.0, 15.0, 230.0, 105.0)]


class FakeDecoder:
    """A decoder that decodes pictures in this process."""

    def frame(self, content: bytes, name: str, *, index: int = 0) -> Frame:
        return Frame(read_image(io.BytesIO(content)), 0.0, index, name)


@pytest.fixture
def everything(tmp_path: Path) -> Iterator[Store]:
    store = Store(f"sqlite:///{tmp_path / 'roomread.db'}")
    yield store
    store.close()


@pytest.fixture
def store(everything: Store) -> OwnerStore:
    return everything.owned_by(LOCAL_OWNER)


@pytest.fixture
def tools(store: OwnerStore) -> Tools:
    analyzer = Analyzer(detector=FixedDetector(FACES), classifier=FixedClassifier())
    return Tools(analyzer, FakeDecoder(), store, max_picture_mb=1)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    random = np.random.default_rng(0)
    path = tmp_path / "photo.png"
    Image.fromarray(random.integers(0, 256, (200, 260, 3), dtype=np.uint8)).save(path)
    return path


def test_faces_of_a_picture_have_the_format_of_the_analyze_command(
    tools: Tools, photo: Path
) -> None:
    answered = tools.analyze_picture(str(photo))
    assert (answered["source"], answered["width"], answered["notes"]) == ("photo.png", 260, [])
    assert len(answered["faces"]) == 2
    assert set(answered["faces"][0]) > {"box", "expression", "scores", "unreadable"}
    json.dumps(answered, allow_nan=False)


def test_only_the_largest_face_is_read_if_oneself_is_set(tools: Tools, photo: Path) -> None:
    (face,) = tools.analyze_picture(str(photo), oneself=True)["faces"]
    assert face["box"]["left"] == FACES[0][0]


def test_picture_is_refused_if_the_purpose_forbids_reading_other_people(
    tools: Tools, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROOMREAD_PURPOSE", "work-or-school")
    monkeypatch.setenv("ROOMREAD_REGION", "eu")
    with pytest.raises(PurposeError):
        tools.analyze_picture(str(photo))
    assert len(tools.analyze_picture(str(photo), oneself=True)["faces"]) == 1


@pytest.mark.parametrize("path", ["nowhere.jpg", "https://example.org/photo.jpg", ""])
def test_path_that_is_not_a_file_is_refused(tools: Tools, path: str) -> None:
    with pytest.raises(MediaError, match="no such file"):
        tools.analyze_picture(path)


def test_large_file_is_refused_before_it_is_read(tools: Tools, tmp_path: Path) -> None:
    (tmp_path / "large.png").write_bytes(bytes(1_000_001))
    with pytest.raises(MediaError, match="over 1 MB"):
        tools.analyze_picture(str(tmp_path / "large.png"))


def test_sessions_of_the_user_are_listed(
    tools: Tools, store: OwnerStore, everything: Store
) -> None:
    everything.owned_by("user:anna").create("Hers")
    session = store.create("Algebra 7b")
    (listed,) = tools.list_sessions()["sessions"]
    assert (listed["session"], listed["name"]) == (session.id, "Algebra 7b")


def test_expression_shares_and_valence_of_a_session_are_rounded_to_5_percent(
    tools: Tools, store: OwnerStore
) -> None:
    session = store.create("Algebra 7b")
    assert tools.session_mood(session.id)["mood"] is None
    record_class(store, session, moods=((0.0, 0.6),))
    mood = tools.session_mood(session.id)["mood"]
    assert mood["present"] == 8
    shares = [mood["valence"], *mood["scores"].values()]
    assert all(abs(20 * share - round(20 * share)) < 1e-6 for share in shares)


def test_results_contain_nothing_about_individuals(tools: Tools, store: OwnerStore) -> None:
    session = class_with_people(store)
    store.enrol(session.id, 2, "Asha Rao", consent="in writing")
    alerts = [
        Alert(8, 5.0, "person happy above 50% for 30 s", 0.8, 0.8, 30, seat=2),
        Alert(9, 6.0, "room happy above 50% for 30 s", 0.6, 0.9, 30),
    ]
    store.append(session.id, [Piece(store.next_piece(session.id), 100.0, alerts=alerts)])
    answers = [
        tools.list_sessions(),
        tools.session_mood(session.id),
        tools.session_report(session.id),
    ]
    said = json.dumps(answers)
    assert "room: happy 60%" in said
    for private in ("Asha", "seat", "in writing", "all eight"):
        assert private not in said


def test_report_says_when_the_valence_fell(tools: Tools, store: OwnerStore) -> None:
    session = store.create("Algebra 7b")
    record_falling_class(store, session)
    told = tools.session_report(session.id)
    assert told["answer"].startswith("The class was less positive than before from 10:")
    assert told["answer"].endswith("That is when it happened, not why.")
    (fall,) = told["falls"]
    assert "valence" in fall
    assert told["parts"][0]["present"] == 9
    assert told["changes"][0]["after"] < told["changes"][0]["before"]
    json.dumps(told, allow_nan=False)


def test_report_of_a_session_without_readings_says_that_nothing_was_recorded(
    tools: Tools, store: OwnerStore
) -> None:
    told = tools.session_report(store.create("Algebra 7b").id)
    assert told["answer"].startswith("Nothing was recorded")
    assert told["parts"] == []


def test_session_of_another_owner_is_not_found(tools: Tools, everything: Store) -> None:
    hers = everything.owned_by("user:anna").create("Hers")
    for tool in (tools.session_mood, tools.session_report):
        with pytest.raises(SessionNotFoundError):
            tool(hers.id)
