"""Use cases, each once: what the command line, the HTTP API and the web app do."""
