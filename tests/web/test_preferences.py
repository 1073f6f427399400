from __future__ import annotations

import pytest

pytest.importorskip("streamlit", reason="needs the app extra")

from roomread import Analyzer
from roomread.classifier import ExpressionClassifier, Head
from roomread.services.preferences import Preferences
from roomread.testing import FixedDetector
from roomread.web import preferences


@pytest.mark.parametrize("head", list(Head))
def test_analyzer_of_the_visitors_camera_uses_the_preferred_head(
    head: Head, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = Analyzer(detector=FixedDetector([]), classifier=ExpressionClassifier())
    monkeypatch.setattr(preferences, "visitor_analyzer", lambda: own)
    monkeypatch.setattr(preferences, "visitor_preferences", lambda: Preferences(head=head))
    preferred = preferences.live_analyzer()
    assert isinstance(preferred.classifier, ExpressionClassifier)
    assert preferred.classifier.head is head
    assert preferred.model is own.model
    assert preferred.detector is own.detector
