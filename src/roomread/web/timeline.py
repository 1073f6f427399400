"""Show the charts of a lesson on one time axis, and a video of the lesson if one is opened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from roomread.formats import svg_plot
from roomread.formats.session_charts import Span
from roomread.readings import Expression
from roomread.store.summary import TimeSeries
from roomread.web.component import component
from roomread.web.core_texts import expression_name
from roomread.web.texts import percent, probability, signed, t

_HTML = """
<div class="timeline">
  <div class="player">
    <label class="choose"><span data-text="video"></span>
      <input class="file" type="file" accept="video/*,.mkv"></label>
    <label class="shift"><span data-text="offset"></span>
      <input class="offset" type="number" step="0.5" value="0"></label>
    <video class="video" controls hidden playsinline></video>
  </div>
  <div class="board">
    <p class="readout"></p>
    <p class="hint" data-text="hint"></p>
    <div class="scroll"><div class="axis">
      <label class="where"><span data-text="moment"></span>
        <input class="moment" type="range"></label>
      <div class="charts"></div>
    </div></div>
  </div>
</div>
"""
# On a narrow screen the charts scroll sideways, because smaller labels could not be read.
# The slider has the margins of `svg_plot`, so that its handle is above the chosen moment.
_STYLE = f"""
.timeline {{ --chart-page: var(--st-background-color); color: var(--st-text-color);
  font-family: var(--st-font); display: grid; gap: 1rem; grid-template-columns: minmax(0, 1fr); }}
@media (min-width: 64rem) {{
  .timeline.with-video {{ grid-template-columns: minmax(0, 2fr) minmax(0, 3fr); }}
  .with-video .player {{ position: sticky; top: 4rem; align-self: start; }}
}}
.board {{ min-width: 0; }}
.player {{ display: flex; flex-wrap: wrap; gap: .75rem 1.5rem; align-content: start; }}
.player label {{ display: grid; gap: .25rem; font-size: .875rem; max-width: 100%; }}
.file {{ max-width: 100%; }}
.offset {{ width: 7rem; padding: .25rem .5rem; font: inherit; color: inherit;
  background: var(--st-secondary-background-color); border: 1px solid currentColor;
  border-radius: .25rem; }}
.player .shift {{ display: none; }}
.with-video .player .shift {{ display: grid; }}
.video {{ width: 100%; max-height: 60vh; background: #000; }}
.scroll {{ overflow-x: auto; }}
.hint {{ display: none; margin: 0 0 .5rem; font-size: .875rem; }}
@media (max-width: 44rem) {{ .hint {{ display: block; }} }}
.axis {{ min-width: 40rem; }}
.where {{ display: block; font-size: .875rem; }}
.moment {{ display: block; box-sizing: border-box; accent-color: var(--st-primary-color);
  margin: .25rem 0; height: 1.5rem; margin-left: {100 * svg_plot.LEFT / svg_plot.WIDTH:.2f}%;
  width: {100 * (1 - (svg_plot.LEFT + svg_plot.RIGHT) / svg_plot.WIDTH):.2f}%; }}
.readout {{ margin: 0 0 .5rem; min-height: 3em; font-variant-numeric: tabular-nums; }}
figure {{ margin: 0 0 1rem; }}
figcaption {{ font-weight: 600; margin-bottom: .25rem; }}
.charts svg {{ display: block; width: 100%; height: auto; cursor: crosshair; touch-action: pan-y; }}
input:focus-visible, video:focus-visible {{
  outline: 2px solid #3b82c4; outline-offset: 2px; }}
"""


class Chart(NamedTuple):
    """One chart of a timeline.

    Attributes:
        title: the title of the chart.
        svg: an `<svg>` element of `roomread.formats`, whose time axis is that of the timeline.
    """

    title: str
    svg: str


def show_timeline(
    charts: Sequence[Chart], series: TimeSeries, *, span: Span, expected: int | None, key: str
) -> None:
    """Draw charts on one time axis, beside a video of the lesson if the visitor opens one.

    A click on a chart chooses a moment, and the video moves to that moment. The video stays in the
    browser.

    Args:
        charts: the charts, from top to bottom.
        series: the room's mood over time, which is described in words for the chosen moment.
        span: the start and end of all charts, s.
        expected: the number of people who are expected; None if it is unknown.
        key: the key of the timeline on its page.
    """
    known = np.flatnonzero(~np.isnan(series.present))
    data = {
        "charts": [chart._asdict() for chart in charts],
        "span": span,
        "left": svg_plot.LEFT,
        "right": svg_plot.RIGHT,
        "width": svg_plot.WIDTH,
        "times": [round(float(time), 2) for time in series.times[known] - series.step / 2],
        "words": [_words(series, int(index), expected) for index in known],
        "texts": {
            "video": t("Show a video of this lesson beside it; it stays in your browser"),
            "offset": t("Seconds of the video before the lesson"),
            "moment": t("Moment of the lesson"),
            "hint": t("The charts continue to the right: swipe sideways."),
        },
    }
    component("timeline", html=_HTML, css=_STYLE)(key=key, data=data)


def _words(series: TimeSeries, index: int, expected: int | None) -> str:
    present, readable = round(series.present[index]), round(series.readable[index])
    seen = (
        t("{present} seen of {expected}", present=present, expected=expected)
        if expected is not None
        else t("{present} seen", present=present)
    )
    parts = [seen, t("{readable} readable", readable=readable)]
    if np.isnan(series.valence[index]):
        parts.append(t("no mood"))
    else:
        top = Expression(int(series.scores[index].argmax()))
        share = probability(float(series.scores[index][top]))
        parts.append(t("valence {valence}", valence=signed(float(series.valence[index]))))
        parts.append(f"{expression_name(top)} {share}")
        parts += [
            f"{name} {percent(float(shares[index]))}"
            for name, shares in series.states.items()
            if not np.isnan(shares[index])
        ]
        if not np.isnan(away := float(series.looking_away[index])):
            parts.append(t("looking away {share}", share=percent(away)))
    return f"· {' · '.join(parts)}"
