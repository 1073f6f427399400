"""The nets in a process of Ray Serve's, for everyone who asks."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from ray import serve

from roomread.classifier import ExpressionClassifier, open_model
from roomread.classifier.classifier import Predictions
from roomread.cluster import connection as cluster
from roomread.errors import RoomreadError
from roomread.faces.centerface import Candidates, CenterFaceNet
from roomread.runtime import Device

# Requests a batch; its crops go through the net 64 at a time.
MAX_BATCH = 64
# While one batch is read the next gathers by itself; this is for the first after a pause.
_BATCH_WAIT_SECONDS = 0.003


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a service wants its replicas to be, so that they say what it would say itself.

    Attributes:
        version: of Roomread.
        digest: of the model file.
        device: what computes.
    """

    version: str
    digest: str
    device: Device


class Replica:
    """Both nets with one processor, or one accelerator.

    Args:
        wanted: what it must be.

    Raises:
        RoomreadError: this machine has another Roomread or another model.
    """

    def __init__(self, wanted: Wanted) -> None:
        cluster.check_version(wanted.version)
        model = open_model(threads=1, device=wanted.device)
        if wanted.digest != model.digest:
            problem = f"a worker has the model {model.digest}, and the service {wanted.digest}"
            raise RoomreadError(problem)
        self._classifier = ExpressionClassifier(model)
        self._faces = CenterFaceNet(threads=1, device=wanted.device)
        # One picture and one batch at a time: more at once would only make each slower.
        self._finding, self._reading = ThreadPoolExecutor(1), ThreadPoolExecutor(1)

    async def infer(self, picture: NDArray[np.uint8], threshold: float) -> Candidates:
        """Return the candidates of a picture; see `faces.centerface.FaceNet`."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._finding, self._faces.infer, picture, threshold)

    @serve.batch(max_batch_size=MAX_BATCH, batch_wait_timeout_s=_BATCH_WAIT_SECONDS)
    async def predict(self, requests: list[NDArray[np.uint8]]) -> list[Predictions]:
        """See `classifier.ExpressionClassifier.predict`; of several requests at once."""
        crops = np.concatenate(requests)
        loop = asyncio.get_running_loop()
        all_of = await loop.run_in_executor(self._reading, self._classifier.predict, crops)
        ends = np.cumsum([len(request) for request in requests])[:-1]
        parts = (np.split(array, ends) for array in all_of)
        return [Predictions(*part) for part in zip(*parts, strict=True)]
