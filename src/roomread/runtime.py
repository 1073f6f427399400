"""Run nets with ONNX Runtime: sessions, threads and devices."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from functools import cache, partial
from typing import Any

import onnxruntime
from numpy.typing import NDArray

from roomread.errors import DeviceError
from roomread.forksafe import ForkSafe

# Maximum number of threads of a net; more threads do not make reading one picture faster.
_MOST_THREADS = 4


class Device(StrEnum):
    """The device that runs the nets; all except the CPU need another build of ONNX Runtime."""

    CPU = "cpu"
    CUDA = "cuda"
    OPENVINO = "openvino"
    COREML = "coreml"
    DIRECTML = "directml"


# ONNX Runtime's name of each device, and the package that supports it.
_PROVIDERS = {
    Device.CPU: ("CPUExecutionProvider", "onnxruntime"),
    Device.CUDA: ("CUDAExecutionProvider", "onnxruntime-gpu"),
    Device.OPENVINO: ("OpenVINOExecutionProvider", "onnxruntime-openvino"),
    Device.COREML: ("CoreMLExecutionProvider", "onnxruntime on a Mac"),
    Device.DIRECTML: ("DmlExecutionProvider", "onnxruntime-directml"),
}


def processors() -> int:
    """Return the number of processors that this process may use.

    A container may be allowed to use fewer processors than the machine has.
    """
    # Windows and macOS do not report the processors of a process.
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1


def default_threads() -> int:
    """Return the number of threads of a net: one for each processor, at most four.

    In a video the detector and the expression net run at the same time. With half as many threads
    for the expression net, a video call of 49 people is read 4 % faster and a single picture 18 %
    slower.
    """
    return min(processors(), _MOST_THREADS)


class NetSession:
    """A loaded net, whose `run` may be called from several threads and from forked processes.

    Args:
        open_session: A function that loads the net.
        device: The device on which the net runs.
    """

    def __init__(
        self, open_session: Callable[[], onnxruntime.InferenceSession], device: Device
    ) -> None:
        self._open_session, self._device = open_session, device
        self._process = os.getpid()
        self._session = ForkSafe(self._opened)

    def run(self, outputs: Sequence[str], inputs: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
        """Return the named outputs of the net for its named inputs.

        Raises:
            DeviceError: This process was forked, and the device cannot be used in forked
                processes.
        """
        found: list[NDArray[Any]] = self._session.get().run(outputs, inputs)
        return found

    def get_inputs(self) -> list[onnxruntime.NodeArg]:
        """Return the inputs of the net, with `name`, `type` and `shape`."""
        inputs: list[onnxruntime.NodeArg] = self._session.get().get_inputs()
        return inputs

    def get_outputs(self) -> list[onnxruntime.NodeArg]:
        """Return the outputs of the net, with `name`, `type` and `shape`."""
        outputs: list[onnxruntime.NodeArg] = self._session.get().get_outputs()
        return outputs

    def get_metadata(self) -> dict[str, str]:
        """Return the metadata of the net's file."""
        metadata: dict[str, str] = self._session.get().get_modelmeta().custom_metadata_map
        return metadata

    def _opened(self) -> onnxruntime.InferenceSession:
        if os.getpid() != self._process and self._device is not Device.CPU:
            raise DeviceError(
                f"a net on the device '{self._device}' cannot be used in a forked process",
                hint="start the process with 'spawn', or create the analyzer in that process",
            )
        return self._open_session()


@cache
def _share_memory() -> None:
    """Let all nets share one memory arena, instead of one arena for each net.

    Three nets on sixty pictures of different sizes then need 266 MB in total instead of 368 MB.
    """
    kind = onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR
    memory = onnxruntime.OrtMemoryInfo("Cpu", kind, 0, onnxruntime.OrtMemType.DEFAULT)
    onnxruntime.create_and_register_allocator(memory, None)


def open_session(
    read: Callable[[], bytes],
    *,
    threads: int,
    device: Device = Device.CPU,
    plan_memory: bool = True,
) -> NetSession:
    """Return a net that is ready to run.

    Args:
        read: A function that returns the content of an ONNX file; it is called at once, and again
            in forked processes. The content is not kept in memory.
        threads: The number of threads for one picture or batch, on the CPU.
        device: The device on which the net runs.
        plan_memory: Whether to keep a memory plan for every size of input, which is faster if there
            are few sizes.

    Raises:
        DeviceError: The installed ONNX Runtime does not support the device, or the machine has no
            such device.
        Exception: An exception of ONNX Runtime, if the content is not a valid net.
    """
    _share_memory()
    opened = partial(_open, read, threads=threads, device=device, plan_memory=plan_memory)
    return NetSession(opened, device)


def _open(
    read: Callable[[], bytes], *, threads: int, device: Device, plan_memory: bool
) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.add_session_config_entry("session.use_env_allocators", "1")
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    options.enable_mem_pattern = plan_memory
    # Spinning threads would slow down the other net, which shares the cores: with spinning a
    # picture and a face take 18 + 16 ms, without it 10 + 9 ms.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    provider, package = _PROVIDERS[device]
    if provider not in onnxruntime.get_available_providers():
        raise DeviceError(
            f"the installed ONNX Runtime does not support the device '{device}'",
            hint=f"uninstall onnxruntime, then install {package}",
        )
    session = onnxruntime.InferenceSession(read(), options, providers=[provider])
    # ONNX Runtime falls back to the CPU if a device fails, and only logs it.
    if session.get_providers()[0] != provider:
        raise DeviceError(
            f"ONNX Runtime cannot use the device '{device}' of this machine",
            hint="check that the machine has such a device and that its driver is installed",
        )
    return session
