"""The client itself."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any, Literal, Self

from roomread.client import answers
from roomread.client.answers import FoundPicture, Video
from roomread.client.connection import Connection, Picture, as_file
from roomread.client.profiles import Profiles
from roomread.client.sessions import Sessions


class Client:
    """Asks one service. Keep it: it keeps its connection.

    Args:
        url: where the service is, as `http://127.0.0.1:8501`.
        key: as `roomread keys add` prints it; None where the service asks for none.
        timeout: seconds that an answer may take.

    Attributes:
        sessions: lessons, meetings and recordings.
        profiles: people and states that were taught.
    """

    def __init__(self, url: str, *, key: str | None = None, timeout: float = 60.0) -> None:
        self._connection = Connection(url, key=key, timeout=timeout)
        self._ask = self._connection.ask
        self.sessions = Sessions(self._connection)
        self.profiles = Profiles(self._connection)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Lets go of the connection."""
        self._connection.close()

    def analyze(self, picture: Picture, *, profiles: Sequence[str] = ()) -> FoundPicture:
        """The faces of one picture.

        Args:
            picture: a path, or encoded bytes.
            profiles: names of what was taught and is to be used.

        Raises:
            ServiceError: it cannot be read, or there is no answer.
            OSError: there is no such file.
        """
        files, params = [("file", as_file(picture))], {"profiles": ",".join(profiles)}
        answer = self._ask("POST", "analyze", files=files, params=params)
        return answers.picture(answer.json()["pictures"][0])

    def analyze_all(self, pictures: list[Picture]) -> list[FoundPicture]:
        """The faces of up to 16 pictures in one request; one that cannot be read has a problem."""
        files = [("file", as_file(picture)) for picture in pictures]
        answer = self._ask("POST", "analyze", files=files)
        return [answers.picture(found) for found in answer.json()["pictures"]]

    def annotate(self, picture: Picture) -> bytes:
        """One picture with boxes and labels, as JPEG; raises as `analyze` does."""
        files = [("file", as_file(picture))]
        return self._ask("POST", "analyze", files=files, params={"annotated": "1"}).content

    def models(self) -> list[str]:
        """The names of the bundled models."""
        return [each["name"] for each in self._ask("GET", "models").json()["models"]]

    def card(self, model: str) -> dict[str, Any]:
        """All that a model's card says, as plain values."""
        card: dict[str, Any] = self._ask("GET", f"models/{model}").json()
        return card

    def settings(self) -> dict[str, Any]:
        """What the operator set, without secrets; needs the scope "manage"."""
        settings: dict[str, Any] = self._ask("GET", "settings").json()
        return settings

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
        return answers.video(answer.json())

    def video(self, job_id: str) -> Video:
        """How far a video is read."""
        return answers.video(self._ask("GET", f"videos/{job_id}").json())

    def wait(self, job_id: str, *, every: float = 1.0) -> Video:
        """Waits until a video is read no further, asking `every` so many seconds."""
        while not (video := self.video(job_id)).ended:
            time.sleep(every)
        return video

    def cancel(self, job_id: str) -> Video:
        """Stops reading a video; what was read is kept."""
        return answers.video(self._ask("POST", f"videos/{job_id}/cancel").json())

    def forget(self, job_id: str) -> None:
        """Removes a video and all that was made of it."""
        self._ask("DELETE", f"videos/{job_id}")

    def readings(self, job_id: str, *, form: Literal["json", "jsonl", "csv"] = "json") -> str:
        """What was read of a video that has ended, as text."""
        return self._ask("GET", f"videos/{job_id}/readings", params={"format": form}).text

    def annotated_video(self, job_id: str, target: str | Path) -> None:
        """Writes the drawn copy of a video that has ended to a file, as MP4."""
        target = Path(target)
        target.write_bytes(self._ask("GET", f"videos/{job_id}/annotated").content)


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(1 << 20):
        yield piece
