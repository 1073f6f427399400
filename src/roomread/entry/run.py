"""Run the service until a signal ends it."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import shutil
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from ipaddress import ip_address, ip_network
from pathlib import Path
from types import FrameType

import uvicorn
from filelock import FileLock, Timeout

from roomread.api.auth import AuthSettings
from roomread.api.context import ServiceContext
from roomread.api.logs import log, set_up_logs
from roomread.api.provider import provider_of
from roomread.api.rates import Rate
from roomread.api.session_files import exports_folder
from roomread.cli.status import EXIT_FAILED
from roomread.entry.connections import (
    ConnectionLimits,
    ConnectionTable,
    connections_within,
    raise_file_limit,
)
from roomread.entry.pauses import shorten_pauses
from roomread.entry.protocols import limit_connections
from roomread.entry.service import make_service
from roomread.errors import DatabaseError, OutputError, RoomreadError
from roomread.media import make_folder
from roomread.services.accounts import Accounts
from roomread.services.engine import Engine, serve_with
from roomread.services.sign_ins import SignIns
from roomread.settings.addresses import is_loopback
from roomread.settings.environment import Settings, load_settings
from roomread.store import LeaseRenewal, Store

# Seconds within which open requests are answered after a signal, and then everything is closed.
_END_SECONDS = 10
_CLOSE_SECONDS = 10
# Connections that wait in the operating system until they are accepted.
_QUEUE = 512


class LogStyle(StrEnum):
    """The format of the service's log on standard error."""

    LINES = "lines"
    JSON = "json"
    FAILURES = "failures"


@dataclass(frozen=True, slots=True)
class Listen:
    """The address that the service listens on.

    Attributes:
        address: Name or IP address of this computer.
        port: TCP port.
        tls_cert: File of the certificate chain, PEM; None for plain HTTP.
        tls_key: File of the certificate's private key, PEM.
    """

    address: str
    port: int
    tls_cert: Path | None = None
    tls_key: Path | None = None


def serve(
    listen: Listen,
    *,
    sign_in: bool,
    log_style: LogStyle = LogStyle.LINES,
    on_ready: Callable[[str], None] | None = None,
) -> None:
    """Run the service until SIGINT or SIGTERM.

    The next start continues unfinished video jobs.

    Args:
        listen: The address to listen on.
        sign_in: Whether to require sign-in on a loopback address too.
        log_style: The format of the log on standard error.
        on_ready: A function that is called once with the service's URL, when it accepts requests.

    Raises:
        RoomreadError: Sign-in is required and no user or key exists, or the service cannot listen
            on the address.
    """
    # On loopback without sign-in, the visitor is the computer's own user and may name local files.
    alone = is_loopback(listen.address) and not sign_in
    if alone and "ROOMREAD_LOCAL_FILES" not in os.environ:
        os.environ["ROOMREAD_LOCAL_FILES"] = "true"
    settings = load_settings()
    provider = None if alone else provider_of(settings)
    make_folder(settings.data, private=True)
    with _bounded_end() as held:
        store = held.enter_context(closing(Store(settings.store_url)))
        if not store.is_shared:
            held.enter_context(_lock(settings))
        bound = held.enter_context(_bound(listen))
        auth = _auth(settings, store, listen, sign_in=not alone)
        set_up_logs(
            as_json=log_style is LogStyle.JSON,
            failures_only=log_style is LogStyle.FAILURES,
            audit_file=settings.data / "audit.jsonl",
        )
        if not store.is_shared:
            shutil.rmtree(exports_folder(settings), ignore_errors=True)
        leases = store.leases(_advertised_url(settings, bound, tls=listen.tls_cert is not None))
        held.callback(LeaseRenewal(leases).close)
        engine = Engine(settings, jobs=settings.job_files, store=store, leases=leases)
        held.callback(_close, engine)
        serve_with(engine)
        held.callback(auth.refusals.close)
        context = ServiceContext(settings, engine, auth, store, leases, provider=provider)
        engine.warm_up()
        _run(context, listen, bound, on_ready)
    # Exit without the interpreter's shutdown, which the codec threads of a live camera would crash.
    logging.shutdown()
    os._exit(0)


def _auth(settings: Settings, store: Store, listen: Listen, *, sign_in: bool) -> AuthSettings:
    """Return the settings for sign-in and for the limits on requests.

    Raises:
        RoomreadError: Sign-in is required, and no user or key exists.
    """
    accounts = Accounts(store.accounts, secret=settings.secret.get_secret_value())
    if sign_in and accounts.is_empty():
        raise RoomreadError(
            "sign-in is required, but no user or key exists"
            if is_loopback(listen.address)
            else f"other computers can reach {listen.address}, but no user or key exists",
            hint="run `roomread users add NAME` or `roomread keys add NAME` first",
        )
    return AuthSettings(
        accounts,
        sign_in,
        _rate(settings.requests_per_minute),
        SignIns(store.accounts, per_principal=settings.sign_ins_per_user),
        _rate(settings.messages_per_minute),
    )


def _rate(per_minute: int) -> Rate:
    return Rate(per_minute / 60, burst=per_minute / 10)


def _close(engine: Engine) -> None:
    """Close the engine, and log the number of unfinished jobs unless the database fails."""
    engine.close()
    kept: int | None = None
    with suppress(DatabaseError):
        kept = engine.job_queue.unfinished()
    log("ended", jobs_kept=kept)


