"""Serve an endpoint with Flask that returns the readings of a picture as JSON.

pip install roomread flask
flask --app flask_endpoint run
curl --data-binary @photo.jpg http://127.0.0.1:5000/faces
"""

from __future__ import annotations

from typing import Any

from flask import Flask, request

from roomread import Analyzer, RoomreadError

app = Flask(__name__)
app.config["MAX_CONTENT_LENGTH"] = 20_000_000
# One analyzer serves all requests: it loads the nets once and is thread-safe.
analyzer = Analyzer()


@app.post("/faces")
def faces() -> dict[str, Any] | tuple[dict[str, str], int]:
    """Return the readings of the picture in the body of the request."""
    try:
        return analyzer.analyze(request.get_data()).to_dict()
    except RoomreadError as error:
        return {"error": str(error)}, 422
