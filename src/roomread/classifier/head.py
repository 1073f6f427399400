"""Choose the head of a net whose output is used, for nets with two heads.

One head was trained on FER+, where ten taggers named the expression of each picture, and the other
head on the original labels of FER-2013. FER+ and FER-2013 differ most for mild and posed anger,
disgust and fear, which most taggers call neutral.
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