@contextmanager
def _bounded_end() -> Iterator[ExitStack]:
    """Yield a stack that is closed at the end of the `with` block, within `_CLOSE_SECONDS`.

    If closing takes longer, for example because a database does not respond, the process exits.
    """
    failure: BaseException | None = None

    def leave() -> None:
        problem = failure if isinstance(failure, RoomreadError) else "closing took too long"
        print(f"roomread: {problem}", file=sys.stderr, flush=True)  # noqa: T201
        logging.shutdown()
        os._exit(EXIT_FAILED)

    timer = threading.Timer(_CLOSE_SECONDS, leave)
    timer.daemon = True
    try:
        with ExitStack() as held:
            try:
                yield held
            except BaseException as error:
                failure = error
                raise
            finally:
                timer.start()
    finally:
        timer.cancel()


def _run(
    context: ServiceContext,
    listen: Listen,
    bound: socket.socket,
    on_ready: Callable[[str], None] | None,
) -> None:
    service = make_service(context)
    # The log lines of these libraries contain addresses and paths.
    for library in ("uvicorn.error", "uvicorn.access", "websockets", "aiortc", "aioice"):
        logging.getLogger(library).setLevel(logging.CRITICAL)
    config = uvicorn.Config(
        service,
        log_config=None,
        access_log=False,
        server_header=False,
        forwarded_allow_ips=[str(network) for network in context.settings.trusted_proxies],
        # No message is larger than the largest picture.
        ws_max_size=context.settings.max_picture_mb * 1_000_000,
        ws_max_queue=4,
        timeout_graceful_shutdown=_END_SECONDS,
        ssl_certfile=listen.tls_cert,
        ssl_keyfile=listen.tls_key,
    )
    limit_connections(config, _connection_table(context), context.buffers)
    url = _url(bound, tls=listen.tls_cert is not None)

    def ready() -> None:
        log("serving", at=url, sign_in=context.auth.sign_in)
        if on_ready is not None:
            on_ready(url)

    server = _Server(config, context, ready)
    # uvicorn shuts down in order and then raises the signal again, which is ignored here.
    with suppress(KeyboardInterrupt):
        server.run(sockets=[bound])


def _connection_table(context: ServiceContext) -> ConnectionTable:
    """Return the table of connections, with the limits of the settings and of this process."""
    settings, refusals = context.settings, context.metrics.refusals
    proxies = settings.trusted_proxies

    def trusts(address: str) -> bool:
        try:
            network = ip_network(address)
        except ValueError:
            return False
        same = [proxy for proxy in proxies if proxy.version == network.version]
        return any(network.overlaps(proxy) for proxy in same)

    limits = ConnectionLimits(
        in_all=connections_within(raise_file_limit(), settings.max_connections),
        by_address=settings.max_connections_per_address,
        header_seconds=settings.header_seconds,
        trusts=trusts,
    )
    return ConnectionTable(limits, lambda reason: refusals.labels(reason).inc())


def _url(bound: socket.socket, *, tls: bool) -> str:
    host, port = bound.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    return f"{'https' if tls else 'http'}://{shown}:{port}"


def _advertised_url(settings: Settings, bound: socket.socket, *, tls: bool) -> str:
    """Return the URL at which other processes of this service reach this process."""
    if settings.advertised_url is not None:
        return settings.advertised_url.rstrip("/")
    host, port = bound.getsockname()[:2]
    if not ip_address(host).is_unspecified:
        return _url(bound, tls=tls)
    return f"{'https' if tls else 'http'}://{socket.gethostname()}:{port}"


class _Server(uvicorn.Server):
    """A uvicorn server that reports when it is ready and when it begins to shut down."""

    def __init__(
        self, config: uvicorn.Config, context: ServiceContext, on_ready: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self._context, self._on_ready = context, on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start listening."""
        loop = asyncio.get_running_loop()
        if self.config.is_ssl:
            # By default, asyncio waits a minute for a client that sends nothing.
            seconds = self._context.settings.header_seconds
            limited = partial(loop.create_server, ssl_handshake_timeout=seconds)
            loop.create_server = limited  # type: ignore[method-assign]
        await super().startup(sockets)
        for listening in sockets or []:
            # asyncio sets the length of the queue to the number of connections accepted at once.
            listening.listen(_QUEUE)
        if self.started:
            shorten_pauses()
            self._on_ready()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop accepting work and shut down on a signal."""
        self._context.closing = True
        super().handle_exit(sig, frame)


@contextmanager
def _lock(settings: Settings) -> Iterator[None]:
    """Lock the data folder, because two services must not share one SQLite file."""
    try:
        lock = FileLock(settings.data / "serve.lock", timeout=0).acquire()
    except Timeout as error:
        raise RoomreadError(
            f"{settings.data} is in use by another roomread app or roomread serve",
            hint="use or stop that program, or set ROOMREAD_DATA_FOLDER to another folder",
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
    """Open the listening socket before the nets are loaded, to report a wrong port early."""
    try:
        family = socket.getaddrinfo(listen.address, listen.port)[0][0]
        bound = socket.create_server((listen.address, listen.port), family=family, backlog=128)
    except OSError as error:
        in_use = error.errno == errno.EADDRINUSE
        why = "the port is in use" if in_use else error.strerror
        hint = (
            "stop the program that uses it, or give another --port"
            if in_use
            else "check --address and --port"
        )
        problem = f"cannot listen on {listen.address}:{listen.port}: {why}"
        raise RoomreadError(problem, hint=hint) from error
    with bound:
        yield bound
