"""A client of the HTTP service, for programs on other computers; needs the extra `client`.

from roomread.client import Client

with Client("http://127.0.0.1:8501") as room:
    for face in room.analyze("photo.jpg").faces:
        print(face.expression, face.box)
"""

from roomread.client.answers import (
    FoundFace,
    FoundPicture,
    IngestResult,
    LeaveOneOutResult,
    RoomFigure,
    RoomMark,
    RoomPerson,
    RoomSession,
    Taught,
    Video,
)
from roomread.client.client import Client
from roomread.client.connection import ServiceError

__all__ = [
    "Client",
    "FoundFace",
    "FoundPicture",
    "IngestResult",
    "LeaveOneOutResult",
    "RoomFigure",
    "RoomMark",
    "RoomPerson",
    "RoomSession",
    "ServiceError",
    "Taught",
    "Video",
]
