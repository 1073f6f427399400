"""The model's card: what it was trained on, what was measured, where it is weak."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from roomread.apps.web.shared import engine
from roomread.classifier import ExpressionClassifier


def show() -> None:
    """The page."""
    st.title("The model")
    classifier = engine().analyzer.classifier
    if not isinstance(classifier, ExpressionClassifier):
        st.info("This classifier has no card.")
        return
    model = classifier.model
    card = model.card
    st.markdown(card.notes)
    columns = st.columns(4)
    columns[0].metric("Net", card.net)
    columns[1].metric("File", f"{model.size / 1e6:.1f} MB")
    columns[2].metric("Abstains under", f"{card.threshold:.0%}")
    columns[3].metric("Precision", card.precision)
    st.subheader("What was measured")
    figures = [(name, *text.partition(" | ")[::2]) for name, text in card.figures.items()]
    st.dataframe(pd.DataFrame(figures, columns=["figure", "value", "measured on"]), hide_index=True)
    st.caption("± is the 95 % interval. ECE is the calibration error: how far sureness is off.")
    st.subheader("How it was trained")
    settings = [(name, str(value)) for name, value in card.training.items()]
    st.dataframe(pd.DataFrame(settings, columns=["setting", "value"]), hide_index=True)
    st.code(f"roomread train DATA --config {model.name} --out runs/anew", language="bash")
    st.caption(f"Data: {card.data}. Weights: {card.licence}. Digest: {model.digest}.")
