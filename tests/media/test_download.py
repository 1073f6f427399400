from __future__ import annotations

import base64
import io
import threading
import traceback
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from PIL import Image

from roomread.errors import MediaError
from roomread.media import read_image
from roomread.media.download import download


class Camera(BaseHTTPRequestHandler):
    """A server whose picture only the user admin with the password "s3:cret@home" may read."""

    def do_GET(self) -> None:
        asked = self.headers.get("Authorization", "")
        if asked != "Basic " + base64.b64encode(b"admin:s3:cret@home").decode():
            self.send_response(401, "Unauthorized")
            self.send_header("WWW-Authenticate", 'Basic realm="camera"')
            self.end_headers()
            return
        file = io.BytesIO()
        Image.new("RGB", (32, 24), (9, 90, 190)).save(file, "PNG")
        self.send_response(200)
        self.send_header("Content-Length", str(len(file.getvalue())))
        self.end_headers()
        self.wfile.write(file.getvalue())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def camera() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Camera) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}/snapshot"
        server.shutdown()


def test_picture_behind_a_password_is_read(camera: str) -> None:
    assert read_image(f"http://admin:s3%3Acret%40home@{camera}").shape == (24, 32, 3)


@pytest.mark.parametrize("address", ["http://admin:s3cret@{}", "http://s3cret@{}"])
def test_download_error_does_not_contain_the_password_of_the_url(camera: str, address: str) -> None:
    with pytest.raises(MediaError, match="401") as caught:
        read_image(address.format(camera))
    shown = "".join(traceback.format_exception(caught.value))
    assert "s3cret@" not in shown.split("fetch(source)")[-1]
    assert caught.value.__cause__ is None
    assert "s3cret" not in str(caught.value)


def test_unreachable_server_is_a_media_error() -> None:
    with pytest.raises(MediaError, match="refused"):
        download("http://127.0.0.1:9/photo.jpg")
