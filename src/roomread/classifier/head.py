"""Choose the output of a net with two heads: the taggers' majority, the data set's label, or both.

The two truths differ most for mild and posed anger, disgust and fear, which most of FER+'s ten
taggers call neutral, unlike FER-2013's label.
"""

from __future__ import annotations

from enum import StrEnum


class Head(StrEnum):
    """The head of a net whose output becomes the scores.

    Attributes:
        TAGGERS: the expression that most people name (FER+); the default.
        LABEL: the expression that was searched for when the pictures were collected (FER-2013).
        BOTH: the mean of both heads' probabilities, with low confidence where the heads disagree.
    """

    TAGGERS = "taggers"
    LABEL = "label"
    BOTH = "both"
