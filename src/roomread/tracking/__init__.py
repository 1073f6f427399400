"""The same face as before, and steady scores."""
