"""One service, asked over HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx

from roomread.errors import RoomreadError

Picture = str | Path | bytes


class ServiceError(RoomreadError):
    """The service could not be reached, or did not do what was asked.

    Attributes:
        status: of HTTP; None where there was no answer.
        retry_after: seconds after which to try again, where the service said so.
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
    """Keeps a connection to one service.

    Args:
        url: where it is, as `http://127.0.0.1:8501`.
        key: as `roomread keys add` prints it; None where the service asks for none.
        timeout: seconds that an answer may take.
    """

    def __init__(self, url: str, *, key: str | None, timeout: float) -> None:
        headers = {"Authorization": f"Bearer {key}"} if key is not None else {}
        self._http = httpx.Client(
            base_url=f"{url.rstrip('/')}/api/v1/",
            headers=headers,
            timeout=timeout,
            # The service closes a connection that was idle for five seconds; one that is used again
            # just then fails.
            limits=httpx.Limits(keepalive_expiry=2.0),
        )

    def close(self) -> None:
        """Lets go of it."""
        self._http.close()

    def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        """One request's good answer; `options` are httpx's.

        Raises:
            ServiceError: there is no answer, or it is a problem.
        """
        try:
            answer = self._http.request(method, path, **options)
        except httpx.HTTPError as error:
            problem = f"{self._http.base_url}: no answer: {error or type(error).__name__}"
            raise ServiceError(problem, hint="does roomread serve run there?") from error
        if answer.is_success:
            return answer
        raise _error(answer)


def _error(answer: httpx.Response) -> ServiceError:
    wait = answer.headers.get("retry-after", "")
    kind = answer.headers.get("content-type", "")
    said = answer.json() if kind.startswith("application/problem+json") else {}
    return ServiceError(
        said.get("detail") or f"the service answered {answer.status_code}",
        hint=said.get("hint", ""),
        status=answer.status_code,
        retry_after=float(wait) if wait.isdigit() else None,
    )


def as_file(picture: Picture) -> tuple[str, bytes]:
    """A picture, given as a path or encoded bytes, as a form's file.

    Raises:
        OSError: there is no such file.
    """
    if isinstance(picture, bytes):
        return "picture", picture
    return Path(picture).name, Path(picture).read_bytes()
