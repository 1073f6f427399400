"""Show what is read of one face besides its expression: valence, pose and action units."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from roomread.readings import Pose, Reading, percent
from roomread.readings.action_units import DESCRIPTIONS
from roomread.web.texts import signed, t

# Angles under this many degrees are shown as none.
_STRAIGHT = 5.0


def show_details(place: DeltaGenerator, reading: Reading) -> None:
    """Draw a panel for one face that can be opened; nothing if no more is known of the face."""
    if has_details(reading):
        draw_details(place.expander(details_title()), reading)


def details_title() -> str:
    """Return the title of the panel."""
    return t("Head and face movements")


def has_details(reading: Reading) -> bool:
    """Return whether more than the expression is known of a face."""
    return reading.pose is not None or reading.action_units is not None


def draw_details(panel: DeltaGenerator, reading: Reading) -> None:
    """Draw what is known of one face."""
    if reading.valence is not None:
        panel.markdown(
            t(
                "Valence {valence}, from unpleasant (-1) to pleasant (1)",
                valence=signed(reading.valence),
            )
        )
    if reading.pose is not None:
        panel.markdown(t("Head: {pose}", pose=describe_pose(reading.pose)))
    eyes = reading.eyes
    if eyes is not None:
        panel.markdown(
            t("Eyes closed for {share} of the last minute", share=percent(eyes.closed_share)),
            help=t("An observation, and no sign of drowsiness by itself."),
        )
    if reading.action_units:
        panel.dataframe(
            units_table(reading.action_units),
            hide_index=True,
            column_config={
                "intensity": st.column_config.ProgressColumn(
                    format="percent", min_value=0.0, max_value=1.0
                )
            },
        )
        panel.caption(
            t(
                "Action units (FACS) as the net estimates them. They say how the face moves, not "
                "why."
            )
        )


def describe_pose(pose: Pose) -> str:
    """Return where a head is turned to, as seen in the picture, in words and degrees."""
    turns = (
        (pose.yaw, t("turned to the right"), t("turned to the left")),
        (pose.pitch, t("raised"), t("lowered")),
        (pose.roll, t("tilted clockwise"), t("tilted anticlockwise")),
    )
    parts = [
        t(
            "{turn} by {angle}°",
            turn=positive if angle > 0 else negative,
            angle=f"{abs(angle):.0f}",
        )
        for angle, positive, negative in turns
        if abs(angle) >= _STRAIGHT
    ]
    return ", ".join(parts) or t("facing the camera")


def units_table(units: Mapping[str, float]) -> pd.DataFrame:
    """Return action units as rows, the strongest first."""
    ordered = sorted(units.items(), key=lambda item: -item[1])
    return pd.DataFrame(
        [
            {"movement": DESCRIPTIONS.get(name, name), "unit": name, "intensity": value}
            for name, value in ordered
        ]
    )
