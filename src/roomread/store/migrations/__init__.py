"""The migrations that create and change the tables; Alembic runs them in order."""
