"""The console script, and the API and the web app composed into one process."""
