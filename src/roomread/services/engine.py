"""The nets, the decoders and the video queue of one process, shared by its interfaces."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from roomread import Analyzer
from roomread.classifier import ExpressionClassifier, open_model
from roomread.faces import CenterFace
from roomread.jobs.decoder import Decoder
from roomread.jobs.queue import JobQueue
from roomread.jobs.video_job import Limits, QueueLimits
from roomread.readings import Frame
from roomread.services.capacity import CameraSlots, ConcurrencyLimiter
from roomread.settings.compute import ComputeEngine
from roomread.settings.environment import Settings
from roomread.store import Leases, Store

if TYPE_CHECKING:
    from roomread.cluster.nets.shared import SharedNets

# The header in which the service names the principal to the web app; from outside it is removed.
USER_HEADER = "X-Roomread-User"
# Pictures that may wait for each one that is being read.
_WAITING_PER_RUNNING = 4


class Engine:
    """Reads the pictures and videos of strangers, within an operator's limits.

    Args:
        settings: The operator's limits.
        jobs: The folder in which the files of video jobs survive this process; None for a
            temporary one.
        store: Where jobs are kept; None for a file of its own in their folder.
        leases: The leases of this process; None for the job queue's own.
        at_once: Number of pictures that are decoded and read at once; None for the number of
            processors.

    Attributes:
        limiter: Bounds how many pictures are read at once.
        cameras: Bounds how many live cameras are read at once.
        store: Everything that the service keeps; None if the app runs without the service.
        analyzer: The nets, in this process or on a cluster; keeps nothing of a visitor.
        job_queue: The video jobs, whose processes have nets of their own.

    Raises:
        RoomreadError: The cluster that the settings name does not answer.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        jobs: Path | None = None,
        at_once: int | None = None,
        store: Store | None = None,
        leases: Leases | None = None,
    ) -> None:
        pixels = settings.max_megapixels * 1_000_000
        self.store = store
        self._shared = _shared_nets(settings)
        self.analyzer = _analyzer(settings, self._shared)
        running = at_once or os.cpu_count() or 1
        self._decoder = Decoder(max_pixels=pixels, processes=running)
        self.limiter = ConcurrencyLimiter(running=running, waiting=_WAITING_PER_RUNNING * running)
        self.cameras = CameraSlots(settings.max_cameras)
        seconds = settings.max_video_minutes * 60.0
        limits = Limits(max_seconds=seconds, max_frames=int(seconds) * 60, max_pixels=pixels)
        places = QueueLimits(mb=settings.max_kept_mb)
        self.job_queue = JobQueue(jobs, store=store, leases=leases, limits=limits, places=places)

    def frame(self, content: bytes, name: str, *, index: int = 0, time: float = 0.0) -> Frame:
        """Return an encoded picture as a frame.

        Raises:
            MediaError: It is damaged, not a picture, too large, or took too long to decode.
        """
        return Frame(self._decoder.decode(content, name), time, index, name)

    def warm_up(self) -> None:
        """Read a small picture, so that the first visitor does not wait for the nets to load."""
        file = io.BytesIO()
        Image.new("RGB", (64, 64), "grey").save(file, "PNG")
        self.analyzer.analyze_frame(self.frame(file.getvalue(), "the first picture"))

    def close(self) -> None:
        """End its processes; video jobs in a folder of their own are kept."""
        self._decoder.close()
        self.job_queue.close()
        if self._shared is not None:
            self._shared.close()


def _shared_nets(settings: Settings) -> SharedNets | None:
    """Return the nets on a cluster; None where they are in this process."""
    if settings.engine is ComputeEngine.LOCAL:
        return None
    from roomread.cluster.nets.shared import SharedNets  # noqa: PLC0415 (needs the extra)

    return SharedNets(device=settings.device, replicas=settings.replicas)


def _analyzer(settings: Settings, shared: SharedNets | None) -> Analyzer:
    if shared is not None:
        return Analyzer(detector=shared.detector, classifier=shared.classifier)
    device = settings.device
    return Analyzer(
        detector=CenterFace(device=device),
        classifier=ExpressionClassifier(open_model(device=device)),
    )


# Streamlit runs its pages in this process and passes them nothing: they find the engine here.
_served: list[Engine] = []


def serve_with(engine: Engine) -> None:
    """Let the pages of the web app use the service's engine."""
    _served[:] = [engine]


def served_engine() -> Engine | None:
    """Return the service's engine; None where Streamlit runs the pages alone."""
    return _served[0] if _served else None
