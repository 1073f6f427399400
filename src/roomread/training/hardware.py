"""What a net is trained on. Imports nothing heavy: it is sent to processes that only pass it on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lightning.pytorch.strategies import Strategy


@dataclass(frozen=True, slots=True)
class Hardware:
    """What a run is computed on; the same recipe on other hardware is the same experiment.

    Attributes:
        accelerator: Lightning's name: "auto", "cpu", "gpu", "mps".
        devices: processes (CPU) or GPUs; with several each takes its part of every batch (DDP).
        precision: Lightning's name: "32-true", "bf16-mixed", "16-mixed".
        threads: processor threads of each process; None leaves torch's own.
        strategy: how the processes agree, where they run already and this is one of them; None
            starts `devices` of them.
    """

    accelerator: str = "cpu"
    devices: int = 1
    precision: str = "32-true"
    threads: int | None = None
    strategy: Strategy | None = None


ONE_PROCESS = Hardware()
