"""What every door of one process shares: the nets, the decoder, the video jobs."""

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
from roomread.readings import Frame, Reading
from roomread.services.capacity import CameraSlots, ConcurrencyLimiter
from roomread.settings.compute import ComputeEngine
from roomread.settings.environment import Settings
from roomread.store import Leases, Store

if TYPE_CHECKING:
    from roomread.cluster.nets.shared import SharedNets

# The service says who is signed in, and takes it away from whoever else says it.
USER_HEADER = "X-Roomread-User"
# Pictures that may wait for each one that is being read.
_WAITING_FOR_EACH = 4


class Engine:
    """Reads pictures and videos that strangers send, within an operator's limits.

    Args:
        settings: the limits.
        jobs: the folder where video jobs survive this process; None for a temporary one.
        store: Where jobs are kept; None for a file of its own in their folder.
        leases: The leases of this process; None for the job queue's own.
        at_once: pictures that are decoded and read at once; None for one a processor.

    Attributes:
        limiter: Bounds how many pictures are read at once.
        cameras: Bounds how many live cameras are read at once.
        store: Everything that the service keeps; None if the app runs without the service.
        analyzer: the nets, here or on a cluster; it keeps nothing of a visitor.
        board: the video jobs, whose processes have nets of their own.

    Raises:
        RoomreadError: the cluster that the settings want does not answer.
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
        self.limiter = ConcurrencyLimiter(running=running, waiting=_WAITING_FOR_EACH * running)
        self.cameras = CameraSlots(settings.max_cameras)
        seconds = settings.max_video_minutes * 60.0
        limits = Limits(max_seconds=seconds, max_frames=int(seconds) * 60, max_pixels=pixels)
        places = QueueLimits(mb=settings.max_kept_mb)
        self.board = JobQueue(jobs, store=store, leases=leases, limits=limits, places=places)

    def frame(self, content: bytes, name: str, *, index: int = 0, time: float = 0.0) -> Frame:
        """An encoded picture as a frame.

        Raises:
            MediaError: it is damaged, no picture, too large, or took too long to decode.
        """
        return Frame(self._decoder.decode(content, name), time, index, name)

    def analyze(self, content: bytes, name: str, *, index: int = 0) -> tuple[Frame, list[Reading]]:
        """An encoded picture and its readings, the largest face first; see `frame`."""
        frame = self.frame(content, name, index=index)
        return frame, self.analyzer.analyze_frame(frame)

    def warm_up(self) -> None:
        """Loads and starts what the first picture would wait for."""
        file = io.BytesIO()
        Image.new("RGB", (64, 64), "grey").save(file, "PNG")
        self.analyze(file.getvalue(), "the first picture")

    def close(self) -> None:
        """Ends its processes; video jobs in a folder of their own are kept."""
        self._decoder.close()
        self.board.close()
        if self._shared is not None:
            self._shared.close()


def _shared_nets(settings: Settings) -> SharedNets | None:
    """The nets on a cluster; None where they are in this process."""
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


# Streamlit runs its pages in this process, and hands them nothing: they find the service's engine
# here.
_served: list[Engine] = []


def serve_with(engine: Engine) -> None:
    """Lets the app's pages use the service's engine."""
    _served[:] = [engine]


def served_engine() -> Engine | None:
    """The service's engine; None where the app runs by itself."""
    return _served[0] if _served else None
