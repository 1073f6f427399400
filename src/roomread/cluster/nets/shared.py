"""Use nets that run behind Ray Serve and that several services share."""

from __future__ import annotations

import logging
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from roomread._version import __version__
from roomread.classifier import ExpressionClassifier, ModelFile, open_model
from roomread.classifier.classifier import Predictions
from roomread.cluster import connection as cluster
from roomread.errors import BusyError, MissingExtraError, RoomreadError
from roomread.faces import CenterFace
from roomread.faces.centerface import Candidates
from roomread.runtime import Device

# Maximum number of requests that a replica processes at once, and that wait in this process.
_ONGOING, _QUEUED = 16, 64
# Mean number of requests per replica above which Serve starts another replica.
_TARGET_ONGOING = 2.0
_START_SECONDS = 180.0
_ANSWER_SECONDS = 20.0
# Maximum number of replicas that a request is sent to, if replicas crash while processing it.
_ATTEMPTS = 3


class SharedNets:
    """The nets on a Ray cluster, used through the same classes as nets in this process.

    Only inputs of the nets are sent to the cluster: crops, and pictures that are scaled down.

    Args:
        device: The device that the replicas run on.
        replicas: Maximum number of replicas; None for the number of processors of the cluster.

    Attributes:
        detector: The detector, whose net runs on the cluster.
        classifier: The classifier, whose net runs on the cluster.

    Raises:
        RoomreadError: The cluster does not respond, has no free processor, or runs another version.
        MissingExtraError: The extra `cluster` is not installed.
    """

    def __init__(self, *, device: Device, replicas: int | None) -> None:
        model = open_model(device=Device.CPU)
        cluster.join()
        try:
            handle = _deploy(model.digest, device, replicas or max(1, cluster.processors()))
        except BaseException:
            cluster.leave()
            raise
        nets = _ReplicaClient(handle)
        self.detector = CenterFace(net=nets)
        self.classifier = _SharedClassifier(model, nets)

    def close(self) -> None:
        """Leave the cluster; a cluster that this process started is stopped with its nets."""
        cluster.leave()


class _SharedClassifier(ExpressionClassifier):
    """A classifier whose net runs on the cluster; its card is read in this process."""

    def __init__(self, model: ModelFile, nets: _ReplicaClient) -> None:
        super().__init__(model)
        self._nets = nets

    def predict(self, crops: NDArray[np.uint8]) -> Predictions:
        """Return logits and features of crops; see `ExpressionClassifier.predict`.

        Raises:
            ValueError: The crops have a wrong shape or dtype.
            BusyError: The cluster is overloaded or did not respond in time.
        """
        self.check(crops)
        return self._nets.predict(crops)


class _ReplicaClient:
    """A thread-safe client that sends requests to the replicas of the nets."""

    def __init__(self, handle: Any) -> None:
        self._handle = handle

    def infer(self, picture: NDArray[np.uint8], threshold: float) -> Candidates:
        """Return the candidates for faces in a picture; see `FaceNet.infer`.

        Raises:
            BusyError: The cluster is overloaded or did not respond in time.
        """
        candidates: Candidates = self._ask("infer", picture, threshold)
        return candidates

    def predict(self, crops: NDArray[np.uint8]) -> Predictions:
        """Return logits and features of grey crops, uint8 [N, side, side].

        Raises:
            BusyError: The cluster is overloaded or did not respond in time.
        """
        predictions: Predictions = self._ask("predict", crops)
        return predictions

    def _ask(self, method: str, *arguments: object) -> Any:
        from ray.exceptions import RayActorError, RayError, RayTaskError  # noqa: PLC0415 (needs the extra)
        from ray.serve.exceptions import BackPressureError, RayServeException  # noqa: PLC0415

        deadline = time.monotonic() + _ANSWER_SECONDS
        for _ in range(_ATTEMPTS):
            response = getattr(self._handle, method).remote(*arguments)
            try:
                return response.result(timeout_s=max(0.0, deadline - time.monotonic()))
            except TimeoutError as error:
                response.cancel()
                problem = f"the cluster's nets did not answer for {_ANSWER_SECONDS:g} s"
                raise BusyError(problem, seconds=10) from error
            except BackPressureError as error:
                problem = f"{_QUEUED} requests are already waiting for the cluster's nets"
                raise BusyError(problem) from error
            except RayTaskError as error:
                raise RoomreadError(
                    f"the cluster's nets failed: {cluster.reason(str(error))}"
                ) from error
            except RayActorError:
                continue
            except (RayError, RayServeException) as error:
                problem = "the cluster's nets cannot be reached"
                raise BusyError(problem, seconds=10) from error
        raise BusyError(f"the cluster's nets crashed {_ATTEMPTS} times", seconds=10)


