"""The objects that all routes share, and checks of the scopes that a route requires."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Security
from fastapi.security import HTTPBearer
from starlette.requests import HTTPConnection

from roomread.api.auth import AuthSettings
from roomread.api.metrics import Metrics
from roomread.api.problems import RefusedError
from roomread.api.rates import Rate
from roomread.services.accounts import Principal, Scope
from roomread.services.capacity import ConcurrencyLimiter
from roomread.services.engine import Engine
from roomread.services.ingest import ReadingIngest
from roomread.services.live_room import LivePeople
from roomread.services.rooms import Rooms
from roomread.services.shares import ByteBudget, FairSlots, SharedSlots
from roomread.settings.environment import Settings
from roomread.store import Leases, Store

if TYPE_CHECKING:
    # Imported for types only, because that module imports this one.
    from roomread.api.provider import Provider


_BUFFER_BYTES = 32_000_000
# Maximum number of teachers' boards that one process sends events to.
_EVENT_STREAMS = 256


@dataclass(slots=True)
class ServiceContext:
    """The objects that the routes of one service share.

    Attributes:
        settings: The operator's settings.
        engine: Reads pictures and videos.
        auth: The settings and the state of authentication.
        store: The store of the service.
        leases: The leases that reserve sessions and rooms for this process.
        metrics: The metrics for Prometheus.
        ingest: Writes received readings into sessions.
        session_limiter: Limits the number of concurrent requests for data of sessions.
        figures_limiter: Limits the number of concurrent requests that read whole sessions, so that
            they do not delay requests that write.
        ingest_sockets: Limits the number of open WebSockets that send readings.
        event_streams: Limits the number of teachers' pages that receive the events of a room.
        exports: Limits the number of export files on disk, which clients may download slowly.
        live_people: The people seen in live sessions, to recognise them by their faces.
        live_sockets: The event that ends a live connection, by the id of the session that the
            connection records.
        buffers: Limits the bytes of incomplete requests and messages in memory.
        rooms: The rooms that this process holds for students to join.
        code_attempts: Limits the wrong room codes that each address sends, generously, because a
            whole school may share one address.
        provider: The OpenID Connect provider for sign-in; None if none is configured.
        closing: Whether the service is shutting down.
    """

    settings: Settings
    engine: Engine
    auth: AuthSettings
    store: Store
    leases: Leases
    metrics: Metrics = field(default_factory=Metrics)
    ingest: ReadingIngest = field(init=False)
    rooms: Rooms = field(init=False)
    session_limiter: ConcurrencyLimiter = field(
        # Requests run concurrently because the store commits waiting writes together.
        default_factory=lambda: ConcurrencyLimiter(
            running=2, waiting=30, in_all=8, what="session requests"
        )
    )
    figures_limiter: ConcurrencyLimiter = field(
        default_factory=lambda: ConcurrencyLimiter(running=1, waiting=30, what="session reports")
    )
    ingest_sockets: FairSlots = field(init=False)
    event_streams: FairSlots = field(
        default_factory=lambda: FairSlots(_EVENT_STREAMS, what="boards")
    )
    exports: SharedSlots = field(
        default_factory=lambda: SharedSlots(64, share=0.125, what="exports that are being sent")
    )
    live_people: LivePeople = field(default_factory=LivePeople)
    live_sockets: dict[str, asyncio.Event] = field(default_factory=dict)
    buffers: ByteBudget = field(init=False)
    code_attempts: Rate = field(default_factory=lambda: Rate(per_second=0.2, burst=60))
    provider: Provider | None = None
    closing: bool = False

    def __post_init__(self) -> None:
        """Create the objects that depend on the settings, the engine and the leases."""
        alerts = self.engine.alerts
        seats = self.settings.max_seats
        self.rooms = Rooms(self.store, self.leases, max_seats=seats, alerts=alerts)
        self.ingest = ReadingIngest(self.leases, self.rooms.show_screen, alerts)
        self.metrics.watch_alerts(alerts.counts)
        self.buffers = ByteBudget(buffer_bytes(self.settings.max_picture_mb))
        self.ingest_sockets = FairSlots(self.settings.max_ingest_sockets, what="ingest connections")

    @property
    def limiter(self) -> ConcurrencyLimiter:
        """The limiter of how many pictures are read at once, shared by all parts of the service."""
        return self.engine.limiter


def buffer_bytes(max_picture_mb: int) -> int:
    """Return the total memory allowed for incomplete requests and messages, in bytes.

    One sender may use half of this memory, which is enough for a picture of the maximum size.

    Args:
        max_picture_mb: The maximum size of a picture or of a live frame, MB.
    """
    return max(_BUFFER_BYTES, 2 * (max_picture_mb + 1) * 1_000_000)


def context_of(connection: HTTPConnection) -> ServiceContext:
    """Return the context of the service that a connection belongs to."""
    context: ServiceContext = connection.app.state.context
    return context


# Used only in the OpenAPI document; `AuthMiddleware` has already checked the key.
_BEARER = HTTPBearer(
    auto_error=False, description="A key that the operator created with `roomread keys add`."
)


def needs(scope: Scope) -> Callable[..., Principal]:
    """Return a FastAPI dependency that requires a scope and returns the principal.

    The dependency raises `RefusedError` if the scope is missing.
    """

    def check(connection: HTTPConnection, _key: Annotated[object, Security(_BEARER)]) -> Principal:
        return principal_with(connection, scope)

    return check


def principal_with(connection: HTTPConnection, scope: Scope) -> Principal:
    """Return the principal of a request, after checking that the principal has `scope`.

    Raises:
        RefusedError: The principal does not have the scope.
    """
    principal: Principal | None = connection.scope["state"].get("principal")
    if principal is None or scope not in principal.scopes:
        raise RefusedError(
            HTTPStatus.FORBIDDEN,
            "forbidden",
            f"the scope '{scope}' is required",
            hint="ask the operator for this scope",
        )
    return principal


Context = Annotated[ServiceContext, Depends(context_of)]
Reader = Annotated[Principal, Depends(needs(Scope.READ))]
Sender = Annotated[Principal, Depends(needs(Scope.ANALYZE))]
Manager = Annotated[Principal, Depends(needs(Scope.MANAGE))]
