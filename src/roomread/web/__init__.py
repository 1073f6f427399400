"""The web app, a set of Streamlit pages."""
