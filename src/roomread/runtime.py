"""How the nets run: ONNX Runtime's sessions, their threads and their device."""

from __future__ import annotations

import os
from enum import StrEnum
from functools import cache

import onnxruntime

from roomread.errors import DeviceError

# One picture's work does not spread over more.
_MOST_THREADS = 4


class Device(StrEnum):
    """What the nets run on; all but the processor need another build of ONNX Runtime."""

    CPU = "cpu"
    CUDA = "cuda"
    OPENVINO = "openvino"
    COREML = "coreml"
    DIRECTML = "directml"


# ONNX Runtime's name of each, and the package that has it.
_PROVIDERS = {
    Device.CPU: ("CPUExecutionProvider", "onnxruntime"),
    Device.CUDA: ("CUDAExecutionProvider", "onnxruntime-gpu"),
    Device.OPENVINO: ("OpenVINOExecutionProvider", "onnxruntime-openvino"),
    Device.COREML: ("CoreMLExecutionProvider", "onnxruntime on a Mac"),
    Device.DIRECTML: ("DmlExecutionProvider", "onnxruntime-directml"),
}


def processors() -> int:
    """How many this process may use; a container may have fewer than its machine."""
    # Windows and macOS have no affinity to ask for.
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1


def default_threads() -> int:
    """Threads for a net: one for each processor, at most four.

    The detector's and the expression net's are at work at once in a recording: with half as many
    for the latter a call of 49 is read 4 % faster, and a single picture 18 % slower.
    """
    return min(processors(), _MOST_THREADS)


@cache
def _share_memory() -> None:
    """One store of memory for all nets, each of which would keep its own for good: they take turns.

    Three nets on sixty pictures of different sizes: 266 MB instead of 368 in all.
    """
    kind = onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR
    memory = onnxruntime.OrtMemoryInfo("Cpu", kind, 0, onnxruntime.OrtMemType.DEFAULT)
    onnxruntime.create_and_register_allocator(memory, None)


def open_session(
    content: bytes, *, threads: int, device: Device = Device.CPU, plan_memory: bool = True
) -> onnxruntime.InferenceSession:
    """A net that is ready to run; its `run` may be called from several threads.

    Args:
        content: an ONNX file.
        threads: for one picture or batch, where the processor computes.
        device: what computes.
        plan_memory: keep a plan for every size of input ever seen, which is faster where these are
            few.

    Raises:
        DeviceError: this ONNX Runtime cannot use the device, or the machine has none.
        Exception: ONNX Runtime's own, where `content` is not a net.
    """
    _share_memory()
    options = onnxruntime.SessionOptions()
    options.add_session_config_entry("session.use_env_allocators", "1")
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    options.enable_mem_pattern = plan_memory
    # Spinning threads starve the other net's, which shares the cores: 18 + 16 ms a picture and
    # face with it, 10 + 9 ms without.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    provider, package = _PROVIDERS[device]
    if provider not in onnxruntime.get_available_providers():
        raise DeviceError(
            f"this ONNX Runtime does not know the device '{device}'",
            hint=f"pip uninstall onnxruntime, pip install {package}",
        )
    session = onnxruntime.InferenceSession(content, options, providers=[provider])
    # ONNX Runtime goes on with the processor where a device fails, and says so in its log alone.
    if session.get_providers()[0] != provider:
        raise DeviceError(f"the device '{device}' does not work here", hint="is its driver there?")
    return session
