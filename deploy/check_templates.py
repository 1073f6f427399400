"""Check the templates for Azure and Google, and that all templates run at least two replicas.

No linter covers these checks. The template for Azure Container Apps is compared with the types of
Microsoft's SDK: unknown keys and wrong types fail. The template for Cloud Run is compared with
Kubernetes' schema of a pod, of which Cloud Run accepts a subset.
"""

from __future__ import annotations

import sys
import typing
from collections.abc import Iterator
from pathlib import Path
from types import NoneType
from typing import Any

import kubernetes_validate
import yaml
from azure.mgmt.appcontainers import models

FOLDER = Path(__file__).parent
# Minimum grace period, s. The service finishes its requests within ten seconds of the stop signal;
# the rest is for the load balancer.
DRAIN_SECONDS = 30
# Keys of Cloud Run that a Kubernetes pod does not have.
CLOUD_RUN_KEYS = {"containerConcurrency", "timeoutSeconds", "maxRetries"}


def misfits(value: Any, wanted: Any, where: str) -> Iterator[str]:
    """Yield a line for each value of a document that does not fit a type of the SDK.

    Args:
        value: The value.
        wanted: The type.
        where: The path of the value in the document, for the lines.
    """
    options = [t for t in typing.get_args(wanted) if t is not NoneType]
    if typing.get_origin(wanted) is list and isinstance(value, list):
        for place, item in enumerate(value):
            yield from misfits(item, options[0], f"{where}[{place}]")
    elif typing.get_origin(wanted) is dict and isinstance(value, dict):
        for key, item in value.items():
            yield from misfits(item, options[1], f"{where}.{key}")
    elif typing.get_origin(wanted) is typing.Union:
        found = [list(misfits(value, option, where)) for option in options]
        yield from min(found, key=len)
    elif getattr(wanted, "__module__", "").startswith("azure.") and isinstance(value, dict):
        yield from misfitting_keys(value, wanted, where)
    elif not isinstance(value, (int, float) if wanted is float else wanted):
        yield f"{where}: {value!r} is not {getattr(wanted, '__name__', wanted)}"


def misfitting_keys(value: dict[str, Any], model: Any, where: str) -> Iterator[str]:
    """Yield a line for each key or value of a mapping that does not fit a model of the SDK."""
    hints = typing.get_type_hints(model, vars(models) | {"_models": models, "_types": models})
    # The SDK has no public schema. It fills in this private one when it creates the first object.
    rest_fields = model({})._attr_to_rest_field  # noqa: SLF001
    fields = {field._rest_name: hints[name] for name, field in rest_fields.items()}  # noqa: SLF001
    for key, item in value.items():
        if key in fields:
            yield from misfits(item, fields[key], f"{where}.{key}")
        else:
            yield f"{where}.{key}: {model.__name__} knows only {', '.join(sorted(fields))}"


def check_azure() -> Iterator[str]:
    """Yield the problems of the container app."""
    path = FOLDER / "azure" / "containerapp.yaml"
    yield from misfits(yaml.safe_load(path.read_text(encoding="utf-8")), models.ContainerApp, "app")


def check_google() -> Iterator[str]:
    """Yield the problems of the Cloud Run service and of its migration job."""
    service = _load(FOLDER / "google" / "service.yaml")["spec"]["template"]
    job = _load(FOLDER / "google" / "migrate.yaml")["spec"]["template"]["spec"]["template"]
    images: set[str] = set()
    for name, template in (("service", service), ("job", job)):
        spec = {key: part for key, part in template["spec"].items() if key not in CLOUD_RUN_KEYS}
        metadata = {"name": "roomread", **template.get("metadata", {})}
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
        images.update(container["image"] for container in spec["containers"])
        try:
            kubernetes_validate.validate(pod, kubernetes_validate.latest_version(), strict=True)
        except kubernetes_validate.ValidationError as error:
            yield f"google's {name}: {error.message}"
    if len(images) > 1:
        yield f"google: the job and the service run different images: {sorted(images)}"


def check_replicas() -> Iterator[str]:
    """Yield the templates with fewer than two replicas, no migration or a short grace period."""
    compose = _load(FOLDER.parent / "compose.yaml")["services"]
    waits = [each for each in compose.values() if "migrate" in each.get("depends_on", {})]
    pods = {each["kind"]: each for each in _load_all(FOLDER / "kubernetes" / "roomread.yaml")}
    pod = pods["Deployment"]["spec"]["template"]["spec"]
    google = _load(FOLDER / "google" / "service.yaml")["spec"]["template"]["metadata"]
    job = _load(FOLDER / "google" / "migrate.yaml")["spec"]["template"]["spec"]["template"]["spec"]
    azure = _load(FOLDER / "azure" / "containerapp.yaml")["properties"]["template"]
    replicas = {
        "compose.yaml": len(waits),
        "kubernetes": pods["HorizontalPodAutoscaler"]["spec"]["minReplicas"],
        "google": int(google["annotations"]["autoscaling.knative.dev/minScale"]),
        "azure": azure["scale"]["minReplicas"],
    }
    yield from (f"{name}: {count} replicas" for name, count in replicas.items() if count < 2)
    for name, containers in (
        ("compose.yaml", [compose["migrate"]]),
        ("kubernetes", pod["initContainers"]),
        ("azure", azure["initContainers"]),
        ("google", job["containers"]),
    ):
        if not any(each["command"] == ["roomread", "migrate"] for each in containers):
            yield f"{name}: nothing runs `roomread migrate`"
    for name, seconds in (
        ("kubernetes", pod["terminationGracePeriodSeconds"]),
        ("azure", azure["terminationGracePeriodSeconds"]),
    ):
        if seconds < DRAIN_SECONDS:
            yield f"{name}: a grace period of {seconds} s is too short to finish requests"


def _load(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def _load_all(path: Path) -> list[Any]:
    return list(yaml.safe_load_all(path.read_text(encoding="utf-8")))


def main() -> int:
    """Print the problems of all templates, and return 0 if there are none, else 1."""
    wrong = [*check_azure(), *check_google(), *check_replicas()]
    print("\n".join(wrong) or "Azure's and Google's templates fit, and all run two replicas")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
