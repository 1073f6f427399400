"""Runs the service until it is told to end."""

from __future__ import annotations

import errno
import logging
import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import uvicorn
from filelock import FileLock, Timeout

from roomread.api.auth import AuthSettings
from roomread.api.context import ServiceContext
from roomread.api.limits import ConcurrencyLimiter
from roomread.api.logs import log, set_up_logs
from roomread.api.provider import provider_of
from roomread.api.rates import Rate
from roomread.api.sessions import exports_folder
from roomread.api.signin import SignIns
from roomread.entry.service import make_service
from roomread.errors import OutputError, RoomreadError
from roomread.media import make_folder
from roomread.services.accounts import Access
from roomread.services.engine import Engine, serve_with
from roomread.settings.addresses import is_loopback
from roomread.settings.environment import Settings, load_settings

# Two pictures at once fill two cores: each alone leaves one idle while it decodes and draws.
_WAITING_FOR_EACH = 4
_END_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Listen:
    """Where the service listens.

    Attributes:
        address: a name or address of this computer.
        port: of TCP.
        tls_cert: the certificate chain, PEM; None for plain HTTP.
        tls_key: its private key, PEM.
    """

    address: str
    port: int
    tls_cert: Path | None = None
    tls_key: Path | None = None


def access_file(settings: Settings) -> Path:
    """Where users and keys are kept."""
    return settings.data / "access.json"


def serve(listen: Listen, *, sign_in: bool, log_json: bool) -> None:
    """Serves until SIGINT or SIGTERM; video jobs that are not finished then go on at the next time.

    Args:
        listen: where.
        sign_in: ask for sign-in at a loopback address too.
        log_json: log as JSON lines.

    Raises:
        RoomreadError: it may not listen there, or cannot.
    """
    local = is_loopback(listen.address)
    # At this computer alone a visitor is its user, who may name its files.
    alone = local and not sign_in
    if alone and "ROOMREAD_LOCAL_FILES" not in os.environ:
        os.environ["ROOMREAD_LOCAL_FILES"] = "true"
    settings = load_settings()
    access = Access(access_file(settings))
    if not alone and access.is_empty():
        raise RoomreadError(
            f"{listen.address} is open to others, and nobody could sign in"
            if not local
            else "nobody could sign in",
            hint="first: roomread users add NAME, or roomread keys add NAME",
        )
    provider = None if alone else provider_of(settings)
    with _lock(settings), _bound(listen) as bound:
        set_up_logs(as_json=log_json, audit_file=settings.data / "audit.jsonl")
        shutil.rmtree(exports_folder(settings), ignore_errors=True)
        cores = os.cpu_count() or 1
        engine = Engine(settings, jobs=settings.data / "jobs", processes=cores)
        serve_with(engine)
        rate = Rate(settings.requests_per_minute / 60, burst=settings.requests_per_minute / 10)
        slots = ConcurrencyLimiter(running=cores, waiting=_WAITING_FOR_EACH * cores)
        door = AuthSettings(access, not alone, rate, SignIns(settings.data / "signed-in.json"))
        context = ServiceContext(settings, engine, door, slots, provider=provider)
        try:
            engine.warm_up()
            _run(context, listen, bound)
        finally:
            engine.close()
            context.ingest.close()
            log("ended", jobs_kept=engine.board.unfinished())
    # The codecs' threads of a camera that was live do not survive the interpreter's own end.
    logging.shutdown()
    os._exit(0)


def _run(context: ServiceContext, listen: Listen, bound: socket.socket) -> None:
    service = make_service(context)
    # Their own lines hold addresses and paths.
    for library in ("uvicorn.error", "uvicorn.access", "websockets", "aiortc", "aioice"):
        logging.getLogger(library).setLevel(logging.CRITICAL)
    config = uvicorn.Config(
        service,
        log_config=None,
        access_log=False,
        server_header=False,
        forwarded_allow_ips=[str(network) for network in context.settings.trusted_proxies],
        # A larger frame than a picture may be is nobody's camera.
        ws_max_size=context.settings.max_picture_mb * 1_000_000,
        ws_max_queue=4,
        timeout_graceful_shutdown=_END_SECONDS,
        ssl_certfile=listen.tls_cert,
        ssl_keyfile=listen.tls_key,
    )
    server = _Server(config, context)
    scheme = "https" if listen.tls_cert is not None else "http"
    host, port = bound.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    log("serving", at=f"{scheme}://{shown}:{port}", sign_in=context.auth.sign_in)
    # uvicorn ends in order, and then raises the signal that ended it.
    with suppress(KeyboardInterrupt):
        server.run(sockets=[bound])


class _Server(uvicorn.Server):
    """Says that it is about to end before it stops taking requests."""

    def __init__(self, config: uvicorn.Config, context: ServiceContext) -> None:
        super().__init__(config)
        self._house = context

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """A signal's handler."""
        self._house.closing = True
        super().handle_exit(sig, frame)


@contextmanager
def _lock(settings: Settings) -> Iterator[None]:
    """Two services would read each other's jobs."""
    make_folder(settings.data, private=True)
    try:
        lock = FileLock(settings.data / "serve.lock", timeout=0).acquire()
    except Timeout as error:
        raise RoomreadError(
            f"another roomread serve uses {settings.data}",
            hint="end it, or set ROOMREAD_DATA_FOLDER",
        ) from error
    except OSError as error:
        raise OutputError(
            f"{settings.data}: cannot be written: {error.strerror}",
            hint="check its permissions, or set ROOMREAD_DATA_FOLDER",
        ) from error
    with lock:
        yield


@contextmanager
def _bound(listen: Listen) -> Iterator[socket.socket]:
    """The listening socket; before the nets are loaded, so that a wrong port is told at once."""
    try:
        family = socket.getaddrinfo(listen.address, listen.port)[0][0]
        bound = socket.create_server((listen.address, listen.port), family=family, backlog=128)
    except OSError as error:
        hints = {errno.EADDRINUSE: "end what uses it, or give another --port"}
        hint = hints.get(error.errno or 0, "check --address and --port")
        problem = f"cannot listen on {listen.address}:{listen.port}: {error.strerror}"
        raise RoomreadError(problem, hint=hint) from error
    with bound:
        yield bound
