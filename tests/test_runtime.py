from __future__ import annotations

import onnxruntime
import pytest

from program import Program
from roomread import runtime
from roomread.classifier import open_model
from roomread.errors import DeviceError
from roomread.faces import CenterFace
from roomread.runtime import Device, default_threads


@pytest.mark.parametrize(("there", "used"), [(1, 1), (2, 2), (4, 4), (64, 4)])
def test_a_net_has_a_thread_for_each_processor_up_to_four(
    monkeypatch: pytest.MonkeyPatch, there: int, used: int
) -> None:
    monkeypatch.setattr(runtime, "processors", lambda: there)
    assert default_threads() == used


@pytest.mark.skipif(
    "CUDAExecutionProvider" in onnxruntime.get_available_providers(), reason="it is there"
)
def test_a_device_that_this_onnx_runtime_lacks_names_the_package(roomread: Program) -> None:
    with pytest.raises(DeviceError, match="pip install onnxruntime-gpu"):
        open_model(device=Device.CUDA)
    failed = roomread("analyze", "nothing.jpg", "--device", "cuda")
    assert failed.returncode == 2
    assert failed.stderr.startswith(b"roomread: this ONNX Runtime does not know the device 'cuda'")


def test_a_device_that_fails_is_told_and_not_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    # As with a driver that is missing: ONNX Runtime would go on with the processor.
    everything = onnxruntime.get_all_providers()
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: everything)
    with (
        pytest.warns(UserWarning, match="not in available provider names"),
        pytest.raises(DeviceError, match="does not work here"),
    ):
        CenterFace(device=Device.DIRECTML)
