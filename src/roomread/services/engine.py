"""The nets, decoders and video queue of one process, which all its interfaces share."""

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
from roomread.services.alerts import alert_sender
from roomread.services.capacity import CameraSlots, ConcurrencyLimiter
from roomread.settings.compute import ComputeEngine
from roomread.settings.environment import Settings
from roomread.store import Leases, Store

if TYPE_CHECKING:
    from roomread.cluster.nets.shared import SharedNets

# Header with which the service passes the principal to the web app. The service removes it from
# incoming requests.
USER_HEADER = "X-Roomread-User"
# Number of pictures that may wait, per picture being read.
_WAITING_PER_RUNNING = 4
# Time limit for sending the waiting alerts when the process ends, s.
_ALERT_SECONDS = 3.0


class Engine:
    """The objects that read untrusted pictures and videos within the operator's limits.

    Args:
        settings: The operator's limits.
        jobs: The folder for the files of video jobs, which survive this process; None for a
            temporary folder.
        store: The store of the jobs; None for a SQLite file in the folder of the jobs.
        leases: The leases by which this process holds jobs; None to let the job queue create them.
        at_once: Number of pictures that are read at once; None for the number of processors.

    Attributes:
        limiter: The limit on the number of pictures read at once.
        cameras: The limit on the number of live cameras read at once.
        store: The store of the service; None if the app runs without the service.
        analyzer: The analyzer, with nets in this process or on a cluster. It stores no data of
            visitors.
        alerts: The sender of the alerts of recorded rooms to the operator's other programs.
        job_queue: The queue of video jobs, whose worker processes load their own nets.

    Raises:
        RoomreadError: The cluster that the settings name does not respond, or the settings contain
            an invalid URL for alerts.
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
        self.alerts = alert_sender(
            [url.get_secret_value() for url in settings.alert_urls],
            secret=settings.alert_secret.get_secret_value(),
            private=settings.local_files or settings.alert_private_network,
        )
        pixels = settings.max_megapixels * 1_000_000
        self.store = store
        self._shared = _shared_nets(settings)
        self.analyzer = _analyzer(settings, self._shared)
        running = at_once or os.cpu_count() or 1
        self._decoder = Decoder(max_pixels=pixels, processes=running + 1)
        self.limiter = ConcurrencyLimiter(running=running, waiting=_WAITING_PER_RUNNING * running)
        self.cameras = CameraSlots(settings.max_cameras)
        seconds = settings.max_video_minutes * 60.0
        limits = Limits(max_seconds=seconds, max_frames=int(seconds) * 60, max_pixels=pixels)
        places = QueueLimits(mb=settings.max_kept_mb)
        self.job_queue = JobQueue(jobs, store=store, leases=leases, limits=limits, places=places)

    def frame(self, content: bytes, name: str, *, index: int = 0, time: float = 0.0) -> Frame:
        """Decode a picture, and return it as a frame.

        Raises:
            MediaError: The picture is damaged, in no known format, too large, or took too long to
                decode.
        """
        return self._decoder.frame(content, name, index=index, time=time)

    def warm_up(self) -> None:
        """Read a small picture, so that the nets are loaded before the first request."""
        file = io.BytesIO()
        Image.new("RGB", (64, 64), "grey").save(file, "PNG")
        self.analyzer.analyze_frame(self.frame(file.getvalue(), "the first picture"))

    def close(self) -> None:
        """End the processes of the engine; video jobs are kept if the engine has a jobs folder."""
        self.alerts.close(patience=_ALERT_SECONDS)
        self._decoder.close()
        self.job_queue.close()
        if self._shared is not None:
            self._shared.close()


def _shared_nets(settings: Settings) -> SharedNets | None:
    """Return the nets that run on a cluster; None if the nets run in this process."""
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


# Streamlit runs its pages in this process without a way to pass arguments, so they get the engine
# from this variable.
_served: list[Engine] = []


def serve_with(engine: Engine) -> None:
    """Make the pages of the web app use the service's engine."""
    _served[:] = [engine]


def served_engine() -> Engine | None:
    """Return the service's engine; None if Streamlit runs the pages without the service."""
    return _served[0] if _served else None
