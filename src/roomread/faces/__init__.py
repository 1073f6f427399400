"""Detect faces, cut them out and assess how well they can be seen."""

from roomread.faces.centerface import CenterFace
from roomread.faces.crops import FER2013_FRAMING, cut
from roomread.faces.detector import FaceDetector, NearDetector, ThreadedDetector
from roomread.faces.haar import Haar
from roomread.faces.quality import QualityLimits, assess_quality

__all__ = [
    "FER2013_FRAMING",
    "CenterFace",
    "FaceDetector",
    "Haar",
    "NearDetector",
    "QualityLimits",
    "ThreadedDetector",
    "assess_quality",
    "cut",
]
