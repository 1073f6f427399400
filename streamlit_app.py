"""The script that Streamlit Community Cloud runs: docs/deploy/streamlit-cloud.md."""

from __future__ import annotations

from roomread.web.main import main

main()
