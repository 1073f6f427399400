"""Nets that many services and rooms share, behind Ray Serve; this process asks them."""

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

# What a replica has taken and not answered; and what waits in this process for any of them.
_ONGOING, _QUEUED = 16, 64
# Above so many requests at a replica, Serve starts another.
_TARGET_ONGOING = 2.0
_START_SECONDS = 180.0
_ANSWER_SECONDS = 20.0
# A replica that ends is asked of another; a request that ends each is not asked for ever.
_ATTEMPTS = 3


class SharedNets:
    """The nets on a Ray cluster, behind the same classes as in one process.

    Only the nets' own work is sent: pictures that are scaled down already, and crops.

    Args:
        device: what the replicas compute on.
        replicas: at most so many; None for as many as the cluster has processors.

    Attributes:
        detector: finds faces there.
        classifier: reads them there.

    Raises:
        RoomreadError: the cluster does not answer, has no place, or another Roomread.
        MissingExtraError: the extra `cluster` is not installed.
    """

    def __init__(self, *, device: Device, replicas: int | None) -> None:
        model = open_model(device=Device.CPU)
        cluster.join()
        try:
            handle = _deploy(model.digest, device, replicas or max(1, cluster.processors()))
        except BaseException:
            cluster.leave()
            raise
        nets = _Asked(handle)
        self.detector = CenterFace(net=nets)
        self.classifier = _SharedClassifier(model, nets)

    def close(self) -> None:
        """Leaves the cluster; one that was started here ends with its nets."""
        cluster.leave()


class _SharedClassifier(ExpressionClassifier):
    """A model file whose net is elsewhere; its card is here."""

    def __init__(self, model: ModelFile, nets: _Asked) -> None:
        super().__init__(model)
        self._nets = nets

    def predict(self, crops: NDArray[np.uint8]) -> Predictions:
        """See `ExpressionClassifier.predict`.

        Raises:
            ValueError: another shape or dtype.
            BusyError: no answer came in time.
        """
        self.check(crops)
        return self._nets.predict(crops)


class _Asked:
    """The replicas, whichever has time. Called from several threads at once."""

    def __init__(self, handle: Any) -> None:
        self._handle = handle

    def infer(self, picture: NDArray[np.uint8], threshold: float) -> Candidates:
        """Return the candidates of a picture; see `FaceNet.infer`.

        Raises:
            BusyError: no answer came in time.
        """
        candidates: Candidates = self._ask("infer", picture, threshold)
        return candidates

    def predict(self, crops: NDArray[np.uint8]) -> Predictions:
        """Logits and features of grey crops uint8 [N, side, side].

        Raises:
            BusyError: no answer came in time.
        """
        predictions: Predictions = self._ask("predict", crops)
        return predictions

    def _ask(self, method: str, *arguments: object) -> Any:
        from ray.exceptions import RayActorError, RayError, RayTaskError  # noqa: PLC0415 (an extra)
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
                problem = f"{_QUEUED} requests wait for the cluster's nets"
                raise BusyError(problem) from error
            except RayTaskError as error:
                raise RoomreadError(f"the cluster's nets: {cluster.reason(str(error))}") from error
            except RayActorError:
                continue
            except (RayError, RayServeException) as error:
                problem = "the cluster's nets are out of reach"
                raise BusyError(problem, seconds=10) from error
        raise BusyError(f"the cluster's nets ended {_ATTEMPTS} times", seconds=10)


def _deploy(digest: str, device: Device, replicas: int) -> Any:
    """The handle of the cluster's nets, which are started where they do not run yet."""
    try:
        from ray import serve  # noqa: PLC0415 (an extra)
        from ray.serve.config import AutoscalingConfig, ProxyLocation  # noqa: PLC0415
        from ray.serve.schema import LoggingConfig  # noqa: PLC0415

        from roomread.cluster.nets.replica import Replica, Wanted  # noqa: PLC0415
    except ImportError as error:
        raise MissingExtraError("--engine ray", extra="cluster") from error
    # Serve's own lines tell of every step.
    logging.getLogger("ray.serve").setLevel(logging.CRITICAL)
    quiet = LoggingConfig(log_level="ERROR", enable_access_log=False)
    # Nobody asks the nets but a handle in this process: no port is opened.
    serve.start(proxy_location=ProxyLocation.Disabled, logging_config=quiet)
    # Services of one Roomread and model share replicas; others do not disturb them.
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
        wanted = Wanted(__version__, digest, device)
        target = serve.RunTarget(nets.bind(wanted), name, route_prefix=None)
        serve.run_many([target], wait_for_applications_running=False)
    _wait(serve, name)
    return serve.get_app_handle(name)


def _wait(serve: Any, name: str) -> None:
    """Until the first replica is there.

    Raises:
        RoomreadError: it cannot begin, or the cluster has no place for it.
    """
    deadline = time.monotonic() + _START_SECONDS
    while True:
        application = serve.status().applications.get(name)
        status = application.status if application is not None else "DELETING"
        if status == "RUNNING":
            return
        if status in ("DEPLOY_FAILED", "UNHEALTHY", "DELETING"):
            said = [d.message for d in application.deployments.values()] if application else []
            serve.delete(name, _blocking=False)
            raise RoomreadError(
                f"the cluster's nets do not start: {cluster.reason(' '.join(said))}",
                hint="install Roomread and its extra 'cluster' on all machines, alike",
            )
        if time.monotonic() > deadline:
            serve.delete(name, _blocking=False)
            problem = f"the cluster's nets did not start within {_START_SECONDS:g} s"
            raise RoomreadError(problem, hint="has it a free processor? see `ray status` there")
        time.sleep(0.1)
