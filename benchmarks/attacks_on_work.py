"""Attacks on the work of a service: sessions, reports, uploads of the web app, and videos."""

from __future__ import annotations

import asyncio
import itertools
import shutil
import sqlite3
import tempfile
import time
from collections import Counter
from pathlib import Path

import httpx
import numpy as np
import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from attacked_service import FRAME, HOLD, Noticed, Target, make_session
from roomread.errors import RoomreadError
from roomread.media.writers import VideoWriter
from roomread.room import Mark, RoomMood
from roomread.store import Store
from roomread.store.pieces import Piece

_FACE = {
    "scores": {"angry": 0, "disgust": 0, "fear": 0, "sad": 0, "surprise": 0}
    | {"happy": 0.9, "neutral": 0.1},
    "unreadable": None,
}
_SEATS, _RULES, _FRAMES = 240, 600, 120
_MOODS, _MARKS = 86_000, 2000
_UPLOAD, _UPLOADS = 190_000_000, 12


async def rules_and_seats(target: Target, noticed: Noticed) -> None:
    """Send 120 frames per request to a session with 240 seats and the maximum number of rules."""
    async with httpx.AsyncClient(headers=target.attacker, timeout=60) as http:
        for count in (_RULES, 20):
            asked = {"name": "Algebra", "consent": "all", "rules": _rules(count)}
            made = await http.post(f"{target.url}/api/v1/sessions", json=asked)
            noticed.notes.append(f"{count} rules: {made.status_code}")
            if made.status_code == httpx.codes.CREATED:
                break
        address = f"{target.url}/api/v1/sessions/{made.json()['id']}/readings"
        faces = [_FACE | {"track_id": n, "box": _box(n)} for n in range(_SEATS)]
        await http.post(address, json=FRAME | {"time": 1.0, "faces": faces})
        longest, end, moment = 0.0, time.monotonic() + HOLD, 1.0
        while time.monotonic() < end:
            frames = [FRAME | {"time": moment + n / 2} for n in range(1, _FRAMES + 1)]
            moment += _FRAMES / 2
            begun = time.monotonic()
            answer = await http.post(address, json=frames)
            longest = max(longest, time.monotonic() - begun)
        noticed.notes.append(f"attacker: {answer.status_code}, {longest:.2f} s at most")


def _rules(count: int) -> str:
    every = itertools.product(("negative", "unreadable", "happy"), range(1, 100), (3600, 3000))
    lines = [f"person {what} above {n}% for {time} s" for what, n, time in every]
    return "\n".join(lines[:count])


