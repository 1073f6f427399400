from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from program import Program
from roomread.classifier import Head
from roomread.classifier.choices import make_classifier
from roomread.errors import MediaError, PluginError
from roomread.faces.choices import make_detector
from roomread.plugins import PluginKind, find_plugin, list_plugins, plugin_names
from roomread.testing import FixedClassifier, FixedDetector
from roomread.tracking.choices import tracker_factory

CODE = """
from roomread.errors import MediaError
from roomread.testing import FixedClassifier as Fixed

class Blobs:
    def __init__(self, *, min_face=5.0):
        self.min_face = min_face

    def detect(self, image):
        return []

class Nothing:
    def __init__(self, *arguments):
        pass

def broken(**arguments):
    raise OSError("no such device")

def refuses():
    raise MediaError("the camera is off", hint="turn it on")

number = 3
"""
ENTRIES = """
[roomread.detectors]
blobs = {module}:Blobs
broken = {module}:broken
refuses = {module}:refuses
nothing = {module}:Nothing
number = {module}:number
absent = {module}:absent
lost = no_such_module_anywhere:Blobs
default = {module}:broken

[roomread.classifiers]
fixed = {module}:Fixed

[roomread.trackers]
nothing = {module}:Nothing
"""


def install(folder: Path, package: str) -> None:
    """Put a package with plug-ins into a folder, as pip would."""
    module = package.replace("-", "_")
    (folder / f"{module}.py").write_text(CODE, encoding="utf-8")
    described = folder / f"{module}-1.2.dist-info"
    described.mkdir(parents=True)
    metadata = f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.2\n"
    (described / "METADATA").write_text(metadata, encoding="utf-8")
    entries = ENTRIES.format(module=module)
    (described / "entry_points.txt").write_text(entries, encoding="utf-8")


@pytest.fixture
def plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on the path, with the package `room-blobs`."""
    install(tmp_path, "room-blobs")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "room_blobs", raising=False)
    return tmp_path


@pytest.mark.usefixtures("plugins")
def test_detector_of_a_plugin_is_created_by_name() -> None:
    detector = make_detector("blobs")
    assert type(detector).__name__ == "Blobs"
    assert vars(detector) == {"min_face": 5.0}
    assert vars(make_detector("blobs", min_face=30.0)) == {"min_face": 30.0}


@pytest.mark.usefixtures("plugins")
def test_net_of_a_plugin_is_created_by_name() -> None:
    assert isinstance(make_classifier("fixed"), FixedClassifier)


@pytest.mark.usefixtures("plugins")
def test_net_of_a_plugin_has_no_other_heads() -> None:
    with pytest.raises(PluginError, match=r"'fixed' of room-blobs 1\.2 has no head 'both'"):
        make_classifier("fixed", head=Head.BOTH)


@pytest.mark.usefixtures("plugins")
def test_listing_imports_no_plugin() -> None:
    assert {"blobs", "lost"} <= set(plugin_names(PluginKind.DETECTOR))
    assert {plugin.package for plugin in list_plugins(PluginKind.DETECTOR)} == {"room-blobs 1.2"}
    assert "room_blobs" not in sys.modules


@pytest.mark.usefixtures("plugins")
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("broken", "OSError: no such device"),
        ("nothing", "Nothing has no method detect"),
        ("number", "room_blobs:number is not a function or class"),
        ("absent", "has no attribute 'absent'"),
        ("lost", "No module named 'no_such_module_anywhere'"),
    ],
)
def test_plugin_that_does_not_work_is_named_with_its_package(name: str, reason: str) -> None:
    with pytest.raises(PluginError) as error:
        make_detector(name)
    assert f"the detector '{name}' of room-blobs 1.2 does not work" in error.value.problem
    assert reason in error.value.problem
    assert error.value.hint == "update or uninstall room-blobs"


@pytest.mark.usefixtures("plugins")
def test_error_that_a_plugin_raises_on_purpose_is_kept() -> None:
    with pytest.raises(MediaError, match="the camera is off"):
        make_detector("refuses")


@pytest.mark.usefixtures("plugins")
def test_tracker_without_the_method_is_refused_when_it_is_made() -> None:
    make = tracker_factory("nothing")
    assert make is not None
    with pytest.raises(PluginError, match="has no method update"):
        make(FixedDetector([]))


@pytest.mark.usefixtures("plugins")
def test_built_in_name_is_not_replaced_by_a_plugin() -> None:
    assert type(make_detector("default")).__name__ == "CenterFace"


def test_name_in_two_packages_is_refused_and_both_are_named(plugins: Path) -> None:
    install(plugins, "other-blobs")
    with pytest.raises(PluginError, match=r"room-blobs 1\.2 and other-blobs|other-blobs 1\.2 and"):
        find_plugin(PluginKind.DETECTOR, "blobs")


def test_error_for_an_unknown_name_lists_the_known_names() -> None:
    with pytest.raises(PluginError, match=r"no detector 'blob' \(there are default, haar"):
        make_detector("blob")
    with pytest.raises(PluginError, match=r"no tracker 'sort' \(there are default"):
        tracker_factory("sort")


def test_import_of_roomread_reads_no_entry_points() -> None:
    code = "import sys, roomread; sys.exit('importlib.metadata' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_command_says_that_no_plugin_is_installed(roomread: Program) -> None:
    assert roomread("plugins").stdout.decode().strip() == "no plug-ins are installed"
