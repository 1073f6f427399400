"""`/api/v1/models` and `/api/v1/settings`: return models' cards and the operator's settings."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field
from sqlalchemy.engine import make_url
from starlette.concurrency import run_in_threadpool

from roomread.api.context import Context, Manager, Reader
from roomread.api.problems import RefusedError, responses
from roomread.api.shapes import Probability
from roomread.classifier import ModelFile, bundled_models, open_model
from roomread.services import purpose as purposes
from roomread.settings.intended_use import IntendedUse, Purpose, Region

router = APIRouter(prefix="/api/v1")


class ModelShape(BaseModel):
    """A summary of a model's card."""

    name: str = Field(examples=["compact"])
    digest: str
    net: str
    labels: list[str]
    threshold: Probability = Field(description="An expression with less confidence is withheld.")
    figures: dict[str, str] = Field(description="Results of the evaluation, by data set and label.")
    licence: str
    notes: str


class CardShape(ModelShape):
    """The complete card of a model, with the fields of `ModelCard`."""

    version: str = Field(description="The version of Roomread that trained it.")
    data: str = Field(description="The data that it was trained on.")
    seed: int
    precision: str = Field(examples=["int8"])
    temperature: float
    training: dict[str, Any] = Field(description="The settings of the training recipe.")
    confusion: dict[str, list[list[int]]] = Field(
        description="Confusion matrix of each comparison: true label by row, reading by column."
    )
    curves: list[dict[str, float | None]] = Field(
        description="Values recorded for each training epoch."
    )


class ModelsShape(BaseModel):
    """The bundled models."""

    models: list[ModelShape]


class PurposeShape(BaseModel):
    """The purpose of this installation, and the region in which it is used."""

    purpose: Purpose
    region: Region | None = Field(
        default=None,
        description="Where it is used; `eu` is the European Union. Null keeps the present region.",
    )


class SettingsShape(BaseModel):
    """The operator's settings, without secrets, folders or addresses."""

    purpose: Purpose | None = Field(
        description="Null until the first visitor of the web app has chosen it."
    )
    region: Region | None = Field(
        description="Where it is used; null counts as `eu` if the purpose is `work-or-school`."
    )
    sign_in: bool = Field(description="Whether sign-in or a key is required.")
    local_files: bool = Field(
        description="Whether visitors may open files on the service's computer by path."
    )
    database: str = Field(description="The kind of database.", examples=["sqlite"])
    retention_days: float | None = Field(
        description="Age at which sessions are deleted; null keeps them."
    )
    relays: int = Field(description="Number of STUN and TURN servers.")
    ice_service: str | None = Field(description="The service that issues TURN credentials.")
    max_cameras: int
    max_picture_mb: int
    max_megapixels: int
    max_upload_mb: int
    max_video_minutes: int
    requests_per_minute: int


@router.get("/models", tags=["models"], summary="List the models", responses=responses())
async def models(_reader: Reader) -> ModelsShape:
    """Return the bundled models, each with a summary of its card."""
    return await run_in_threadpool(
        lambda: ModelsShape(
            models=[ModelShape(**_short(open_model(name))) for name in bundled_models()]
        )
    )


@router.get(
    "/models/{name}", tags=["models"], summary="Get a model's card", responses=responses(404)
)
async def model(_reader: Reader, name: str) -> CardShape:
    """Return the complete card of a bundled model."""
    if name not in bundled_models():
        problem = f"there is no model '{name}'"
        hint = "use a name that GET /api/v1/models lists"
        raise RefusedError(HTTPStatus.NOT_FOUND, "no-such-model", problem, hint=hint)
    return await run_in_threadpool(lambda: _card(open_model(name)))


@router.get("/settings", tags=["settings"], summary="Get the settings", responses=responses())
def settings(context: Context, _manager: Manager) -> SettingsShape:
    """Return the settings from `ROOMREAD_*` variables and `roomread.toml`, without secrets."""
    use = purposes.current_use()
    fields = set(SettingsShape.model_fields) - {"purpose", "region"}
    return SettingsShape(
        **context.settings.model_dump(include=fields),
        purpose=use.purpose,
        region=use.region,
        sign_in=context.auth.sign_in,
        database=make_url(context.settings.store_url).get_backend_name(),
        relays=len(context.settings.ice_servers) + len(context.settings.turn_urls),
    )


@router.put(
    "/settings/purpose",
    tags=["settings"],
    summary="Choose the purpose",
    responses=responses(409, 422, 507),
)
def choose_purpose(manager: Manager, asked: PurposeShape) -> PurposeShape:
    """Choose the purpose and the region, which decide what this installation may be used for."""
    purposes.choose_use(IntendedUse(asked.purpose, asked.region), who=manager.id)
    use = purposes.current_use()
    return PurposeShape(purpose=asked.purpose, region=use.region)


def _short(opened: ModelFile) -> dict[str, Any]:
    card = opened.card
    plain = ("net", "threshold", "figures", "licence", "notes")
    values = {name: getattr(card, name) for name in plain}
    return values | {"name": opened.name, "digest": opened.digest, "labels": list(card.labels)}


def _card(opened: ModelFile) -> CardShape:
    plain = ("version", "data", "seed", "precision", "temperature", "training", "confusion")
    values = {name: getattr(opened.card, name) for name in (*plain, "curves")}
    return CardShape(**_short(opened), **values)
