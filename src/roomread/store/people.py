"""Store the people who were named in a session, with their consent, as rows."""

from __future__ import annotations

from datetime import UTC

from sqlalchemy.engine import Connection

from roomread.room.session import Person
from roomread.store import schema
from roomread.store.rows import stored


def read_people(connection: Connection, session_id: str) -> list[Person]:
    """Return the people who were named in a session, sorted by seat number."""
    table = schema.people
    query = table.select().where(table.c.session_id == session_id).order_by(table.c.seat)
    return [
        Person(row.seat, row.name, row.consent, row.consented_at.replace(tzinfo=UTC))
        for row in connection.execute(query)
    ]


def write_person(connection: Connection, session_id: str, person: Person) -> None:
    """Write a person, in place of an earlier person at the same seat."""
    key = {"session_id": session_id, "seat": person.seat}
    row = {"name": person.name, "consent": person.consent}
    table = schema.people
    connection.execute(table.delete().filter_by(**key))
    connection.execute(
        table.insert().values(**key, **row, consented_at=stored(person.consented_at))
    )
