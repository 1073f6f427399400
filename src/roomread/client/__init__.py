"""A client of the HTTP service, for programs on other computers; needs the extra `client`.

from roomread.client import Client

with Client("http://127.0.0.1:8501") as client:
    for reading in client.analyze("photo.jpg"):
        print(reading.expression, reading.box)

Its methods return the types of the package, such as `Reading`, `Session` and `RoomMood`.
"""

from roomread.client.answers import SendResult, VideoStatus
from roomread.client.client import Client
from roomread.client.connection import ServiceError

__all__ = ["Client", "SendResult", "ServiceError", "VideoStatus"]
