"""Find, cut and judge faces."""

from roomread.faces.centerface import CenterFace
from roomread.faces.crops import FER2013_FRAMING, cut
from roomread.faces.detector import FaceDetector, Refinder
from roomread.faces.haar import Haar
from roomread.faces.quality import QualityLimits, judge
from roomread.faces.scan import Expected, Scanner

__all__ = [
    "FER2013_FRAMING",
    "CenterFace",
    "Expected",
    "FaceDetector",
    "Haar",
    "QualityLimits",
    "Refinder",
    "Scanner",
    "cut",
    "judge",
]
