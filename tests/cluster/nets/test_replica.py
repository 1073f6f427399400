from __future__ import annotations

import asyncio
import importlib
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from roomread._version import __version__
from roomread.classifier import open_model
from roomread.classifier.classifier import Predictions
from roomread.errors import RoomreadError
from roomread.runtime import Device


@pytest.fixture
def replica(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """Yield the module, imported without Ray, so that a batch is what is passed to `predict`."""
    serve = SimpleNamespace(batch=lambda **_: lambda function: function)
    monkeypatch.setitem(sys.modules, "ray", SimpleNamespace(serve=serve))
    monkeypatch.delitem(sys.modules, "roomread.cluster.nets.replica", raising=False)
    yield importlib.import_module("roomread.cluster.nets.replica")
    # The next import is the real one again.
    del sys.modules["roomread.cluster.nets.replica"]


def test_replica_of_another_version_or_model_is_refused(replica: ModuleType) -> None:
    digest = open_model().digest
    with pytest.raises(RoomreadError, match=r"the job is from Roomread 0\.0"):
        replica.Replica(replica.ReplicaSpec("0.0", digest, Device.CPU))
    with pytest.raises(RoomreadError, match=f"has the model {digest}, but the service has 0"):
        replica.Replica(replica.ReplicaSpec(__version__, "0", Device.CPU))


def test_each_request_of_a_batch_gets_the_predictions_of_its_own_faces(
    replica: ModuleType,
) -> None:
    def predict(crops: np.ndarray) -> Predictions:
        value = crops[:, 0, 0].astype(np.float32)[:, None]
        return Predictions(*(value for _ in Predictions._fields))

    made = replica.Replica.__new__(replica.Replica)
    made._classifier = SimpleNamespace(predict=predict)
    with ThreadPoolExecutor(1) as made._reading:
        requests = [np.full((n, 48, 48), n, np.uint8) for n in (2, 0, 3)]
        answers = asyncio.run(made.predict(requests))
    assert [answer.logits[:, 0].tolist() for answer in answers] == [[2, 2], [], [3, 3, 3]]
