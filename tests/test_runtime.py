from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import onnxruntime
import pytest

from program import Program
from roomread import runtime
from roomread.classifier import open_model
from roomread.errors import DeviceError
from roomread.faces import CenterFace
from roomread.runtime import Device, NetSession, default_threads


@pytest.mark.parametrize(("there", "used"), [(1, 1), (2, 2), (4, 4), (64, 4)])
def test_net_has_a_thread_for_each_processor_up_to_four(
    monkeypatch: pytest.MonkeyPatch, there: int, used: int
) -> None:
    monkeypatch.setattr(runtime, "processors", lambda: there)
    assert default_threads() == used


@pytest.mark.skipif(
    "CUDAExecutionProvider" in onnxruntime.get_available_providers(), reason="it is there"
)
def test_error_for_a_device_without_support_names_the_package_to_install(
    roomread: Program,
) -> None:
    with pytest.raises(DeviceError, match="install onnxruntime-gpu"):
        open_model(device=Device.CUDA)
    failed = roomread("analyze", "nothing.jpg", "--device", "cuda")
    assert failed.returncode == 2
    assert failed.stderr.startswith(
        b"roomread: the installed ONNX Runtime does not support the device 'cuda'"
    )


def test_failing_device_raises_an_error_instead_of_a_fallback_to_the_cpu(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Simulate a missing driver, for which ONNX Runtime would fall back to the CPU.
    everything = onnxruntime.get_all_providers()
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: everything)
    with (
        pytest.warns(UserWarning, match="not in available provider names"),
        pytest.raises(DeviceError, match="cannot use the device 'directml'"),
    ):
        CenterFace(device=Device.DIRECTML)


# A parent process and its workers read the same picture. If a worker waits forever, the script ends
# with an error after two minutes.
FORKING = """
import multiprocessing, sys
from roomread import Analyzer
from roomread.bench.scenes import grid

# Large enough to be scaled down, by the threads of FFmpeg.
PICTURE = grid(people=3, columns=2, rows=2).image
analyzer = Analyzer()

def read(_):
    return str([str(reading) for reading in analyzer.analyze(PICTURE)])

if __name__ == "__main__":
    before = read(0)
    pool = multiprocessing.get_context(sys.argv[1]).Pool(2)
    try:
        read_by_workers = pool.map_async(read, range(4)).get(120)
    except multiprocessing.TimeoutError:
        sys.exit("the workers did not finish in 120 s")
    finally:
        pool.terminate()
    assert read_by_workers == [before] * 4, read_by_workers
    assert read(0) == before
    print(before)
"""
EXITING = """
import os, sys
from roomread import analyze
from roomread.bench.scenes import astronaut

readings = analyze(astronaut())
if os.fork() == 0:
    # The child runs all destructors at its end, although it has used no net.
    sys.exit(7)
print(os.waitstatus_to_exitcode(os.wait()[1]))
"""
needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")


def run_script(tmp_path: Path, code: str, *arguments: str) -> str:
    script = tmp_path / "script.py"
    script.write_text(code, encoding="utf-8")
    command = [sys.executable, str(script), *arguments]
    out: str = subprocess.check_output(command, text=True, timeout=300)
    return out.strip()


@pytest.mark.parametrize(
    "method",
    [pytest.param("fork", marks=needs_fork), "spawn", pytest.param("forkserver", marks=needs_fork)],
)
def test_analyzer_that_was_used_before_still_works_in_child_processes(
    tmp_path: Path, method: str
) -> None:
    assert run_script(tmp_path, FORKING, method).count("%") == 3


@needs_fork
def test_forked_process_ends_without_waiting_for_the_nets_of_its_parent(tmp_path: Path) -> None:
    assert run_script(tmp_path, EXITING) == "7"


@needs_fork
def test_net_on_a_gpu_raises_an_error_in_a_forked_process() -> None:
    class FakeSession:
        def run(self, *_: object) -> list[object]:
            return []

    net = NetSession(FakeSession, Device.CUDA)
    assert net.run([], {}) == []
    child = os.fork()
    if child == 0:
        try:
            net.run([], {})
        except DeviceError as error:
            os._exit(len(str(error)) > 0)
        os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1
