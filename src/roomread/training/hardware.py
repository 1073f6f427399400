"""The hardware that a net is trained on. It imports nothing heavy: other processes pass it on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lightning.pytorch.strategies import Strategy


AUTO = "auto"
# The instructions that multiply bfloat16 numbers; without them a processor emulates it, slowly.
_BF16_FLAGS = frozenset({"avx512_bf16", "amx_bf16"})
_CPUINFO = Path("/proc/cpuinfo")


@dataclass(frozen=True, slots=True)
class Hardware:
    """The hardware of a run; the same recipe on other hardware is the same experiment.

    Attributes:
        accelerator: Lightning's name: "auto", "cpu", "gpu", "mps".
        devices: processes (CPU) or GPUs; with several each takes its part of every batch (DDP).
        precision: Lightning's name: "32-true", "bf16-mixed", "16-mixed"; or `AUTO`, see
            `fastest_precision`.
        threads: processor threads of each process; None leaves torch's own.
        strategy: Lightning's strategy where the processes run already and this is one of them; None
            starts `devices` processes.
    """

    accelerator: str = "cpu"
    devices: int = 1
    precision: str = "32-true"
    threads: int | None = None
    strategy: Strategy | None = None


ONE_PROCESS = Hardware()


def fastest_precision(accelerator: str, *, cpuinfo: Path = _CPUINFO) -> str:
    """Return "bf16-mixed" where the hardware multiplies bfloat16 natively, else "32-true".

    Args:
        accelerator: as in `Hardware`; "auto" is a GPU if there is one, else the processor.
        cpuinfo: the processor's flags as Linux lists them. A system without this file gets
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
