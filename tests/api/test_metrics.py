from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

pytest.importorskip("prometheus_client", reason="needs the app extra")

from prometheus_client.parser import text_string_to_metric_families

from roomread.api.metrics import QUEUES, Metrics

DASHBOARD = Path(__file__).parents[2] / "deploy" / "grafana" / "roomread.json"
EXPRESSIONS = [
    target["expr"]
    for panel in json.loads(DASHBOARD.read_text())["panels"]
    for target in panel["targets"]
]


def known() -> dict[str, set[str]]:
    """Return the labels of each metric by the name that Prometheus stores."""
    metrics = Metrics()
    metrics.requests.labels("GET", "/", "200").inc()
    metrics.refusals.labels("busy").inc()
    metrics.seconds.labels("/").observe(1.0)
    metrics.queues.labels(QUEUES[0]).set(1)
    metrics.watch_alerts(lambda: {("webhook", "delivered"): 1})
    return {
        sample.name: set(sample.labels)
        for family in text_string_to_metric_families(metrics.text().decode())
        for sample in family.samples
    }


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_dashboard_queries_use_existing_metrics_and_labels(expression: str) -> None:
    metrics = known()
    (name,) = re.findall(r"roomread_\w+", expression)
    assert name in metrics
    for labels in re.findall(r"by \(([^)]*)\)", expression):
        assert {label.strip() for label in labels.split(",")} <= metrics[name]


def test_dashboard_shows_dropped_frames_frame_age_queue_length_refusals_and_alerts() -> None:
    shown = " ".join(EXPRESSIONS)
    names = ("live_dropped_total", "live_age_seconds", "queue_length", "refusals_total")
    for name in (*names, "alerts_total"):
        assert f"roomread_{name}" in shown


def test_alerts_are_counted_by_receiver_and_outcome() -> None:
    metrics = Metrics()
    counts = {("webhook", "delivered"): 1, ("webhook", "dropped"): 0}
    metrics.watch_alerts(lambda: counts)
    counts["webhook", "dropped"] = 2
    text = metrics.text().decode()
    assert 'roomread_alerts_total{outcome="delivered",to="webhook"} 1.0' in text
    assert 'roomread_alerts_total{outcome="dropped",to="webhook"} 2.0' in text
