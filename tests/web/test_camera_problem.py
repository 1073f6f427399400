from __future__ import annotations

import pytest

pytest.importorskip("streamlit", reason="needs the app extra")

from types import SimpleNamespace

from fake_page import FakePage
from roomread.web import camera_problem
from roomread.web.camera_problem import explain_problem, forget_problem


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        ("NotAllowedError", "does not let this page use the camera"),
        ("SecurityError", "does not let this page use the camera"),
        ("NotFoundError", "No camera was found"),
        ("OverconstrainedError", "No camera was found"),
        ("NotReadableError", "Another program uses the camera"),
        ("AbortError", "Another program uses the camera"),
        ("TypeError", "did not start: TypeError"),
    ],
)
def test_camera_error_of_the_browser_is_explained_to_the_visitor(problem: str, words: str) -> None:
    assert words in explain_problem(problem)


def test_camera_error_is_cleared_before_a_new_attempt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page, problems = FakePage(), {"camera-problem-0": "NotFoundError"}
    monkeypatch.setattr(camera_problem, "st", page)
    monkeypatch.setattr(
        camera_problem,
        "_component",
        lambda: lambda key, **_: SimpleNamespace(problem=problems.get(key)),
    )
    assert camera_problem.camera_problem() == "NotFoundError"
    forget_problem()
    assert camera_problem.camera_problem() == ""
