"""The script that Streamlit runs for each visitor: ask for the purpose, then show the pages."""

from __future__ import annotations

from functools import partial

import streamlit as st

from roomread.errors import RoomreadError
from roomread.formats.error_words import error_text
from roomread.services.engine import served_engine
from roomread.settings.environment import load_settings
from roomread.web import (
    about,
    classroom,
    home,
    media,
    teach,
    watch,
)
from roomread.web import (
    settings as settings_page,
)
from roomread.web.navigation import set_pages
from roomread.web.preferences import visitor_preferences
from roomread.web.purpose import purpose_is_known
from roomread.web.style import show_style
from roomread.web.texts import t, words


def main() -> None:
    """Draw the page that the visitor chose."""
    st.set_page_config(page_title="Roomread", page_icon="🙂", layout="wide")
    try:
        settings = load_settings()
    except RoomreadError as error:
        st.error(error_text(error, words()))
        return
    show_style()
    visitor_preferences()
    if not purpose_is_known(settings):
        return
    is_demonstration = served_engine() is None
    if is_demonstration:
        st.sidebar.info(
            t(
                "**This is a demonstration**, run by Streamlit only. It has no lessons, no HTTP "
                "API, no page for browsers without JavaScript and no sign-in, and a video that "
                "is being read is lost when the app restarts. `roomread app` has all of them on "
                "your computer, and `roomread serve` has them for other people."
            )
        )
    pages = {
        "home": st.Page(home.show, title=t("Home"), icon=":material/home:"),
        "watch": st.Page(
            watch.show, title=t("Watch now"), icon=":material/videocam:", url_path="watch"
        ),
        "lessons": st.Page(
            classroom.show, title=t("Lessons"), icon=":material/groups:", url_path="lessons"
        ),
        "files": st.Page(
            media.show,
            title=t("Photos and videos"),
            icon=":material/perm_media:",
            url_path="files",
        ),
        "teach": st.Page(teach.show, title=t("Teach"), icon=":material/school:", url_path="teach"),
        "settings": st.Page(
            settings_page.show, title=t("Settings"), icon=":material/tune:", url_path="settings"
        ),
        "about": st.Page(about.show, title=t("About"), icon=":material/info:", url_path="about"),
    }
    # Streamlit serves the first page only at the empty path. The path "live" is kept for old links
    # to the "Watch now" page.
    other_paths = [
        st.Page(
            partial(st.switch_page, pages[name]),
            title=pages[name].title,
            url_path=path,
            visibility="hidden",
        )
        for path, name in (("home", "home"), ("live", "watch"))
    ]
    if is_demonstration:
        del pages["lessons"]
    set_pages(pages)
    st.navigation([*pages.values(), *other_paths]).run()


if __name__ == "__main__":
    main()
