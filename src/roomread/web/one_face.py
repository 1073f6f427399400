"""The "One face" tab: the scores of one face, and the calibration to its neutral expression."""

from __future__ import annotations

import streamlit as st

from roomread.formats.score_charts import score_bars, score_lines
from roomread.readings import Reading
from roomread.services.calibration import CALIBRATION_SECONDS
from roomread.services.watch import HISTORY_SECONDS, LiveState, LiveWatch
from roomread.web.core_texts import expression_name, unreadable_text
from roomread.web.face_details import details_title, draw_details
from roomread.web.svg import show_svg
from roomread.web.texts import probability, t, words


def show_one_face(watch: LiveWatch) -> None:
    """Draw the chosen face, and the controls that learn the visitor's neutral face."""
    state = watch.state
    reading = _show_face(state)
    # A toggle that is always drawn keeps its value when the face leaves and comes back.
    if st.toggle(details_title(), key="live_details") and reading is not None:
        draw_details(st.container(), reading, key="live")
    _offer_calibration(watch)


def _show_face(state: LiveState) -> Reading | None:
    """Draw the scores of the chosen face, and return it; None if there is no face."""
    if not state.readings:
        st.info(t("No face is found."))
        return None
    keys = sorted(key for reading in state.readings if (key := reading.person_key) is not None)
    chosen = _chosen_face(keys) if len(keys) > 1 else None
    reading = next((r for r in state.readings if r.person_key == chosen), state.readings[0])
    key = reading.person_key
    if reading.scores is None:
        why = reading.quality.reason
        reason = unreadable_text(why) if why is not None else t("unreadable")
        st.info(t("Face {face} cannot be read: {reason}.", face=str(key), reason=reason))
        return reading
    states = "".join(f" + {name}" for name in reading.shown_states)
    scores = reading.scores
    shown = scores.expression
    text = expression_name(shown) if shown is not None else t("unsure")
    st.markdown(f"**#{key}: {text} ({probability(scores.confidence)}){states}**")
    bars, course = st.columns([2, 3])
    with bars:
        show_svg(score_bars(scores, words=words()), key="live_scores", wide=False)
    rows = state.history.get(key, ()) if key is not None else ()
    times = [then - state.now for then, _ in rows]
    lines = score_lines(
        times, [scores for _, scores in rows], seconds=HISTORY_SECONDS, words=words()
    )
    with course:
        show_svg(lines, key="live_lines", wide=False)
    return reading


def _chosen_face(keys: list[int]) -> int | None:
    """Draw a button for each face, and return the key of the face whose button was pressed last.

    Buttons are used because a menu would close when the page is drawn again each second.
    """
    with st.container(horizontal=True, gap="xsmall"):
        for key in keys:
            if st.button(f"#{key}", key=f"face{key}", help=t("Show face {face}", face=str(key))):
                st.session_state["chosen_face"] = key
    chosen: int | None = st.session_state.get("chosen_face")
    return chosen


def _offer_calibration(watch: LiveWatch) -> None:
    """Draw the button, the progress or the result of calibrating the neutral face."""
    st.markdown("**" + t("My neutral face") + "**")
    left = watch.calibrating
    if left is not None:
        done = 1 - left / CALIBRATION_SECONDS
        st.progress(done, text=t("Look at the camera, relaxed: {n} s", n=round(left)))
        return
    if watch.calibrated:
        _show_calibration(watch)
    label = t("Learn it again (10 s)") if watch.calibrated else t("Learn my neutral face (10 s)")
    if st.button(label):
        watch.calibrate()
        st.rerun(scope="fragment")
    st.caption(
        t(
            "The net rarely reads a resting face as neutral. The face nearest to the camera is "
            "watched for ten seconds; from then on, until the camera stops, it is compared with "
            "its own neutral face. Only vectors are kept, in memory."
        )
    )


def _show_calibration(watch: LiveWatch) -> None:
    evaluation = watch.evaluation
    if watch.not_resting is not None:
        st.warning(
            t(
                "Your face showed {expression} most of the time, so nothing was learnt. Relax it "
                "and try again.",
                expression=expression_name(watch.not_resting),
            )
        )
    elif evaluation is None:
        st.warning(t("Your face was readable too rarely to learn from it. Is there enough light?"))
    elif evaluation.helps:
        st.success(
            t(
                "Your neutral face is known until this camera stops: the probability of neutral "
                "rose from {before} to {after}.",
                before=probability(evaluation.probability_before),
                after=probability(evaluation.probability_after),
            )
        )
        if st.button(t("Forget it")):
            watch.forget_calibration()
            st.rerun(scope="fragment")
    elif evaluation.correct == evaluation.correct_before == evaluation.references:
        st.info(t("Your neutral face is already read as neutral: nothing was changed."))
    else:
        st.warning(t("Calibration would not help, so nothing was changed."))
