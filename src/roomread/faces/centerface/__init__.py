"""The default face detector: CenterFace.

`net` runs the ONNX sessions, `decode` turns their maps into candidates, `cascade` searches a whole
picture from coarse to fine, `mosaic` searches near known faces.
"""

from roomread.faces.centerface.cascade import CenterFace
from roomread.faces.centerface.decode import Candidates
from roomread.faces.centerface.net import CenterFaceNet, FaceNet, Precision

__all__ = ["Candidates", "CenterFace", "CenterFaceNet", "FaceNet", "Precision"]
