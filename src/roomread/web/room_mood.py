"""Show the state of a room: a description, the people seen, and the alerts."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from roomread.readings import Expression
from roomread.room import MIN_PEOPLE, Alert, Direction, RoomMood, clock
from roomread.room.expected import expected_people
from roomread.room.lasting import present_state
from roomread.web.core_texts import alert_text, expression_name, rule_text
from roomread.web.messages import plain
from roomread.web.texts import percent, probability, signed, t, tn

# A short tone for a new alert; browsers allow it after the visitor's first click on the page.
_SOUND = """
const told = new WeakMap();

export default function ({ data, parentElement }) {
  const before = told.get(parentElement) ?? 0;
  told.set(parentElement, data.newest);
  if (!data.on || data.newest <= before) return;
  const audio = new AudioContext();
  const tone = audio.createOscillator();
  const volume = audio.createGain();
  volume.gain.setValueAtTime(0.2, audio.currentTime);
  volume.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + 0.6);
  tone.frequency.value = 660;
  tone.connect(volume).connect(audio.destination);
  tone.onended = () => audio.close();
  tone.start();
  tone.stop(audio.currentTime + 0.6);
  parentElement.dispatchEvent(new CustomEvent("roomread-alert", { bubbles: true, composed: true }));
}
"""


def state_text(moods: Sequence[RoomMood]) -> str:
    """Describe the present state of the room, and say since when it has lasted.

    Args:
        moods: The room's mood at successive times, oldest first, with the values to be shown.
    """
    if not moods:
        return t("Looking: the first mood comes after three frames.")
    if moods[-1].scores is None:
        return t("No mood with fewer than {n} readable faces.", n=MIN_PEOPLE)
    state = present_state(moods)
    if state is None:
        return t("The usual level is known after three minutes.")
    since = clock(state.since)
    if state.direction is Direction.BELOW:
        return t("Less positive than usual since {time}", time=since)
    if state.direction is Direction.ABOVE:
        return t("More positive than usual since {time}", time=since)
    return t("As positive as usual since {time}", time=since)


def seen_text(moods: Sequence[RoomMood], class_size: int | None) -> str:
    """Return how many people are seen, expected and readable.

    Args:
        moods: The room's mood at successive times, oldest first, at least one.
        class_size: The size of the class as its teacher gave it; None if it is not known.
    """
    seen, readable = moods[-1].present, moods[-1].readable
    expected = expected_people(moods, class_size)
    if class_size is not None or (expected is not None and expected > seen):
        text = t("{seen} seen of {expected} expected", seen=seen, expected=expected or seen)
    else:
        text = t("{seen} seen", seen=seen)
    return f"{text}, " + tn("{n} of them readable", "{n} of them readable", readable) + "."


def shown_text(mood: RoomMood) -> str:
    """Return the most frequent expression and the valence; empty if the mood has no scores."""
    interval = mood.valence_interval
    if mood.scores is None or mood.valence is None or interval is None:
        return ""
    top = Expression(int(mood.scores.argmax()))
    listed = ", ".join(f"{plain(name)} {probability(share)}" for name, share in mood.states.items())
    states = " " + t("Taught states: {states}.", states=listed) if listed else ""
    text = t(
        "Shown most: {expression} ({share}). Valence {valence} (95 % interval {low} to {high}).",
        expression=expression_name(top),
        share=probability(mood.scores[top]),
        valence=signed(mood.valence),
        low=signed(interval.low),
        high=signed(interval.high),
    )
    away = mood.looking_away
    turned = " " + t("Looking away: {share}.", share=percent(away)) if away is not None else ""
    return text + states + turned


def show_state(moods: Sequence[RoomMood], class_size: int | None) -> None:
    """Draw the description of a room, the people seen, and the most frequent expression."""
    st.subheader(state_text(moods), anchor=False)
    if moods:
        st.markdown(f"{seen_text(moods, class_size)} {shown_text(moods[-1])}")


def show_alerts(alerts: Sequence[Alert], *, sound: bool) -> None:
    """Draw the active alerts with their times, and play a sound when an alert is added.

    Args:
        alerts: The active alerts, oldest first.
        sound: Whether an alert makes a sound.
    """
    for alert in alerts:
        st.warning(
            t(
                "{time}: {reason} ({share} certain; {rule})",
                time=clock(alert.time),
                reason=plain(alert_text(alert)),
                share=probability(alert.certainty),
                rule=rule_text(alert.rule),
            ),
            icon=":material/notifications_active:",
        )
    newest = max((alert.number for alert in alerts), default=0)
    _sound()(key="alert_sound", data={"newest": newest, "on": sound})


@st.cache_resource
def _sound() -> ComponentRenderer:
    return st.components.v2.component("roomread.alert_sound", js=_SOUND)
