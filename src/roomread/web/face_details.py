"""Show the details of one face besides its expression: valence, pose, eyes and action units."""

from __future__ import annotations

from collections.abc import Mapping

from streamlit.delta_generator import DeltaGenerator

from roomread.readings import Pose, Reading
from roomread.web.core_texts import movement_text
from roomread.web.table import show_table
from roomread.web.texts import percent, signed, t

# Angles below this many degrees are not mentioned.
_STRAIGHT = 5.0


def show_details(place: DeltaGenerator, reading: Reading, *, key: str) -> None:
    """Draw an expandable panel with the details of one face; draw nothing without details."""
    if has_details(reading):
        draw_details(place.expander(details_title()), reading, key=key)


def details_title() -> str:
    """Return the title of the panel."""
    return t("Head and face movements")


def has_details(reading: Reading) -> bool:
    """Return whether anything besides the expression is known about a face."""
    return reading.pose is not None or reading.action_units is not None


def draw_details(panel: DeltaGenerator, reading: Reading, *, key: str) -> None:
    """Draw the details of one face.

    Args:
        panel: the container to draw in.
        reading: the reading of the face.
        key: the key of the panel on its page.
    """
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
            help=t("This is an observation; by itself it is not a sign of drowsiness."),
        )
        if eyes.blinks_per_minute is not None:
            panel.markdown(t("Blinks a minute: {rate}", rate=f"{eyes.blinks_per_minute:.0f}"))
    if reading.action_units:
        with panel:
            show_table(unit_rows(reading.action_units), name=t("Action units"), key=f"{key}_units")
        panel.caption(
            t(
                "Action units (FACS) as the net estimates them. They say how the face moves, not "
                "why."
            )
        )


def describe_pose(pose: Pose) -> str:
    """Describe the direction of a head, as seen in the picture, in words and degrees."""
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


def unit_rows(units: Mapping[str, float]) -> list[dict[str, str]]:
    """Return action units as rows of a table, the strongest first."""
    ordered = sorted(units.items(), key=lambda item: -item[1])
    return [
        {t("movement"): movement_text(name), t("unit"): name, t("intensity"): percent(value)}
        for name, value in ordered
    ]
