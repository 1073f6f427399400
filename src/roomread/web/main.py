"""The script that Streamlit runs for each visitor: the purpose first, then the pages."""

from __future__ import annotations

import streamlit as st

from roomread.errors import RoomreadError
from roomread.settings.environment import load_settings
from roomread.web import about, classroom, live, model, photo, teach, video


def main() -> None:
    """Shows the page that the visitor chose."""
    st.set_page_config(page_title="Roomread", page_icon="🙂", layout="wide")
    try:
        settings = load_settings()
    except RoomreadError as error:
        st.error(str(error))
        return
    if not about.purpose_is_known(settings):
        return
    pages = [
        st.Page(live.show, title="Live", icon=":material/videocam:", url_path="live"),
        st.Page(photo.show, title="Photo", icon=":material/photo_camera:", url_path="photo"),
        st.Page(video.show, title="Video", icon=":material/movie:", url_path="video"),
        st.Page(classroom.show, title="Class", icon=":material/groups:", url_path="class"),
        st.Page(teach.show, title="Teach", icon=":material/school:", url_path="teach"),
        st.Page(model.show, title="Model", icon=":material/neurology:", url_path="model"),
        st.Page(about.show, title="About and privacy", icon=":material/info:", url_path="about"),
    ]
    st.navigation(pages).run()


if __name__ == "__main__":
    main()
