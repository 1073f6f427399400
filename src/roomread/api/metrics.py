"""What Prometheus is told."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4)


class Metrics:
    """The counters of one service."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()

        def make(name: str, text: str, *labels: str) -> Counter:
            return Counter(f"roomread_{name}", text, labels, registry=self._registry)

        self.requests = make("requests", "Requests answered.", "method", "route", "status")
        self.pictures = make("pictures", "Pictures read.")
        self.faces = make("faces", "Faces found.")
        self.dropped = make("live_dropped", "Live frames that newer ones overtook.")
        self.seconds = Histogram(
            "roomread_request_seconds",
            "From a request's first byte to its answer's last.",
            ("route",),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self.live = self._gauge("live_connections", "Cameras that are read over WebSockets.")
        self.busy = self._gauge("places_taken", "Pictures being read, or waiting to be.")
        self.jobs = self._gauge("jobs_unfinished", "Videos being read, or waiting to be.")

    def text(self) -> bytes:
        """All of them, in Prometheus' text format."""
        return generate_latest(self._registry)

    def _gauge(self, name: str, text: str) -> Gauge:
        return Gauge(f"roomread_{name}", text, registry=self._registry)
