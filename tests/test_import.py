from __future__ import annotations

import os
import subprocess
import sys
import types

import pytest

import roomread

# The script imports numpy before it records the state, because numpy adds filters of warnings.
STATE = """
import gc, locale, logging, os, signal, sys, threading, warnings
import numpy

def state():
    root = logging.getLogger()
    return {
        "working directory": os.getcwd(),
        "path": list(sys.path),
        "logging": (root.level, list(root.handlers), root.manager.disable),
        "warnings": (list(warnings.filters), warnings.showwarning),
        "signals": {number: signal.getsignal(number) for number in signal.valid_signals()},
        "threads": [thread.name for thread in threading.enumerate()],
        "hooks": (sys.excepthook, sys.unraisablehook, threading.excepthook, sys.displayhook),
        "importers": list(sys.meta_path),
        "limits": (sys.getrecursionlimit(), gc.get_threshold(), sys.getswitchinterval()),
        "locale": locale.setlocale(locale.LC_ALL),
        "random numbers": str(numpy.random.get_state()),
        "numpy": (numpy.geterr(), numpy.get_printoptions()),
    }

before, environment = state(), dict(os.environ)
import roomread
after = state()
print([name for name in before if before[name] != after[name]])
print({name: value for name, value in os.environ.items() if environment.get(name) != value})
print([name for name in environment if name not in os.environ])
"""
AT_IMPORT = """
import os, sys

class Watch:
    def find_spec(self, name, *_):
        if name == "onnxruntime":
            print(os.environ.get("ORT_DISABLE_TELEMETRY"))

sys.meta_path.insert(0, Watch())
import roomread
"""


def run(code: str, **environment: str) -> list[str]:
    kept = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    out: str = subprocess.check_output(
        [sys.executable, "-c", code], text=True, env=kept | environment
    )
    return out.splitlines()


def test_importing_changes_only_the_telemetry_setting_of_onnx_runtime() -> None:
    changed, added, removed = run(STATE)
    assert changed == "[]"
    assert added == "{'ORT_DISABLE_TELEMETRY': '1'}"
    assert removed == "[]"


def test_telemetry_is_off_before_onnx_runtime_loads() -> None:
    assert run(AT_IMPORT) == ["1"]


def test_telemetry_setting_of_the_user_is_kept() -> None:
    assert run(AT_IMPORT, ORT_DISABLE_TELEMETRY="0") == ["0"]


def test_dir_of_the_package_lists_its_public_names_and_no_module() -> None:
    shown = {name for name in dir(roomread) if not name.startswith("__")}
    assert shown == {name for name in roomread.__all__ if not name.startswith("__")}
    assert not any(isinstance(getattr(roomread, name), types.ModuleType) for name in dir(roomread))


def test_package_namespace_has_no_module_of_another_package() -> None:
    modules = {
        name: value for name, value in vars(roomread).items() if isinstance(value, types.ModuleType)
    }
    assert [name for name, value in modules.items() if value.__name__ != f"roomread.{name}"] == []


@pytest.mark.parametrize(
    "name",
    [
        *("Analyzer", "analyze", "Readings", "Reading", "Expression", "Frame", "Face", "Scores"),
        *("Moment", "RoomPipeline", "RoomMood", "RoomreadError", "Track", "__version__"),
    ],
)
def test_public_name_is_in_dunder_all_and_is_an_attribute_of_the_package(name: str) -> None:
    assert name in roomread.__all__
    assert hasattr(roomread, name)


def test_star_import_brings_only_the_public_names() -> None:
    code = "before = set(globals()); from roomread import *; print(sorted(set(globals()) - before))"
    (names,) = run(code)
    assert names == str(sorted({*roomread.__all__, "before"}))


def test_import_loads_no_server_no_web_client_and_no_training_library() -> None:
    code = "import sys; import roomread; print(*sys.modules, sep='\\n')"
    heavy = {"asyncio", "ssl", "http.client", "urllib.request", "email", "subprocess"}
    heavy |= {"torch", "pandas", "matplotlib", "sqlalchemy", "fastapi", "typer", "pydantic", "cv2"}
    assert heavy & set(run(code)) == set()


def test_import_loads_no_ffmpeg() -> None:
    assert run("import sys; import roomread; print('av' in sys.modules)") == ["False"]


def test_first_use_of_the_lazy_pyav_module_imports_pyav() -> None:
    code = (
        "import sys; from roomread.pyav import av, new_reformatter; new_reformatter(); import av "
        "as real; print(av.VideoFrame is real.VideoFrame, 'av' in sys.modules)"
    )
    assert run(code) == ["True True"]
