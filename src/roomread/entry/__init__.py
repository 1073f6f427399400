"""The command `roomread`, and the service that runs the API and the web app in one process."""
