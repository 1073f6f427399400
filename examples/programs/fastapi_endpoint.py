"""Serve an endpoint with FastAPI that returns the readings of an uploaded picture as JSON.

pip install roomread fastapi uvicorn python-multipart
uvicorn fastapi_endpoint:app
curl -F file=@photo.jpg http://127.0.0.1:8000/faces
"""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, HTTPException, UploadFile

from roomread import Analyzer, RoomreadError

app = FastAPI()
# One analyzer serves all requests: it loads the nets once and is thread-safe.
analyzer = Analyzer()


# FastAPI calls a function without `async` in a thread, so that it does not block other requests.
@app.post("/faces")
def faces(file: UploadFile) -> dict[str, Any]:
    """Return the readings of the uploaded picture."""
    try:
        return analyzer.analyze(file.file.read()).to_dict()
    except RoomreadError as error:
        raise HTTPException(422, str(error)) from error