def _deploy(digest: str, device: Device, replicas: int) -> Any:
    """Return the Ray Serve handle of the nets, which are started if they do not run."""
    try:
        from ray import serve  # noqa: PLC0415 (needs the extra)
        from ray.serve.config import AutoscalingConfig, ProxyLocation  # noqa: PLC0415
        from ray.serve.schema import LoggingConfig  # noqa: PLC0415

        from roomread.cluster.nets.replica import Replica, ReplicaSpec  # noqa: PLC0415
    except ImportError as error:
        raise MissingExtraError("running on Ray", extra="cluster") from error
    # Silence Serve, which would log every request.
    logging.getLogger("ray.serve").setLevel(logging.CRITICAL)
    quiet = LoggingConfig(log_level="ERROR", enable_access_log=False)
    # The nets are called through handles only, so no port is opened.
    serve.start(proxy_location=ProxyLocation.Disabled, logging_config=quiet)
    # The name contains the version and the model, so that only equal services share replicas.
    name = f"roomread-{__version__}-{digest}-{device}"
    known = serve.status().applications.get(name)
    if known is None or known.status in ("DEPLOY_FAILED", "DELETING", "NOT_STARTED"):
        nets = serve.deployment(
            name="nets",
            autoscaling_config=AutoscalingConfig(
                min_replicas=1, max_replicas=replicas, target_ongoing_requests=_TARGET_ONGOING
            ),
            ray_actor_options={"num_cpus": 1, "num_gpus": int(device is Device.CUDA)},
            max_ongoing_requests=_ONGOING,
            max_queued_requests=_QUEUED,
            health_check_period_s=2.0,
            graceful_shutdown_timeout_s=5.0,
            max_constructor_retry_count=1,
            logging_config=quiet,
        )(Replica)
        spec = ReplicaSpec(__version__, digest, device)
        target = serve.RunTarget(nets.bind(spec), name, route_prefix=None)
        serve.run_many([target], wait_for_applications_running=False)
    _wait(serve, name)
    return serve.get_app_handle(name)


def _wait(serve: Any, name: str) -> None:
    """Wait until the first replica runs.

    Raises:
        RoomreadError: The replica does not start, or the cluster has no room for it.
    """
    deadline = time.monotonic() + _START_SECONDS
    while True:
        application = serve.status().applications.get(name)
        status = application.status if application is not None else "DELETING"
        if status == "RUNNING":
            return
        if status in ("DEPLOY_FAILED", "UNHEALTHY", "DELETING"):
            messages = [d.message for d in application.deployments.values()] if application else []
            serve.delete(name, _blocking=False)
            raise RoomreadError(
                f"the cluster's nets do not start: {cluster.reason(' '.join(messages))}",
                hint="install the same Roomread with its extra 'cluster' on all machines",
            )
        if time.monotonic() > deadline:
            serve.delete(name, _blocking=False)
            problem = f"the cluster's nets did not start within {_START_SECONDS:g} s"
            raise RoomreadError(
                problem, hint="check with `ray status` that the cluster has a free processor"
            )
        time.sleep(0.1)
