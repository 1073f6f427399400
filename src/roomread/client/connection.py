"""The connection to one service over HTTP."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx

from roomread.errors import RoomreadError

Picture = str | Path | bytes
_URL_HINT = "name a URL such as http://127.0.0.1:8501"


class ServiceError(RoomreadError):
    """The service could not be reached, or refused a request.

    Attributes:
        status: the HTTP status; None if there is no response.
        retry_after: seconds to wait before trying again, if the service states them.
    """

    def __init__(
        self,
        problem: str,
        *,
        hint: str = "",
        status: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(problem, hint=hint)
        self.status, self.retry_after = status, retry_after


class Connection:
    """A persistent connection to one service.

    Args:
        url: URL of the service, such as `http://127.0.0.1:8501`.
        key: a key that `roomread keys add` printed; None if the service requires none.
        timeout: time limit for a response, seconds.
        transport: an httpx transport that replaces the network in tests; None for the network.
        sleep: a function that waits for the given number of seconds.

    Raises:
        ServiceError: `url` is not a URL.
    """

    def __init__(
        self,
        url: str,
        *,
        key: str | None = None,
        timeout: float = 60.0,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.sleep = sleep
        headers = {"Authorization": f"Bearer {key}"} if key is not None else {}
        self._http = httpx.Client(
            base_url=_parsed(f"{url.rstrip('/')}/api/v1/"),
            headers=headers,
            timeout=timeout,
            transport=transport,
            # Expire idle connections before the service does (after five seconds), because a
            # request sent at that moment would fail.
            limits=httpx.Limits(keepalive_expiry=2.0),
        )

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send one request and return its response; `options` are passed to httpx.

        Raises:
            ServiceError: there is no response, or the service refused the request.
        """
        try:
            answer = self._http.request(method, path, **options)
        except httpx.HTTPError as error:
            problem = f"{self._http.base_url}: no response: {error or type(error).__name__}"
            raise ServiceError(
                problem, hint="check the address, and that the service is running"
            ) from error
        if answer.is_success:
            return answer
        wait = answer.headers.get("retry-after", "")
        raise error_of(
            {"status": answer.status_code} | _problem_of(answer),
            retry_after=float(wait) if wait.isdigit() else None,
        )


def _parsed(url: str) -> httpx.URL:
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise ServiceError(f"{url}: is not a URL: {error}", hint=_URL_HINT) from error
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise ServiceError(f"{url}: is not the URL of a service", hint=_URL_HINT)
    return parsed


def _problem_of(answer: httpx.Response) -> dict[str, Any]:
    """Return the problem details in a response; empty if the response contains none."""
    if not answer.headers.get("content-type", "").startswith("application/problem+json"):
        return {}
    try:
        problem = answer.json()
    except ValueError:
        return {}
    return problem if isinstance(problem, dict) else {}


def error_of(problem: Mapping[str, Any], *, retry_after: float | None = None) -> ServiceError:
    """Convert problem details (RFC 9457) from the service to an error."""
    return ServiceError(
        problem.get("detail") or f"the service returned status {problem['status']}",
        hint=problem.get("hint", ""),
        status=problem["status"],
        retry_after=retry_after,
    )


def as_file(picture: Picture) -> tuple[str, bytes]:
    """Return the file name and the content with which a picture is sent in a form.

    Args:
        picture: a path, or the bytes of an encoded picture.

    Raises:
        OSError: there is no such file.
    """
    if isinstance(picture, bytes):
        return "picture", picture
    return Path(picture).name, Path(picture).read_bytes()
