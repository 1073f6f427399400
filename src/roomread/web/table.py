"""Show a table that the keyboard can scroll, with a shaded edge where further columns follow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from roomread.web.component import component
from roomread.web.texts import t

# The Tab key cannot leave the grid of `st.dataframe`, and `st.table` does not show that it scrolls.
_HTML = """
<div class="table">
  <p class="hint" hidden></p>
  <div class="frame"><div class="place" role="group">
    <table><thead></thead><tbody></tbody></table>
  </div></div>
</div>
"""
_STYLE = """
.table { color: var(--st-text-color); font-family: var(--st-font); }
.hint { margin: 0 0 .25rem; font-size: .875rem; }
.frame { position: relative; }
.place { overflow: auto; max-height: 26rem; }
.place:focus-visible { outline: 3px solid #3b82c4; outline-offset: 2px; }
table { border-collapse: collapse; min-width: 100%; font-size: .875rem;
  font-variant-numeric: tabular-nums; }
th, td { padding: .4rem .75rem .4rem 0; text-align: left; vertical-align: top;
  border-bottom: 1px solid var(--st-border-color); }
th { position: sticky; top: 0; background: var(--st-background-color); font-weight: 600; }
td { overflow-wrap: break-word; max-width: 24rem; }
/* A shaded edge where the table goes on. */
.frame::before, .frame::after { content: ""; position: absolute; top: 0; bottom: 0; width: 1rem;
  pointer-events: none; opacity: 0; }
.frame { --shade: color-mix(in srgb, currentColor 50%, transparent); }
.frame::before { left: 0; background: linear-gradient(to right, var(--shade), transparent); }
.frame::after { right: 0; background: linear-gradient(to left, var(--shade), transparent); }
.more-left .frame::before, .more-right .frame::after { opacity: 1; }
"""


def show_table(rows: Sequence[Mapping[str, str]], *, name: str, key: str) -> None:
    """Draw a table, whose columns are the keys of the longest row.

    Args:
        rows: the texts of each row by column, at least one row; a missing text is drawn as "-".
        name: what the table shows, for screen readers.
        key: the key of the table on its page, so that it is redrawn in place.
    """
    columns: Sequence[str] = max((list(row) for row in rows), key=len)
    data = {
        "name": name,
        "columns": columns,
        "rows": [[row.get(column, "-") for column in columns] for row in rows],
        "hint": t("The table goes on to the right: swipe it sideways, or use the arrow keys."),
    }
    component("table", html=_HTML, css=_STYLE)(key=key, data=data)
