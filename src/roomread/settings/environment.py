"""The operator's settings, from `ROOMREAD_*` variables or from `roomread.toml`."""

from __future__ import annotations

import json
from enum import StrEnum
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BeforeValidator, Field, IPvAnyNetwork, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from roomread.errors import RoomreadError
from roomread.runtime import Device
from roomread.settings.compute import ComputeEngine
from roomread.settings.folders import data_folder
from roomread.settings.intended_use import Purpose, Region, settings_file

_Item = TypeVar("_Item")


class IceService(StrEnum):
    """A service that issues TURN credentials valid for an hour."""

    COTURN = "coturn"
    CLOUDFLARE = "cloudflare"
    TWILIO = "twilio"
    HUGGING_FACE = "hugging-face"


def _parse_json(value: Any) -> Any:
    """Parse an environment variable as JSON; return a value of the settings file unchanged."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError as error:
        raise ValueError("the value is not JSON") from error


def _parse_list(value: Any) -> Any:
    """Parse a list that is written as JSON, or as items separated by commas or spaces."""
    if isinstance(value, str) and not value.lstrip().startswith("["):
        return value.replace(",", " ").split()
    return _parse_json(value)


# A list that a variable contains as JSON, or as items separated by commas or spaces.
_List = Annotated[list[_Item], NoDecode, BeforeValidator(_parse_list)]


class Settings(BaseSettings):
    """The settings of an operator; an environment variable takes precedence over the file.

    Attributes:
        purpose: The purpose of this installation; if None, the first visitor is asked for it.
        region: The region of this installation; None is treated as the European Union, where more
            is prohibited.
        responsible: The name and contact data of the person responsible for this installation,
            which are printed in the notice that people are given.
        ice_servers: STUN and TURN servers for visitors on other networks, in the form of WebRTC:
            `[{"urls": ["turn:turn.example.org"], "username": "u", "credential": "c"}]`. By default
            no server is contacted, because a camera on this computer needs no server.
        ice_service: A service that issues TURN credentials, in addition to `ice_servers`; None for
            no service. `roomread.web.ice` lists the settings that each service needs.
        turn_urls: The addresses of the TURN server of the service "coturn".
        turn_secret: The `static-auth-secret` of the service "coturn".
        max_upload_mb: The maximum size of an uploaded video, MB.
        local_files: Whether visitors may name files and URLs that the app's computer can reach.
            Set it only for an app whose only visitor is the computer's own user.
        max_cameras: The maximum number of live cameras at once; further visitors must wait.
        max_seats: The maximum number of students in one room at once.
        database_url: The database of sessions, users, keys, sign-ins, jobs and profiles:
            `sqlite:////path/of/file.db` or `postgresql://user:password@host/name`; None for a file
            in the data folder. Several processes of the service may share a PostgreSQL database.
        secret: The secret with which keys are hashed and the cookies of a sign-in at the provider
            are signed, the same for all processes that share a database. If it is empty, a secret
            in the database is used. If it changes, all keys become invalid.
        retention_days: The number of days after its last change at which a session is deleted, by
            the service or by `roomread session purge`; None to keep sessions until a user deletes
            them. The service checks this once an hour.
        max_picture_mb: The maximum size of a picture, MB.
        max_megapixels: The maximum number of megapixels of a picture or of a video's frame.
        max_video_minutes: The maximum duration of a video, minutes.
        trusted_proxies: The addresses or networks of the proxies in front of the service, as the
            service sees them. Their headers on a visitor's address and on HTTPS are trusted.
        max_kept_mb: The maximum size of all waiting videos and results together, MB. Above it, the
            oldest results are deleted even if they are less than an hour old.
        requests_per_minute: The maximum number of requests of one key, user or address per minute.
        messages_per_minute: The maximum number of WebSocket messages of one key or user per minute;
            further messages wait.
        max_ingest_sockets: The maximum number of open WebSockets that send readings. One key or
            user may have all of them until other keys or users need some of them.
        max_connections: The maximum number of open connections. The service lowers it if the
            operating system allows fewer open files.
        max_connections_per_address: The maximum number of open connections of one address, which
            is not applied to trusted proxies.
        max_bodies: The maximum number of requests that are received at once, if their bodies arrive
            in several chunks. Visitors who are not signed in may send half as many in addition. One
            principal may use half of this number.
        max_received_mb: The maximum size of all bodies that are being received, except videos, MB.
            Bodies that do not fit into memory are written to temporary files. One principal may
            use half of this size.
        header_seconds: The time within which the headers of a request must arrive, s. On a new
            connection the time starts when the connection is opened.
        sign_ins_per_user: The maximum number of browsers in which one user is signed in; a further
            sign-in signs the user out of the browser with the oldest sign-in.
        device: The device that the nets run on; see `roomread.runtime.Device`.
        engine: Whether the nets run in this process or on a Ray cluster.
        replicas: The maximum number of replicas of the nets on a Ray cluster, each of which uses
            one processor; None for the number of processors of the cluster.
        oidc_issuer: The OpenID Connect provider at which users may sign in, such as
            `https://accounts.google.com`; None for no provider.
        oidc_client_id: The id of this service at the provider.
        oidc_client_secret: The secret of this service at the provider; empty for a public client.
        oidc_claim: The claim of the provider that is used as the name of a user.
        alert_urls: Where the alerts of recorded rooms are sent: webhooks (`https://host/path`) and
            MQTT topics (`mqtts://user:password@host/topic`). Unencrypted URLs may name only this
            computer.
        alert_secret: The secret that signs the requests to webhooks: 24 to 64 bytes in base64.
        alert_private_network: Whether alerts may be sent to host names that resolve to a private
            network. If `local_files` is true, this is always allowed.
        data_folder: The folder of the SQLite file, the files of video jobs and the audit log; None
            for the user's own folder.
        jobs_folder: The folder for the files of video jobs; None for `jobs` in the data folder.
            Processes that share a database can finish one another's jobs if they share this folder.
        advertised_url: The URL at which other processes that share the database reach this process,
            such as `http://10.0.0.5:8501`; None for the address on which the process listens.
    """

    model_config = SettingsConfigDict(env_prefix="ROOMREAD_", extra="forbid", frozen=True)

    purpose: Purpose | None = None
    region: Region | None = None
    responsible: str = ""
    ice_servers: Annotated[list[dict[str, Any]], NoDecode, BeforeValidator(_parse_json)] = Field(
        default_factory=list
    )
    ice_service: IceService | None = None
    turn_urls: _List[str] = Field(default_factory=list)
    turn_secret: SecretStr = SecretStr("")
    max_upload_mb: int = Field(default=200, ge=1)
    local_files: bool = False
    max_cameras: int = Field(default=8, ge=1)
    max_seats: int = Field(default=200, ge=5)
    database_url: str | None = None
    secret: SecretStr = SecretStr("")
    retention_days: float | None = Field(default=None, gt=0)
    max_picture_mb: int = Field(default=20, ge=1)
    max_megapixels: int = Field(default=50, ge=1)
    max_video_minutes: int = Field(default=180, ge=1)
    max_kept_mb: int = Field(default=1000, ge=1)
    trusted_proxies: _List[IPvAnyNetwork] = Field(
        default_factory=lambda: [ip_network("127.0.0.1"), ip_network("::1")]
    )
    requests_per_minute: int = Field(default=1200, ge=1)
    messages_per_minute: int = Field(default=12_000, ge=1)
    max_ingest_sockets: int = Field(default=256, ge=1)
    max_connections: int = Field(default=2000, ge=1)
    max_connections_per_address: int = Field(default=500, ge=1)
    max_bodies: int = Field(default=64, ge=1)
    max_received_mb: int = Field(default=4000, ge=1)
    header_seconds: float = Field(default=10.0, gt=0)
    sign_ins_per_user: int = Field(default=100, ge=1)
    device: Device = Device.CPU
    engine: ComputeEngine = ComputeEngine.LOCAL
    replicas: int | None = Field(default=None, ge=1)
    oidc_issuer: str | None = None
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr = SecretStr("")
    oidc_claim: str = "email"
    alert_urls: _List[SecretStr] = Field(default_factory=list)
    alert_secret: SecretStr = SecretStr("")
    alert_private_network: bool = False
    data_folder: Path | None = None
    jobs_folder: Path | None = None
    advertised_url: str | None = None

    @property
    def store_url(self) -> str:
        """The URL of the database: `database_url`, or a SQLite file in the data folder."""
        return self.database_url or f"sqlite:///{self.data / 'roomread.db'}"

    @property
    def job_files(self) -> Path:
        """The folder of the files of video jobs, which may not exist yet."""
        return self.jobs_folder or self.data / "jobs"

    @property
    def data(self) -> Path:
        """The folder of the database, the jobs and the audit log, which may not exist yet."""
        return self.data_folder or data_folder()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Give arguments precedence over variables, and variables over the file."""
        del dotenv_settings, file_secret_settings
        file = TomlConfigSettingsSource(settings_cls, settings_file())
        return init_settings, env_settings, file


def load_settings() -> Settings:
    """Read the settings from the environment and the file.

    Raises:
        RoomreadError: A variable or the file contains an unknown name or an invalid value.
    """
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"]))
        raise RoomreadError(
            f"the setting '{name}' is invalid: {first['msg'].removeprefix('Value error, ')}",
            hint=f"see ROOMREAD_{name.upper()} or {settings_file()}",
        ) from error
    except ValueError as error:
        raise RoomreadError(
            f"the settings cannot be read: {error}", hint=f"correct the file {settings_file()}"
        ) from error