def _box(number: int) -> dict[str, int]:
    left, top = 100 * (number % 20), 100 * (number // 20)
    return {"left": left, "top": top, "right": left + 60, "bottom": top + 80}


async def figures_and_marks(target: Target, noticed: Noticed) -> None:
    """Request the figures of a session with 86,000 moods and the maximum number of marks."""
    session = await make_session(target, target.attacker)
    marks = await asyncio.to_thread(_fill, target, session)
    noticed.notes.append(f"{marks} marks taken")
    # The attack starts here, when no request waits for writes of another process any more.
    await asyncio.sleep(HOLD / 2)
    noticed.longest = 0.0
    noticed.statuses.clear()
    end, statuses = time.monotonic() + HOLD, Counter[int]()

    async def ask() -> None:
        async with httpx.AsyncClient(headers=target.attacker, timeout=60) as http:
            while time.monotonic() < end:
                answer = await http.get(f"{target.url}/api/v1/sessions/{session}")
                statuses[answer.status_code] += 1

    # Cancel requests that wait for longer than the attack.
    asking = [asyncio.create_task(ask()) for _ in range(4)]
    await asyncio.wait(asking, timeout=2 * HOLD)
    for task in asking:
        task.cancel()
    noticed.notes.append(f"attacker: {dict(statuses)}")


def _fill(target: Target, session_id: str) -> int:
    """Write moods and marks into a session of the attacker; return the number of stored marks."""
    scores = np.full(7, 1 / 7)
    moods = [RoomMood(float(second), 20, 20, scores) for second in range(_MOODS)]
    store = Store(f"sqlite:///{target.database}")
    owned = store.owned_by(f"key:{target.attacker['Authorization'].split('_')[1]}")
    # Write in small transactions, because writing is not part of the attack.
    for number, start in enumerate(range(0, _MOODS, 1000), start=1):
        owned.append(session_id, [Piece(number, float(start), moods[start : start + 1000])])
    step = _MOODS / _MARKS
    try:
        for first in range(0, _MARKS, 100):
            some = range(first, first + 100)
            owned.mark(session_id, [Mark(n * step, f"part {n}") for n in some])
    except RoomreadError:
        return first
    finally:
        store.close()
    return _MARKS


async def app_uploads(target: Target, noticed: Noticed) -> None:
    """Upload twelve files of 190 MB with invented ids to one page, and close the page."""
    cookie = "; ".join(f"{name}={value}" for name, value in target.attacker_cookie.items())
    async with httpx.AsyncClient(cookies=target.attacker_cookie, timeout=60) as http:
        await http.get(f"{target.url}/_stcore/health")
        xsrf = {"X-Xsrftoken": http.cookies.get("_streamlit_xsrf") or ""}
        page = websockets.connect(
            f"{target.socket_url}/_stcore/stream",
            additional_headers={"Cookie": cookie},
            subprotocols=[websockets.Subprotocol("streamlit")],
            max_size=None,
        )
        async with page as socket:
            await socket.send(BackMsg(rerun_script=ClientState()).SerializeToString())
            session = await _page_session(socket)
            with tempfile.NamedTemporaryFile(suffix=".mp4") as content:
                content.truncate(_UPLOAD)

                async def put(number: int) -> int:
                    address = f"{target.url}/_stcore/upload_file/{session}/invented-{number}"
                    with Path(content.name).open("rb") as file:  # noqa: ASYNC230 (httpx reads it anyway)
                        sent = {"file": ("a.mp4", file, "video/mp4")}
                        try:
                            answer = await http.put(address, files=sent, headers=xsrf)
                        except httpx.HTTPError:
                            return 0
                    return answer.status_code

                begun = time.monotonic()
                for first in range(0, _UPLOADS, 4):
                    some = await asyncio.gather(*(put(first + n) for n in range(4)))
                    noticed.notes.append(" ".join(map(str, some)))
                    if time.monotonic() - begun > 3 * HOLD:
                        break


async def _page_session(socket: websockets.ClientConnection) -> str:
    """Return the id of the session that Streamlit gave to a page."""
    async for message in socket:
        told = ForwardMsg.FromString(bytes(message))  # type: ignore[arg-type]
        if told.WhichOneof("type") == "new_session":
            return str(told.new_session.initialize.session_id)
    raise ConnectionError("the page was closed")


async def broken_jobs(target: Target, noticed: Noticed) -> None:
    """Remove the folders of videos and damage their records; then the victim submits a video."""
    clip = await asyncio.to_thread(_clip)
    address, named = f"{target.url}/api/v1/videos", {"name": "a.mp4"}
    async with httpx.AsyncClient(timeout=30) as http:
        # The worker that reads a video needs memory without an attack, too.
        before = target.memory()
        made = await http.post(address, params=named, content=clip, headers=target.victim)
        state = "waiting"
        while state in ("waiting", "reading"):
            noticed.own = max(noticed.own, target.memory() - before)
            await asyncio.sleep(0.1)
            job = await http.get(f"{address}/{made.json()['id']}", headers=target.victim)
            state = job.json()["state"]
        noticed.notes.append(f"a video without an attack: {noticed.own:.0f} MB")
        for damage in (_remove_folder, _damage_record) * 2:
            made = await http.post(address, params=named, content=clip, headers=target.attacker)
            if made.status_code == httpx.codes.ACCEPTED:
                damage(target, made.json()["id"])
        made = await http.post(address, params=named, content=clip, headers=target.victim)
        begun, state = time.monotonic(), "refused"
        accepted = made.status_code == httpx.codes.ACCEPTED
        while accepted and time.monotonic() - begun < 4 * HOLD:
            job = await http.get(f"{address}/{made.json()['id']}", headers=target.victim)
            state = job.json()["state"]
            if state not in ("waiting", "reading"):
                break
            await asyncio.sleep(0.5)
        ready = (await http.get(f"{target.url}/readyz")).status_code
    took = time.monotonic() - begun
    noticed.notes.append(f"victim's video: {state} after {took:.0f} s, /readyz: {ready}")


def _clip() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.mp4"
        with VideoWriter(path) as writer:
            for number in range(40):
                writer.write(np.full((240, 320, 3), 5 * number, np.uint8), number / 10)
        return path.read_bytes()


def _remove_folder(target: Target, job_id: str) -> None:
    shutil.rmtree(target.folder / "data" / "jobs" / job_id, ignore_errors=True)


def _damage_record(target: Target, job_id: str) -> None:
    with sqlite3.connect(target.database) as database:
        damaged = "UPDATE jobs SET created = 'yesterday', attempts = 'many' WHERE id = ?"
        database.execute(damaged, [job_id])
    database.close()
