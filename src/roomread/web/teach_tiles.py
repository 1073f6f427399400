"""The pictures of the Teach page as tiles; a tile states why its picture cannot be used."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass

import streamlit as st
from PIL import Image

from roomread.errors import MediaError
from roomread.fewshot.profile import Observation, Observer
from roomread.readings import Expression, Reading
from roomread.services.teaching import PictureCheck, check_reference
from roomread.services.teaching_request import ReferencePicture
from roomread.web.core_texts import check_text, expression_name, reading_text
from roomread.web.engine import engine
from roomread.web.messages import plain
from roomread.web.texts import t

# Expressions as which a resting face is seldom read. If a picture that was added as neutral is read
# as one of them, the visitor must confirm it.
_NOT_NEUTRAL = {Expression.HAPPY, Expression.SURPRISE, Expression.DISGUST, Expression.FEAR}
_THUMBNAIL = (200, 200)
_IN_A_ROW = 4


@dataclass(slots=True)
class Tile:
    """A picture that was added on the Teach page.

    Attributes:
        id: a digest of the content.
        name: the name of the file.
        content: the encoded picture; empty after it has been decoded and checked.
        expression: the expression that the visitor chose; None for a picture of a new state, such
            as "confused".
        thumbnail: a small JPEG; empty before the picture is decoded.
        check: the result of checking whether the picture can be used; None before the check.
    """

    id: str
    name: str
    content: bytes
    expression: Expression | None
    thumbnail: bytes = b""
    check: PictureCheck | None = None

    @property
    def is_doubtful(self) -> bool:
        """Whether the picture was added as neutral but is confidently read as something else."""
        return (
            self.expression is Expression.NEUTRAL
            and self.check is not None
            and self.check.shown in _NOT_NEUTRAL
        )


def tiles_of(kind: str) -> list[Tile]:
    """Return the pictures that were added in this visit for a kind of profile."""
    tiles: list[Tile] = st.session_state.setdefault(f"tiles_{kind}", [])
    return tiles


def add_tiles(kind: str, pictures: list[tuple[str, bytes]], shows: Expression | None) -> None:
    """Add pictures, except those that were added before.

    Args:
        kind: the kind of profile.
        pictures: names and encoded pictures.
        shows: the expression that the visitor chose; None for pictures of a new state.
    """
    tiles = tiles_of(kind)
    known = {tile.id for tile in tiles}
    for name, content in pictures:
        digest = hashlib.sha256(content).hexdigest()[:16]
        if digest not in known:
            known.add(digest)
            tiles.append(Tile(digest, name, content, shows))


def forget_tiles(kind: str) -> None:
    """Remove all pictures that were added for a kind of profile."""
    st.session_state.pop(f"tiles_{kind}", None)


def look_at(tiles: list[Tile], analyzer: Observer) -> None:
    """Decode and check pictures; after a damaged picture, the remaining ones are still checked.

    Args:
        tiles: the pictures.
        analyzer: the analyzer that finds and reads the faces.
    """
    for tile in tiles:
        try:
            # Decode it in a separate process, like all untrusted pictures.
            image = engine().frame(tile.content, tile.name).image
        except MediaError as error:
            tile.check = PictureCheck(problem=error.problem)
            continue
        small = Image.fromarray(image)
        small.thumbnail(_THUMBNAIL)
        file = io.BytesIO()
        small.save(file, "JPEG", quality=85)
        tile.thumbnail = file.getvalue()
        tile.check = check_reference(image, tile.name, analyzer)
        # The profile is learnt from the face in `check`, so the encoded picture is not needed.
        tile.content = b""


def show_tiles(kind: str) -> list[ReferencePicture[Observation]]:
    """Draw the pictures, and return the faces of the pictures that can be used.

    Args:
        kind: the kind of profile.
    """
    good, tiles = [], tiles_of(kind)
    for first in range(0, len(tiles), _IN_A_ROW):
        row = tiles[first : first + _IN_A_ROW]
        for column, tile in zip(st.columns(_IN_A_ROW), row, strict=False):
            with column.container(border=True, height="stretch"):
                face = tile.check.face if tile.check is not None else None
                if _show_tile(kind, tile) and face is not None:
                    good.append(ReferencePicture(face, tile.name, tile.expression))
    return good


def _show_tile(kind: str, tile: Tile) -> bool:
    """Draw one picture, and return whether it can be used to teach."""
    if tile.thumbnail:
        st.image(tile.thumbnail, alt=tile.name, width="stretch")
    st.caption(plain(tile.name))
    is_good, check = False, tile.check
    if check is None:
        st.markdown(t("not examined yet"))
    elif not check.is_good or check.face is None:
        st.markdown(f":material/close: {plain(check_text(check))}")
    elif tile.is_doubtful:
        st.markdown(
            t(
                "read as {reading}: does it show a resting face?",
                reading=plain(reading_text(check.face.reading)),
            )
        )
        is_good = st.checkbox(t("Yes, it is resting"), key=f"resting{kind}{tile.id}")
    else:
        st.markdown(f":material/check: {_read_text(tile, check.face.reading)}")
        is_good = True
    st.button(
        t("Remove {name}", name=plain(tile.name)),
        key=f"untile{kind}{tile.id}",
        on_click=_remove,
        args=(kind, tile.id),
        width="stretch",
    )
    return is_good


def _read_text(tile: Tile, read: Reading) -> str:
    reading = plain(reading_text(read))
    if tile.expression is None:
        return t("read as {reading} so far", reading=reading)
    expression = expression_name(tile.expression)
    if tile.expression is read.expression:
        return t("{expression}: already read correctly", expression=expression)
    return t("{expression}, read as {reading} so far", expression=expression, reading=reading)


def _remove(kind: str, tile_id: str) -> None:
    tiles = tiles_of(kind)
    tiles[:] = [tile for tile in tiles if tile.id != tile_id]
