"""Find, cut and judge faces."""

from roomread.faces.centerface import CenterFace
from roomread.faces.detector import FaceDetector

__all__ = ["CenterFace", "FaceDetector"]
