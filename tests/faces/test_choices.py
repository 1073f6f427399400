from __future__ import annotations

import pytest

from roomread.errors import PluginError
from roomread.faces import CenterFace
from roomread.faces.choices import make_detector


@pytest.mark.usefixtures("plugins")
def test_detector_of_a_plugin_is_created_by_name() -> None:
    detector = make_detector("blobs")
    assert type(detector).__name__ == "Blobs"
    assert vars(detector) == {"min_face": 5.0}
    assert vars(make_detector("blobs", min_face=30.0)) == {"min_face": 30.0}


@pytest.mark.usefixtures("plugins")
def test_plugin_does_not_replace_the_built_in_detector_of_the_same_name() -> None:
    assert type(make_detector("default")).__name__ == "CenterFace"


def test_min_face_is_passed_to_the_default_detector() -> None:
    detector = make_detector(min_face=40.0)
    assert isinstance(detector, CenterFace)
    with pytest.raises(ValueError, match="min_face"):
        make_detector(min_face=0.0)


def test_error_for_an_unknown_detector_lists_the_known_names() -> None:
    with pytest.raises(PluginError, match="no detector 'none' \\(choose one of default, haar"):
        make_detector("none")
