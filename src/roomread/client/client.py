"""The class `Client`, with its methods for pictures, models and videos."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any, Literal, Self

from roomread.client import answers
from roomread.client.answers import VideoStatus
from roomread.client.connection import Connection, Picture, ServiceError, as_file, error_of
from roomread.client.profiles import Profiles
from roomread.client.sessions import Sessions
from roomread.errors import MediaWarning
from roomread.pipeline import Readings
from roomread.wire import FrameReadings, frame_from_dict


class Client:
    """A client that sends requests to one service over a persistent connection.

    Args:
        url: URL of the service, such as `http://127.0.0.1:8501`; or a `Connection`, which has its
            own key and timeout.
        key: a key that `roomread keys add` printed; None if the service requires none.
        timeout: time limit for a response, seconds.

    Attributes:
        sessions: the sessions of the key's owner.
        profiles: the people and states that the key's owner taught.
    """

    def __init__(
        self, url: str | Connection, *, key: str | None = None, timeout: float = 60.0
    ) -> None:
        made = Connection(url, key=key, timeout=timeout) if isinstance(url, str) else url
        self._connection, self._ask = made, made.ask
        self.sessions = Sessions(made)
        self.profiles = Profiles(made)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def analyze(
        self, picture: Picture, *, profiles: Sequence[str] = (), oneself: bool = False
    ) -> Readings:
        """Return the readings of one picture, largest face first.

        Args:
            picture: a path, or the bytes of an encoded picture.
            profiles: names of the profiles (taught people and states) to use.
            oneself: whether the picture shows yourself, so that only its largest face is read.

        Raises:
            ServiceError: the picture cannot be read, or the service does not respond.
            OSError: there is no such file.

        Warns:
            MediaWarning: A part of the file is left out, such as further pictures.
        """
        files = [("file", as_file(picture))]
        params = {"profiles": ",".join(profiles)} | ({"oneself": "1"} if oneself else {})
        answer = self._ask("POST", "analyze", files=files, params=params)
        return _readings(answer.json()["pictures"][0])

    def analyze_all(self, pictures: Sequence[Picture]) -> list[Readings | ServiceError]:
        """Return the readings of each of up to 16 pictures, sent in one request.

        For a picture that cannot be read, the list contains its error instead.

        Raises:
            ServiceError: the service does not respond.
            OSError: there is no such file.
        """
        files = [("file", as_file(picture)) for picture in pictures]
        answer = self._ask("POST", "analyze", files=files)
        return [
            error_of(found["problem"]) if "problem" in found else _readings(found)
            for found in answer.json()["pictures"]
        ]

    def annotate(self, picture: Picture) -> bytes:
        """Return a JPEG copy of a picture, on which faces are framed and their readings written.

        It raises the same errors as `analyze`.
        """
        files = [("file", as_file(picture))]
        return self._ask("POST", "analyze", files=files, params={"annotated": "1"}).content

    def models(self) -> list[str]:
        """Return the names of the bundled models."""
        return [each["name"] for each in self._ask("GET", "models").json()["models"]]

    def card(self, model: str) -> dict[str, Any]:
        """Return the model card of a bundled model as plain values."""
        card: dict[str, Any] = self._ask("GET", f"models/{model}").json()
        return card

    def settings(self) -> dict[str, Any]:
        """Return the operator's settings, without secrets; needs the scope "manage"."""
        settings: dict[str, Any] = self._ask("GET", "settings").json()
        return settings

    def send_video(self, path: str | Path, *, annotated: bool = False) -> VideoStatus:
        """Send a video to be read in the background.

        Args:
            path: the video file, which is not loaded into memory as a whole.
            annotated: whether the service also makes a copy that shows the readings.

        Raises:
            ServiceError: the video is too large, or too many videos are waiting.
            OSError: there is no such file.
        """
        with ExitStack() as stack:
            file: IO[bytes] = stack.enter_context(Path(path).open("rb"))
            params = {"name": Path(path).name, "annotated": str(annotated).lower()}
            answer = self._ask("POST", "videos", content=_pieces(file), params=params)
        return answers.video_status(answer.json())

    def video(self, job_id: str) -> VideoStatus:
        """Return the current progress of a video."""
        return answers.video_status(self._ask("GET", f"videos/{job_id}").json())

    def wait(self, job_id: str, *, every: float = 1.0) -> VideoStatus:
        """Poll every `every` seconds until a video is finished, cancelled or failed."""
        while not (video := self.video(job_id)).ended:
            self._connection.sleep(every)
        return video

    def cancel(self, job_id: str) -> VideoStatus:
        """Stop reading a video; the results up to then are kept."""
        return answers.video_status(self._ask("POST", f"videos/{job_id}/cancel").json())

    def forget(self, job_id: str) -> None:
        """Delete a video and all its results."""
        self._ask("DELETE", f"videos/{job_id}")

    def frames(self, job_id: str) -> Iterator[FrameReadings]:
        """Yield the frames of a finished video, with their readings.

        Raises:
            ServiceError: the video has not been read to its end, or the service does not respond.
            WireError: the service runs an incompatible version of Roomread.
        """
        for line in self.readings_text(job_id, form="jsonl").splitlines():
            yield frame_from_dict(json.loads(line))

    def readings_text(self, job_id: str, *, form: Literal["json", "jsonl", "csv"] = "json") -> str:
        """Return the readings of a finished video as text in the given format."""
        return self._ask("GET", f"videos/{job_id}/readings", params={"format": form}).text

    def annotated_video(self, job_id: str, target: str | Path) -> None:
        """Write the annotated copy of a finished video to a file, as MP4."""
        target = Path(target)
        target.write_bytes(self._ask("GET", f"videos/{job_id}/annotated").content)


def _readings(answer: Mapping[str, Any]) -> Readings:
    for note in answer.get("notes", ()):
        warnings.warn(note, MediaWarning, stacklevel=3)
    return Readings(frame_from_dict(answer["frame"]).readings)


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(1 << 20):
        yield piece
