from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from installed_plugins import install
from roomread.errors import MediaError, PluginError
from roomread.faces.choices import make_detector
from roomread.plugins import PluginKind, find_plugin, list_plugins, plugin_names
from roomread.testing import FixedDetector
from roomread.tracking.choices import tracker_factory


@pytest.mark.usefixtures("plugins")
def test_listing_plugins_imports_no_plugin() -> None:
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
def test_error_for_a_plugin_that_does_not_work_names_its_package(name: str, reason: str) -> None:
    with pytest.raises(PluginError) as error:
        make_detector(name)
    assert f"the detector '{name}' of room-blobs 1.2 does not work" in error.value.problem
    assert reason in error.value.problem
    assert error.value.hint == "update or uninstall room-blobs"


@pytest.mark.usefixtures("plugins")
def test_roomread_error_that_a_plugin_raises_is_not_replaced() -> None:
    with pytest.raises(MediaError, match="the camera is off"):
        make_detector("refuses")


@pytest.mark.usefixtures("plugins")
def test_tracker_plugin_without_an_update_method_is_refused_when_it_is_created() -> None:
    make = tracker_factory("nothing")
    assert make is not None
    with pytest.raises(PluginError, match="has no method update"):
        make(FixedDetector([]))


def test_error_for_a_plugin_name_in_two_packages_names_both_packages(plugins: Path) -> None:
    install(plugins, "other-blobs")
    with pytest.raises(PluginError, match=r"room-blobs 1\.2 and other-blobs|other-blobs 1\.2 and"):
        find_plugin(PluginKind.DETECTOR, "blobs")


def test_error_for_an_unknown_plugin_name_lists_the_known_names() -> None:
    with pytest.raises(PluginError, match=r"no detector 'blob' \(choose one of default, haar"):
        make_detector("blob")
    with pytest.raises(PluginError, match=r"no tracker 'sort' \(choose one of default"):
        tracker_factory("sort")


def test_import_of_roomread_reads_no_entry_points() -> None:
    code = "import sys, roomread; sys.exit('importlib.metadata' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
