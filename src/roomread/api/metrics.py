"""Metrics for Prometheus."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

# The kinds of work that `roomread_queue_length` counts: the values of its label `of`.
QUEUES = ("pictures", "session writes", "session figures", "reading senders", "boards", "videos")
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4)


class Metrics:
    """The metrics of one service."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()

        def make(name: str, text: str, *labels: str) -> Counter:
            return Counter(f"roomread_{name}", text, labels, registry=self._registry)

        self.requests = make("requests", "Requests answered.", "method", "route", "status")
        self.refusals = make("refusals", "Requests and connections refused.", "reason")
        self.pictures = make("pictures", "Pictures read.")
        self.faces = make("faces", "Faces found.")
        self.dropped = make("live_dropped", "Live frames that newer ones replaced.")
        self.seconds = Histogram(
            "roomread_request_seconds",
            "Time from the first byte of a request to the last byte of the response.",
            ("route",),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self.age = Histogram(
            "roomread_live_age_seconds",
            "Time from receiving a live frame to the answer with its result.",
            buckets=_SECONDS,
            registry=self._registry,
        )
        self.queues = Gauge(
            "roomread_queue_length",
            "Number of running and waiting tasks of one kind.",
            ("of",),
            registry=self._registry,
        )
        self.live = self._gauge("live_cameras", "Live cameras that are being read.")
        self.busy = self._gauge(
            "slots_taken", "Requests with pictures that are running or waiting."
        )
        self.jobs = self._gauge("jobs_unfinished", "Videos that are being read or waiting.")

    def watch_alerts(self, counts: Callable[[], Mapping[tuple[str, str], int]]) -> None:
        """Export the number of alerts that are sent to other programs.

        Args:
            counts: Returns the number of alerts by kind of receiver and outcome.
        """
        self._registry.register(_Alerts(counts))

    def text(self) -> bytes:
        """Return all metrics in Prometheus's text format."""
        return generate_latest(self._registry)

    def _gauge(self, name: str, text: str) -> Gauge:
        return Gauge(f"roomread_{name}", text, registry=self._registry)


class _Alerts(Collector):
    """A collector that reads the number of alerts whenever the metrics are requested."""

    def __init__(self, counts: Callable[[], Mapping[tuple[str, str], int]]) -> None:
        self._counts = counts

    def collect(self) -> Iterator[CounterMetricFamily]:
        """Yield the counter of alerts."""
        text = "Alerts sent to other programs; each repeated attempt counts as retried."
        family = CounterMetricFamily("roomread_alerts", text, labels=("to", "outcome"))
        for labels, number in self._counts().items():
            family.add_metric(labels, number)
        yield family
