"""The section of the Settings page on the model: its training data, results and weaknesses."""

from __future__ import annotations

import altair as alt
import pandas as pd
import streamlit as st

from roomread.classifier import ExpressionClassifier, ModelCard, ModelFile
from roomread.formats.palette import SERIES, hex_color
from roomread.readings.colors import RGB
from roomread.web.core_texts import label_text
from roomread.web.table import show_table
from roomread.web.texts import t

# The colours of cells with the fractions 0 and 1, and the fraction above which the number in a cell
# is white and not black, so that every number has a contrast of at least 4.5:1.
LEAST, MOST, WHITE_FROM = (230, 240, 250), (8, 48, 107), 0.63
# The colour of the texts of charts, by theme, as Streamlit's grey has a contrast of 3.7:1 on white.
TEXT: dict[str, RGB] = {"light": (47, 45, 43), "dark": (237, 235, 232)}


def show(classifier: ExpressionClassifier) -> None:
    """Draw a model card: notes, measured results, confused expressions, training and licence.

    Args:
        classifier: the net that reads expressions.
    """
    model = classifier.model
    card = model.card
    st.markdown(card.notes)
    columns = st.columns(4)
    columns[0].metric(t("Net"), card.net)
    columns[1].metric(t("File"), f"{model.size / 1e6:.1f} MB")
    columns[2].metric(t("Abstains under"), f"{card.threshold:.0%}")
    columns[3].metric(t("Precision"), card.precision)
    st.subheader(t("What was measured"))
    figures = [_figure_row(name, text) for name, text in card.figures.items()]
    if figures:
        show_table(figures, name=t("What was measured"), key="model_figures")
    st.caption(
        t(
            "± is the 95 % interval. ECE is the calibration error: how far the confidence is "
            "from the share of pictures that are read correctly."
        )
    )
    _show_confusion(card)
    _show_training(model)


def _figure_row(name: str, text: str) -> dict[str, str]:
    value, _, measured_on = text.partition(" | ")
    return {t("figure"): name, t("value"): value, t("measured on"): measured_on}


def _show_confusion(card: ModelCard) -> None:
    if not card.confusion:
        return
    st.subheader(t("What it confuses"))
    name = st.selectbox(t("Compared with"), list(card.confusion), key="confusion")
    labels = [label_text(label) for label in card.labels]
    counts = pd.DataFrame(card.confusion[name], index=labels, columns=labels)
    table = counts.rename_axis("labelled").melt(
        ignore_index=False, var_name="read_as", value_name="pictures"
    )
    totals = table.groupby("labelled")["pictures"].transform("sum").clip(lower=1)
    table["share"] = table["pictures"] / totals
    labelled, read_as = t("labelled"), t("read as")
    chart = alt.Chart(table.reset_index()).encode(
        x=alt.X("read_as:N", title=read_as, sort=labels, axis=alt.Axis(labelAngle=0, orient="top")),
        y=alt.Y("labelled:N", title=labelled, sort=labels),
    )
    cells = chart.mark_rect().encode(
        color=alt.Color(
            "share:Q",
            scale=alt.Scale(
                domain=[0, 1], range=[hex_color(LEAST), hex_color(MOST)], interpolate="rgb"
            ),
            legend=None,
        ),
        tooltip=[
            alt.Tooltip("labelled", title=labelled),
            alt.Tooltip("read_as", title=read_as),
            alt.Tooltip("pictures", title=t("pictures")),
            alt.Tooltip("share", title=t("share"), format=".1%"),
        ],
    )
    numbers = chart.mark_text().encode(
        text=alt.Text("share:Q", format=".0%"),
        color=alt.condition(f"datum.share > {WHITE_FROM}", alt.value("white"), alt.value("black")),
    )
    whole = (cells + numbers).properties(height=360)
    st.altair_chart(whole.configure_axis(**_axis()), width="stretch")
    st.caption(
        t(
            "The share of the PublicTest pictures with a label (row) that is read as each "
            "expression."
        )
    )


def _show_training(model: ModelFile) -> None:
    card = model.card
    st.subheader(t("How it was trained"))
    if card.curves:
        left, right = st.columns(2)
        # The keys are the names in the training log.
        losses = {"train_loss": t("training"), "val_loss": "PublicTest"}
        accuracies = {
            "train_accuracy": t("training (augmented), FER-2013"),
            "val_accuracy": "PublicTest, FER-2013",
            "val_ferplus_accuracy": t("PublicTest, majority of FER+"),
        }
        left.altair_chart(_curves(card, t("loss"), losses), width="stretch")
        right.altair_chart(_curves(card, t("accuracy"), accuracies), width="stretch")
    settings = [{t("setting"): k, t("value"): str(v)} for k, v in card.training.items()]
    if settings:
        show_table(settings, name=t("How it was trained"), key="model_training")
    st.code(f"roomread train DATA --config {model.name} --out runs/again", language="bash")
    st.caption(
        t(
            "Data: {data}. Weights: {licence}. Digest: {digest}.",
            data=card.data,
            licence=card.licence,
            digest=model.digest,
        )
    )


def _curves(card: ModelCard, quantity: str, names: dict[str, str]) -> alt.Chart:
    noted = pd.DataFrame(card.curves)
    # Skip missing curves, because a net may have only one head.
    known = [name for name in names if name in noted]
    table = noted.melt("epoch", known, "of", "value")
    epoch = t("epoch")
    texts = [names[name] for name in known]
    colors = [hex_color(color) for color, _dash in SERIES[: len(known)]]
    dashes = [[int(part) for part in dash.split()] or [1, 0] for _c, dash in SERIES[: len(known)]]
    text = hex_color(_text_color())
    chart: alt.Chart = (
        alt.Chart(table.replace({"of": names}).dropna())
        .mark_line()
        .encode(
            x=alt.X("epoch:Q", title=epoch),
            y=alt.Y("value:Q", title=quantity, scale=alt.Scale(zero=False)),
            color=alt.Color(
                "of:N",
                title=None,
                scale=alt.Scale(domain=texts, range=colors),
                legend=alt.Legend(orient="bottom", columns=1, labelColor=text),
            ),
            strokeDash=alt.StrokeDash(
                "of:N", title=None, scale=alt.Scale(domain=texts, range=dashes)
            ),
            tooltip=[
                alt.Tooltip("epoch:Q", title=epoch),
                alt.Tooltip("of:N", title=t("figure")),
                alt.Tooltip("value:Q", title=quantity, format=".3f"),
            ],
        )
        .properties(height=300)
        .configure_axis(**_axis())
    )
    return chart


def _axis() -> dict[str, str]:
    """Return the options that colour the texts of an axis."""
    text = hex_color(_text_color())
    return {"labelColor": text, "titleColor": text}


def _text_color() -> RGB:
    return TEXT[st.context.theme.type or "light"]
