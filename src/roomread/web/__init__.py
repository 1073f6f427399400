"""The web app: Streamlit pages. `roomread app` starts it."""
