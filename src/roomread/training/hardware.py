"""Describe the hardware that trains a net, without importing torch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lightning.pytorch.strategies import Strategy


AUTO = "auto"
# CPU flags of native bfloat16 multiplication, which is slow without them.
_BF16_FLAGS = frozenset({"avx512_bf16", "amx_bf16"})
_CPUINFO = Path("/proc/cpuinfo")


@dataclass(frozen=True, slots=True)
class Hardware:
    """The hardware of a run, which is not part of the recipe.

    Attributes:
        accelerator: Lightning's name of the accelerator: "auto", "cpu", "gpu" or "mps".
        devices: number of processes (CPU) or GPUs; each processes its part of every batch (DDP).
        precision: Lightning's name of the precision: "32-true", "bf16-mixed", "16-mixed"; or
            `AUTO`, see `fastest_precision`.
        threads: number of threads of each process; None for torch's default.
        strategy: Lightning's strategy if the training processes are already running and this
            process is one of them; None to start `devices` processes.
    """

    accelerator: str = "cpu"
    devices: int = 1
    precision: str = "32-true"
    threads: int | None = None
    strategy: Strategy | None = None


ONE_PROCESS = Hardware()


def fastest_precision(accelerator: str, *, cpuinfo: Path = _CPUINFO) -> str:
    """Return "bf16-mixed" if the hardware multiplies bfloat16 natively, and "32-true" otherwise.

    Args:
        accelerator: as in `Hardware`; "auto" is a GPU if there is one, else the processor.
        cpuinfo: the file in which Linux lists the processor's flags. Without it, the result is
            "32-true".
    """
    import torch  # noqa: PLC0415 (see above)

    if accelerator in (AUTO, "gpu") and torch.cuda.is_available():
        return "bf16-mixed" if torch.cuda.is_bf16_supported() else "32-true"
    if accelerator not in (AUTO, "cpu"):
        return "32-true"
    try:
        flags = set(cpuinfo.read_text(encoding="utf-8").split())
    except OSError:
        return "32-true"
    return "bf16-mixed" if flags & _BF16_FLAGS else "32-true"
