"""The action units that a net may estimate, by their names in the Facial Action Coding System.

Ekman and Friesen 1978, "Facial Action Coding System".
"""

from __future__ import annotations

# The appearance of each unit, from brow to chin.
DESCRIPTIONS = {
    "AU1": "inner brows raised",
    "AU2": "outer brows raised",
    "AU4": "brows lowered",
    "AU5": "upper lids raised",
    "AU7": "lids tightened",
    "AU63": "eyes look up",
    "AU64": "eyes look down",
    "AU45": "eyes closed",
    "AU10": "upper lip raised",
    "AU12": "lip corners pulled up",
    "AU14": "lip corners dimpled",
    "AU15": "lip corners pulled down",
    "AU16": "lower lip lowered",
    "AU17": "chin raised",
    "AU18": "lips puckered",
    "AU20": "lips stretched",
    "AU22": "lips funnelled",
    "AU24": "lips pressed",
    "AU26": "jaw open",
    "AU28": "lips sucked in",
}
MOUTH_OPEN, EYES_CLOSED = "AU26", "AU45"
