"""Run CenterFace's net in ONNX Runtime, on strips of the picture to limit its memory."""

from __future__ import annotations

from functools import cached_property
from importlib.resources import files
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from roomread.errors import ModelFileError
from roomread.faces.centerface.decode import Candidates, decode
from roomread.runtime import Device, NetSession, default_threads, open_session

# The sides of an input must be multiples of this, because the net halves them five times.
MULTIPLE = 32
# The arithmetic in which the net is computed.
Precision = Literal["fp32", "int8"]
# The first layers need 96 bytes for each px in fp32, the later layers far less. The first layers
# run on strips of about this many px: 28 MB instead of the 200 MB that 1920 x 1088 px take. Each
# strip is extended by 16 rows of its neighbours, because these layers see 13 rows beyond a row
# (rounded up to a multiple of eight). Copying between the two parts costs about 5 % of the time. An
# int8 strip may be twice as large.
STRIP = {"fp32": 2**18, "int8": 2**19}
BORDER = 16
# The outputs of the first part, at a quarter and an eighth of the input's size.
BETWEEN = ("quarter", "eighth")


class FaceNet(Protocol):
    """The interface of CenterFace's net, in this process or elsewhere. It must be thread-safe."""

    def infer(self, picture: NDArray[np.uint8], threshold: float) -> Candidates:
        """Return the candidates of `picture`, uint8 [H, W, 3], with a confidence >= `threshold`."""


class CenterFaceNet:
    """CenterFace's net in this process.

    Args:
        threads: the number of threads for one picture; None for one per processor, at most four.
        device: the device on which the net runs.
        precision: None for int8 on the CPU and fp32 elsewhere. int8 takes half the time and finds
            the same faces (benchmarks/looks.py).

    Raises:
        ModelFileError: The weights are not in the package.
        DeviceError: The device cannot be used.
    """

    def __init__(
        self,
        *,
        threads: int | None = None,
        device: Device = Device.CPU,
        precision: Precision | None = None,
    ) -> None:
        self._threads = threads = threads or default_threads()
        self._device = device
        self._precision = precision = precision or ("int8" if device is Device.CPU else "fp32")
        self._shallow = _session(f"centerface-shallow-{precision}.onnx", threads, device)
        self._deep = _session(f"centerface-deep-{precision}.onnx", threads, device)
        self._strip = STRIP[precision]
        self._dtype = np.dtype(np.uint8 if precision == "int8" else np.float32)

    @cached_property
    def single_threaded(self) -> CenterFaceNet:
        """The same net with one thread for a picture; it is loaded on first use."""
        if self._threads == 1 or self._device is not Device.CPU:
            return self
        return CenterFaceNet(threads=1, precision=self._precision)

    def infer(self, picture: NDArray[np.uint8], threshold: float) -> Candidates:
        """Return the candidates of a picture; see `FaceNet.infer`."""
        maps = self._deep.run(
            ["heatmap", "scale", "offset", "landmarks"], self._features(padded(picture))
        )
        return decode([m[0] for m in maps], threshold)

    def _features(self, picture: NDArray[np.uint8]) -> dict[str, NDArray[np.uint8 | np.float32]]:
        """Return the outputs of the net's first part for a picture uint8 [H, W, 3], by name."""
        height, width = picture.shape[:2]
        rows = max(self._strip // width // MULTIPLE, 2) * MULTIPLE
        if rows >= height:
            whole = self._shallow.run(BETWEEN, {"image": picture[np.newaxis]})
            return dict(zip(BETWEEN, whole, strict=True))
        quarter = np.empty((1, 24, height // 4, width // 4), dtype=self._dtype)
        eighth = np.empty((1, 32, height // 8, width // 8), dtype=self._dtype)
        for top in range(0, height, rows):
            bottom = min(top + rows, height)
            first, last = max(top - BORDER, 0), min(bottom + BORDER, height)
            strip = {"image": picture[np.newaxis, first:last]}
            parts = self._shallow.run(BETWEEN, strip)
            for joined, side, part in zip((quarter, eighth), (4, 8), parts, strict=True):
                inner = part[:, :, (top - first) // side : (bottom - first) // side]
                joined[:, :, top // side : bottom // side] = inner
        return dict(zip(BETWEEN, (quarter, eighth), strict=True))


def padded(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a picture padded with black on the right and below, to multiples of 32 px.

    Args:
        image: uint8 [H, W, 3].
    """
    height, width = image.shape[:2]
    return np.pad(image, ((0, -height % MULTIPLE), (0, -width % MULTIPLE), (0, 0)))


def _session(name: str, threads: int, device: Device) -> NetSession:
    weights = files("roomread.faces").joinpath("bundled", name)
    if not weights.is_file():
        raise ModelFileError(
            "the face detector's weights are not in the package",
            hint="install roomread from a wheel, or run `pip install -e .` in a checkout",
        )
    # ONNX Runtime would keep a memory plan for each size of picture. Without these plans it needs
    # less memory (266 MB instead of 301 MB after 60 sizes) at the same speed.
    return open_session(weights.read_bytes, threads=threads, device=device, plan_memory=False)
