"""Answer an uploaded picture with its readings as JSON, with FastAPI.

pip install roomread fastapi uvicorn python-multipart
uvicorn fastapi_endpoint:app
curl -F file=@photo.jpg http://127.0.0.1:8000/faces
"""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, HTTPException, UploadFile

from roomread import Analyzer, RoomreadError

app = FastAPI()
# It holds the nets, and threads may share it.
analyzer = Analyzer()


# FastAPI calls a function without `async` in a thread, so that other requests go on meanwhile.
@app.post("/faces")
def faces(file: UploadFile) -> dict[str, Any]:
    """Return the readings of the uploaded picture."""
    try:
        return analyzer.analyze(file.file.read()).to_dict()
    except RoomreadError as error:
        raise HTTPException(422, str(error)) from error
