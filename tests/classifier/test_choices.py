from __future__ import annotations

import pytest

from roomread.classifier import ExpressionClassifier, Head
from roomread.classifier.choices import classifier_plugin, make_classifier
from roomread.errors import ModelFileError, PluginError
from roomread.testing import FixedClassifier


@pytest.mark.usefixtures("plugins")
def test_net_of_a_plugin_is_created_by_name() -> None:
    assert isinstance(make_classifier("fixed"), FixedClassifier)


@pytest.mark.usefixtures("plugins")
def test_head_that_a_plugin_net_does_not_have_is_refused() -> None:
    with pytest.raises(PluginError, match=r"'fixed' of room-blobs 1\.2 has no head 'both'"):
        make_classifier("fixed", head=Head.BOTH)


def test_bundled_model_name_is_not_looked_up_among_plugins() -> None:
    assert classifier_plugin("compact") is None
    made = make_classifier("compact", head=Head.BOTH)
    assert isinstance(made, ExpressionClassifier)
    assert made.head is Head.BOTH


def test_unknown_name_of_a_classifier_is_refused() -> None:
    with pytest.raises(ModelFileError, match="no such model"):
        make_classifier("nothing-such")
