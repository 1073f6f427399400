"""The tables of the service: accounts, sign-ins, profiles, preferences, jobs and leases."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, Index, Integer, String, Table, Text, UniqueConstraint

from roomread.store import schema

# The metadata of all tables, including those of sessions.
metadata = schema.metadata

# Times are seconds since 1970.
secrets = Table(
    "secrets",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("value", Text, nullable=False),
)
users = Table(
    "users",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("name", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("created", Float, nullable=False),
    UniqueConstraint("name", name="one_user"),
)
keys = Table(
    "keys",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("name", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("created", Float, nullable=False),
)
sign_ins = Table(
    "sign_ins",
    metadata,
    # Tokens of cookies are stored as hashes, so that a copy of the table cannot be used to sign in.
    Column("token_hash", String(64), primary_key=True),
    Column("principal", Text, nullable=False),
    Column("begun", Float, nullable=False),
    Index("sign_ins_by_age", "begun"),
)
profiles = Table(
    "profiles",
    metadata,
    Column("owner", Text, primary_key=True),
    Column("name", String(100), primary_key=True),
    # The content of a profile's file.
    Column("content", Text, nullable=False),
)
preferences = Table(
    "preferences",
    metadata,
    Column("owner", Text, primary_key=True),
    # A JSON object, which `roomread.services.preferences` writes and reads.
    Column("content", Text, nullable=False),
)
jobs = Table(
    "jobs",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("owner", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("upload", Text),
    Column("annotated", Boolean, nullable=False),
    Column("every", Float),
    Column("profiles", Integer, nullable=False),
    Column("created", Float, nullable=False),
    Column("state", String(16), nullable=False),
    Column("seconds", Float, nullable=False),
    Column("duration", Float),
    Column("error", Text, nullable=False),
    Column("started", Float),
    Column("ended", Float),
    Column("attempts", Integer, nullable=False),
    Column("cancelled", Boolean, nullable=False),
    Index("jobs_by_owner", "owner", "created"),
)
leases = Table(
    "leases",
    metadata,
    # "session:ID" or "job:ID".
    Column("resource", String(64), primary_key=True),
    Column("holder", String(32), nullable=False),
    Column("address", Text, nullable=False),
    Column("expires", Float, nullable=False),
    Index("leases_by_holder", "holder"),
)
