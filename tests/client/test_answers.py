from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime

from fake_service import SESSION, START
from roomread.client import answers
from roomread.client.answers import SendResult, VideoStatus
from roomread.fewshot import LeaveOneOutResult
from roomread.formats.room_values import alert_to_dict, mood_to_dict
from roomread.readings import Expression
from roomread.room import Alert, Person, RoomMood, State


def test_parsed_session_has_times_and_the_text_of_its_rules() -> None:
    session = answers.session(SESSION)
    assert session.started_at == datetime(2026, 9, 2, 8, tzinfo=UTC)
    assert session.notice_at == session.started_at
    assert session.rules.splitlines() == SESSION["rules"]
    assert session.state() is State.ENDED
    assert answers.session(SESSION | {"ended_at": None}).ended_at is None


def test_parsed_person_has_the_time_of_the_consent() -> None:
    found = {"seat": 3, "name": "Ada", "consent": "a letter", "consented_at": START}
    assert answers.person(found) == Person(
        3, "Ada", "a letter", datetime(2026, 9, 2, 8, tzinfo=UTC)
    )


def test_parsed_send_result_has_counts_mood_and_alerts() -> None:
    mood = RoomMood(1.0, 6, 5)
    alert = Alert(1, 1.0, "room coverage below 20% for 30 s", 0.1, 0.9, 30)
    answer = {
        "accepted": 2,
        "repeated": 1,
        "mood": mood_to_dict(mood),
        "alerts": [alert_to_dict(alert)],
    }
    assert answers.send_result(answer) == SendResult(2, 1, mood, [alert])
    assert answers.send_result(answer | {"mood": None}).mood is None


def test_video_has_ended_only_if_it_is_finished_cancelled_or_failed() -> None:
    ended = {
        state: answers.video_status(
            {
                "id": "1",
                "name": "a",
                "state": state,
                "seconds": 1.0,
                "duration": 2.0,
                "error": "",
                "notes": ["a: b"],
            }
        ).ended
        for state in ("waiting", "reading", "finished", "cancelled", "failed")
    }
    assert [state for state, value in ended.items() if value] == ["finished", "cancelled", "failed"]
    assert VideoStatus("1", "failed", 0.0, None, "damaged").ended


def test_parsed_evaluation_of_a_profile_has_the_values_of_the_response() -> None:
    result = LeaveOneOutResult(5, 4, 3, 0.5, 0.7, 0.3, Expression.SAD)
    answer = {
        "references": 5,
        "correct": 4,
        "correct_before": 3,
        "probability_before": 0.5,
        "probability_after": 0.7,
        "gain": 0.3,
        "usual_expression": "sad",
        "helps": True,
        "summary": "4 of 5",
    }
    assert answers.leave_one_out(answer) == result


def test_client_imports_no_heavy_library_of_the_service() -> None:
    code = (
        "import sys, roomread.client; "
        "heavy = {'sqlalchemy', 'fastapi', 'pydantic', 'streamlit', 'pyarrow', 'torch'}; "
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
