"""How the database came to its tables: Alembic runs these in order."""
