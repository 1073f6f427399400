"""An archive task that kills its worker process; the workers import this module."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from pathlib import Path

from roomread.cluster.archive.storage import ArchiveVideo


@dataclass(frozen=True, slots=True)
class Poison:
    """A task that writes a line into `begun`, then kills its process as a decoder's crash would."""

    video: ArchiveVideo
    begun: str

    def run(self, _threads: int) -> None:
        with Path(self.begun).open("a", encoding="utf-8") as file:
            file.write("begun\n")
        os.kill(os.getpid(), signal.SIGKILL)
