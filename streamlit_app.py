"""Entry point for Streamlit Community Cloud, described in docs/deploy/streamlit-cloud.md."""

from __future__ import annotations

from roomread.web.main import main

main()
