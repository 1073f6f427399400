"""The doors: parse, call, show."""
