"""A client of the HTTP service, for programs on other computers; needs the extra `client`.

from roomread.client import Client

with Client("http://127.0.0.1:8501") as room:
    for face in room.analyze("photo.jpg").faces:
        print(face.expression, face.box)
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal, Self

import httpx

from roomread.errors import RoomreadError
from roomread.readings import Box, Expression

_ENDED = frozenset({"finished", "cancelled", "failed"})


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


@dataclass(frozen=True, slots=True)
class FoundFace:
    """One face, as the service read it.

    Attributes:
        box: from forehead to chin, px of the upright picture.
        expression: None where it cannot be read or the net is not sure enough.
        confidence: of the likeliest expression, 0..1; None where it cannot be read.
        scores: the seven probabilities, summing to 1; empty where it cannot be read.
        unreadable: why it cannot be read; None where it can.
        detection: the detector's confidence, 0..1.
        quality: size in px, visible part, brightness, contrast, sharpness, frontality.
        track: the person's number in a video; None in a picture.
    """

    box: Box
    expression: Expression | None
    confidence: float | None
    scores: dict[Expression, float]
    unreadable: str | None
    detection: float
    quality: dict[str, float | None]
    track: int | None


@dataclass(frozen=True, slots=True)
class FoundPicture:
    """One picture and its faces, the largest first.

    Attributes:
        name: as it was sent.
        width: px, likewise `height`.
        faces: none where it shows none.
        problem: why it could not be read; empty where it could.
    """

    name: str
    width: int
    height: int
    faces: tuple[FoundFace, ...]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Video:
    """A video that the service reads.

    Attributes:
        id: its number, for the client's methods.
        state: "waiting", "reading", "finished", "cancelled" or "failed".
        seconds: how far it is read.
        duration: its length, s, where it says so.
        error: why it ended early.
    """

    id: str
    state: str
    seconds: float
    duration: float | None
    error: str

    @property
    def ended(self) -> bool:
        """Whether it is read no further."""
        return self.state in _ENDED


class Client:
    """Asks one service. Keep it: it keeps its connection.

    Args:
        url: where the service is, as `http://127.0.0.1:8501`.
        key: as `roomread keys add` prints it; None where the service asks for none.
        timeout: seconds that an answer may take.
    """

    def __init__(self, url: str, *, key: str | None = None, timeout: float = 60.0) -> None:
        headers = {"Authorization": f"Bearer {key}"} if key is not None else {}
        self._http = httpx.Client(
            base_url=f"{url.rstrip('/')}/api/v1/", headers=headers, timeout=timeout
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Lets go of the connection."""
        self._http.close()

    def analyze(self, picture: str | Path | bytes) -> FoundPicture:
        """The faces of one picture, given as a path or encoded bytes.

        Raises:
            ServiceError: it cannot be read, or there is no answer.
            OSError: there is no such file.
        """
        answer = self._ask("POST", "analyze", files=[("file", _file(picture))])
        return _picture(answer.json()["pictures"][0])

    def analyze_all(self, pictures: list[str | Path | bytes]) -> list[FoundPicture]:
        """The faces of up to 16 pictures in one request; one that cannot be read has a problem."""
        files = [("file", _file(picture)) for picture in pictures]
        answer = self._ask("POST", "analyze", files=files)
        return [_picture(found) for found in answer.json()["pictures"]]

    def annotate(self, picture: str | Path | bytes) -> bytes:
        """One picture with boxes and labels, as JPEG; raises as `analyze` does."""
        files = [("file", _file(picture))]
        return self._ask("POST", "analyze", files=files, params={"annotated": "1"}).content

    def send_video(self, path: str | Path, *, annotated: bool = False) -> Video:
        """Sends a video to be read in the background.

        Args:
            path: the file; it is sent in pieces.
            annotated: whether a drawn copy is wanted.

        Raises:
            ServiceError: it is too large, or too many wait.
            OSError: there is no such file.
        """
        with ExitStack() as stack:
            file: IO[bytes] = stack.enter_context(Path(path).open("rb"))
            params = {"name": Path(path).name, "annotated": str(annotated).lower()}
            answer = self._ask("POST", "videos", content=_pieces(file), params=params)
        return _video(answer.json())

    def video(self, number: str) -> Video:
        """How far a video is read."""
        return _video(self._ask("GET", f"videos/{number}").json())

    def wait(self, number: str, *, every: float = 1.0) -> Video:
        """Waits until a video is read no further, asking `every` so many seconds."""
        while not (video := self.video(number)).ended:
            time.sleep(every)
        return video

    def cancel(self, number: str) -> Video:
        """Stops reading a video; what was read is kept."""
        return _video(self._ask("POST", f"videos/{number}/cancel").json())

    def forget(self, number: str) -> None:
        """Removes a video and all that was made of it."""
        self._ask("DELETE", f"videos/{number}")

    def readings(self, number: str, *, form: Literal["json", "jsonl", "csv"] = "json") -> str:
        """What was read of a video that has ended, as text."""
        return self._ask("GET", f"videos/{number}/readings", params={"format": form}).text

    def annotated_video(self, number: str, target: str | Path) -> None:
        """Writes the drawn copy of a video that has ended to a file, as MP4."""
        target = Path(target)
        target.write_bytes(self._ask("GET", f"videos/{number}/annotated").content)

    def _ask(self, method: str, path: str, **options: Any) -> httpx.Response:
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


def _file(picture: str | Path | bytes) -> tuple[str, bytes]:
    if isinstance(picture, bytes):
        return "picture", picture
    return Path(picture).name, Path(picture).read_bytes()


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(1 << 20):
        yield piece


def _picture(found: dict[str, Any]) -> FoundPicture:
    if "problem" in found:
        return FoundPicture(found["source"], 0, 0, (), found["problem"]["detail"])
    faces = tuple(_face(face) for face in found["faces"])
    return FoundPicture(found["source"], found["width"], found["height"], faces)


def _face(face: dict[str, Any]) -> FoundFace:
    expression = face["expression"]
    scores = face["scores"] or {}
    return FoundFace(
        box=Box(**face["box"]),
        expression=Expression[expression.upper()] if expression is not None else None,
        confidence=face["confidence"],
        scores={Expression[name.upper()]: score for name, score in scores.items()},
        unreadable=face["unreadable"],
        detection=face["detection"],
        quality=face["quality"],
        track=face["track"],
    )


def _video(found: dict[str, Any]) -> Video:
    names = ("id", "state", "seconds", "duration", "error")
    return Video(**{name: found[name] for name in names})
