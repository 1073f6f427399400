from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot as plt

from classes import frame as class_frame
from roomread import Frame, Readings
from roomread.media.overlay import FAINT
from roomread.pipeline.plotting import plot_importance, plot_scores
from roomread.readings import Expression, Reading

HAPPY = Expression.HAPPY
PICTURE = Frame(np.full((400, 900, 3), 128, np.uint8), 0.0, 0, "class.jpg")


def people(*shown: Expression | None) -> list[Reading]:
    return class_frame(0.0, dict(enumerate(shown, start=1)))


def with_picture(*shown: Expression | None) -> Readings:
    return Readings(people(*shown), frame=PICTURE)


@pytest.fixture
def canvas(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw figures into memory, without a window."""
    monkeypatch.setitem(mpl.rcParams, "backend", "agg")


@pytest.mark.usefixtures("canvas")
def test_plot_draws_picture_boxes_and_labels() -> None:
    readings = with_picture(HAPPY, None)
    ax = readings.plot()
    try:
        (shown,) = ax.images
        assert shown.get_size() == (400, 900)
        assert len(ax.patches) == 2
        assert [text.get_text() for text in ax.texts] == ["happy 90%", "unreadable: turned away"]
        assert readings.plot(ax) is ax
        ax.figure.canvas.draw()
    finally:
        plt.close(ax.figure)  # type: ignore[arg-type] # of the axes that were just made


@pytest.mark.usefixtures("canvas")
def test_plot_without_picture_has_a_y_axis_that_points_down() -> None:
    ax = Readings(people(HAPPY)).plot()
    try:
        assert not ax.images
        low, high = ax.get_ylim()
        assert low > high
    finally:
        plt.close(ax.figure)  # type: ignore[arg-type] # of the axes that were just made


@pytest.mark.usefixtures("canvas")
def test_lines_of_scores_have_gaps_where_no_face_was_read() -> None:
    scores = np.full((3, 7), 1 / 7)
    scores[1] = np.nan
    _, given = plt.subplots()
    ax = plot_scores(np.array([0.0, 1.0, 2.0]), scores, given)
    try:
        assert ax is given
        assert [line.get_label() for line in ax.lines] == [str(each) for each in Expression]
        drawn = np.asarray(ax.lines[0].get_ydata(), dtype=float)
        assert np.isnan(drawn).tolist() == [False, True, False]
    finally:
        plt.close(given.figure)  # type: ignore[arg-type] # of the axes that were just made


@pytest.mark.usefixtures("canvas")
@pytest.mark.parametrize(
    ("strongest", "limit", "title"),
    [
        (3.0, 3.0, "happy: hiding a region lowers its log-odds by up to 3.0"),
        (-0.01, FAINT, "happy: hiding a region lowers its log-odds by up to 0.0"),
    ],
)
def test_importance_is_coloured_relative_to_its_maximum_and_stays_pale_if_weak(
    strongest: float, limit: float, title: str
) -> None:
    importance = np.full((4, 4), min(strongest, 0.0), np.float32)
    importance[1, 1] = strongest
    ax = plot_importance(np.zeros((4, 4), np.uint8), importance, HAPPY, None)
    try:
        assert ax.images[1].get_clim() == (-limit, limit)
        assert ax.get_title() == title
    finally:
        plt.close(ax.figure)  # type: ignore[arg-type] # of the axes that were just made
