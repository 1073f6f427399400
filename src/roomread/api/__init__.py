"""The HTTP API with its WebSockets, and the pages that do not belong to the web app."""
