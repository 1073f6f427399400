"""The HTTP API, and pages that work without JavaScript."""
