"""What the service is made of: its models, and what its operator set."""

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
from roomread.settings.environment import Purpose

router = APIRouter(prefix="/api/v1")


class ModelShape(BaseModel):
    """A model's card in short."""

    name: str = Field(examples=["compact"])
    digest: str
    net: str
    labels: list[str]
    threshold: Probability = Field(description="The label is withheld under this confidence.")
    figures: dict[str, str] = Field(description="What was measured, and on what.")
    licence: str
    notes: str


class CardShape(ModelShape):
    """A model's whole card."""

    version: str = Field(description="Roomread's, at training.")
    data: str = Field(description="The training data.")
    seed: int
    precision: str = Field(examples=["int8"])
    temperature: float
    training: dict[str, Any] = Field(description="The recipe's settings.")
    confusion: dict[str, list[list[int]]] = Field(
        description="Counts by truth (row) and what was read (column), of each comparison."
    )
    curves: list[dict[str, float | None]] = Field(description="What training noted, by epoch.")


class ModelsShape(BaseModel):
    """The bundled models."""

    models: list[ModelShape]


class SettingsShape(BaseModel):
    """What an operator can set and others may know; no secret, no folder, no address."""

    purpose: Purpose | None = Field(description="Null where the first visitor is asked.")
    sign_in: bool = Field(description="Whether anybody must show who they are.")
    local_files: bool = Field(description="Whether visitors may name files of this computer.")
    database: str = Field(description="The kind that keeps sessions.", examples=["sqlite"])
    retention_days: float | None = Field(description="Null keeps sessions until they are deleted.")
    relays: int = Field(description="STUN and TURN servers that are set.")
    ice_service: str | None = Field(description="Who gives out TURN credentials.")
    max_cameras: int
    max_picture_mb: int
    max_megapixels: int
    max_upload_mb: int
    max_video_minutes: int
    requests_per_minute: int


@router.get("/models", tags=["models"], summary="The bundled models", responses=responses())
async def models(_reader: Reader) -> ModelsShape:
    """The bundled models and their cards in short."""
    return await run_in_threadpool(
        lambda: ModelsShape(
            models=[ModelShape(**_short(open_model(name))) for name in bundled_models()]
        )
    )


@router.get("/models/{name}", tags=["models"], summary="A model's card", responses=responses(404))
async def model(_reader: Reader, name: str) -> CardShape:
    """All that `roomread models` and the app's page Model say of one."""
    if name not in bundled_models():
        raise RefusedError(HTTPStatus.NOT_FOUND, "no-such-model", "there is no such model")
    return await run_in_threadpool(lambda: _card(open_model(name)))


@router.get("/settings", tags=["settings"], summary="The settings", responses=responses())
def settings(context: Context, _manager: Manager) -> SettingsShape:
    """What the operator set by `ROOMREAD_*` or `roomread.toml`; to be read only."""
    values = context.settings.model_dump(include=set(SettingsShape.model_fields))
    return SettingsShape(
        **values,
        sign_in=context.auth.sign_in,
        database=make_url(context.settings.store_url).get_backend_name(),
        relays=len(context.settings.ice_servers) + len(context.settings.turn_urls),
    )


def _short(opened: ModelFile) -> dict[str, Any]:
    card = opened.card
    plain = ("net", "threshold", "figures", "licence", "notes")
    values = {name: getattr(card, name) for name in plain}
    return values | {"name": opened.name, "digest": opened.digest, "labels": list(card.labels)}


def _card(opened: ModelFile) -> CardShape:
    plain = ("version", "data", "seed", "precision", "temperature", "training", "confusion")
    values = {name: getattr(opened.card, name) for name in (*plain, "curves")}
    return CardShape(**_short(opened), **values)
