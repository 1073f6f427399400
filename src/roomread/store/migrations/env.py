"""Run the missing migrations on the given connection; Alembic executes this file."""

from __future__ import annotations

from alembic import context

from roomread.store.service_schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite cannot alter all parts of a table in place.
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
