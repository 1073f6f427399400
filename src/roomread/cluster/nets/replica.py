"""Run the nets in a process of Ray Serve, for all services of a cluster."""

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

# Maximum number of requests in a batch; the net takes 64 crops at a time.
MAX_BATCH = 64
# Seconds for which the first batch after a pause waits for more requests. Later batches fill up
# while the previous one is computed.
_BATCH_WAIT_SECONDS = 0.003


@dataclass(frozen=True, slots=True)
class ReplicaSpec:
    """The version, model and device that a replica must share with the service.

    Attributes:
        version: The version of Roomread.
        digest: The digest of the model file.
        device: The device that the nets run on.
    """

    version: str
    digest: str
    device: Device


class Replica:
    """The detector and the classifier on one processor or accelerator, for Ray Serve to call.

    Args:
        spec: The version, model and device that the replica must have.

    Raises:
        RoomreadError: This machine has another version of Roomread or of the model.
    """

    def __init__(self, spec: ReplicaSpec) -> None:
        cluster.check_version(spec.version)
        model = open_model(threads=1, device=spec.device)
        if spec.digest != model.digest:
            problem = f"a worker has the model {model.digest}, but the service has {spec.digest}"
            raise RoomreadError(problem)
        self._classifier = ExpressionClassifier(model)
        self._faces = CenterFaceNet(threads=1, device=spec.device)
        # Process one picture and one batch at a time, because more would only slow each other down.
        self._finding, self._reading = ThreadPoolExecutor(1), ThreadPoolExecutor(1)

    async def infer(self, picture: NDArray[np.uint8], threshold: float) -> Candidates:
        """Return the candidates for faces in a picture; see `faces.centerface.FaceNet`."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._finding, self._faces.infer, picture, threshold)

    @serve.batch(max_batch_size=MAX_BATCH, batch_wait_timeout_s=_BATCH_WAIT_SECONDS)
    async def predict(self, requests: list[NDArray[np.uint8]]) -> list[Predictions]:
        """Return the predictions of several requests; see `ExpressionClassifier.predict`."""
        crops = np.concatenate(requests)
        loop = asyncio.get_running_loop()
        all_of = await loop.run_in_executor(self._reading, self._classifier.predict, crops)
        ends = np.cumsum([len(request) for request in requests])[:-1]
        parts = (np.split(array, ends) for array in all_of)
        return [Predictions(*part) for part in zip(*parts, strict=True)]
