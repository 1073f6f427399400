"""Show which parts of a face led to the expression that was read, once a button is pressed."""

from __future__ import annotations

import streamlit as st

from roomread import Analyzer
from roomread.errors import BusyError, MediaError
from roomread.pipeline.explanation import Explanation, FaceThird
from roomread.readings import Reading
from roomread.services.pictures import explain_face
from roomread.services.purpose import Activity, PurposeError, allows
from roomread.settings.environment import load_settings
from roomread.web.core_texts import expression_name
from roomread.web.engine import engine, turn
from roomread.web.media_pictures import KeptPicture
from roomread.web.messages import message_for
from roomread.web.texts import decimal, t
from roomread.web.visitor import owner

# The size of the face on the page, px.
_SIDE = 384


def offer_explanation(kept: KeptPicture, reading: Reading, analyzer: Analyzer) -> None:
    """Draw a button that explains a face's expression; once it was pressed, draw the explanation.

    Args:
        kept: The picture with the face, which also stores the explanation.
        reading: The reading of the chosen face; nothing is drawn if it has no scores.
        analyzer: The analyzer that read the picture.
    """
    if reading.scores is None:
        return
    place = st.container(key="explanation")
    found = kept.explanations.get(reading.box)
    if found is None:
        if not place.button(t("What led to this label"), icon=":material/center_focus_strong:"):
            return
        try:
            with turn(owner()), st.spinner(t("Hiding one part of the face after another …")):
                oneself = not allows(Activity.READ_OTHERS)
                found = explain_face(kept.picture, engine(), analyzer, reading, oneself=oneself)
        except (BusyError, MediaError, PurposeError) as error:
            place.error(message_for(error, load_settings()))
            return
        if found is None:
            place.info(t("Only this face cannot be read."))
            return
        kept.explanations[reading.box] = found
        # Draw again without the button.
        st.rerun()
    with place:
        _show(found)


def _show(explanation: Explanation) -> None:
    name = expression_name(explanation.expression)
    st.markdown("**" + t("What led to this label") + "**")
    left, right = st.columns([2, 3])
    left.image(
        explanation.picture(_SIDE),
        width="stretch",
        alt=t(
            "The face in grey: red where hiding a part lowers the odds of “{expression}”, blue "
            "where it raises them",
            expression=name,
        ),
    )
    right.markdown(explanation_text(explanation))
    right.caption(
        t(
            "Parts of the face were hidden one after another, and the net read the face again "
            "each time. Red parts support the label, blue ones contradict it. It shows what the "
            "net looks at, not what the person feels."
        )
    )


def explanation_text(explanation: Explanation) -> str:
    """Describe in one sentence which part of the face the expression depends on most."""
    name, times = expression_name(explanation.expression), decimal(explanation.odds_ratio)
    third = explanation.strongest_third
    if third is None:
        return t(
            "No single part of the face decides about “{expression}”: its odds hardly change, "
            "whichever part is hidden.",
            expression=name,
        )
    return {
        FaceThird.UPPER: t(
            "“{expression}” depends most on the upper third of the face: hiding the reddest part "
            "makes its odds {times} times smaller.",
            expression=name,
            times=times,
        ),
        FaceThird.MIDDLE: t(
            "“{expression}” depends most on the middle third of the face: hiding the reddest part "
            "makes its odds {times} times smaller.",
            expression=name,
            times=times,
        ),
        FaceThird.LOWER: t(
            "“{expression}” depends most on the lower third of the face: hiding the reddest part "
            "makes its odds {times} times smaller.",
            expression=name,
            times=times,
        ),
    }[third]
