"""Provide the parameters with which a browser reads faces in the same way as this package."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from roomread.classifier import ModelFile
from roomread.faces.centerface.cascade import FULL_SIZE_THRESHOLD, OVERVIEW, SCALED_THRESHOLD
from roomread.faces.centerface.decode import STRIDE
from roomread.faces.centerface.mosaic import AROUND, DRIFT, WIDEST_CELL
from roomread.faces.centerface.net import MULTIPLE
from roomread.faces.covers import COVERED, RISE, SIDE
from roomread.faces.crops import DENSEST, FINER, TURN_FROM, WIDER
from roomread.faces.cutoff import ASPECT, EDGES
from roomread.faces.detector import SAME_FACE
from roomread.faces.orientation import CREDIBLE_MISFIT, UPRIGHT
from roomread.faces.quality import DEFAULT_LIMITS
from roomread.readings import Unreadable


def reading_parameters(model: ModelFile) -> dict[str, Any]:
    """Return the parameters of face reading, which `assets/student/parameters.js` describes.

    The values are the constants of this package, so that a changed constant also applies to
    browsers.

    Args:
        model: The expression net that the browser runs.
    """
    card = model.card
    return {
        "model": model.name,
        "digest": model.digest,
        "labels": list(card.labels),
        "side": model.side,
        "framing": asdict(card.framing),
        "temperature": card.temperature,
        "threshold": card.threshold,
        "upright": UPRIGHT.tolist(),
        "aspect": ASPECT,
        "reasons": [[reason.name, str(reason)] for reason in Unreadable],
        "limits": asdict(DEFAULT_LIMITS),
        "edges": [edge._asdict() for edge in EDGES],
        "covers": {"side": SIDE, "covered": COVERED, "rise": RISE},
        "crop": {
            "turn_from": TURN_FROM,
            "credible_misfit": CREDIBLE_MISFIT,
            "densest": DENSEST,
            "wider": WIDER,
            "finer": FINER,
        },
        "detector": {
            "longer_side": OVERVIEW,
            "stride": STRIDE,
            "multiple": MULTIPLE,
            "same_face": SAME_FACE,
            "threshold_full": FULL_SIZE_THRESHOLD,
            "threshold_scaled": SCALED_THRESHOLD,
            "near": {"side": WIDEST_CELL, "around": AROUND, "drift": DRIFT},
        },
    }
