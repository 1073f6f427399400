"""The HTTP service, which `roomread serve` starts: the app, a page and an API on one port."""
