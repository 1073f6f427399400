"""Distinguish people by their faces. Nothing here runs unless the user turns it on."""

from roomread.identity.dlib_resnet import DlibResNet
from roomread.identity.embedder import FaceEmbedder, align
from roomread.identity.people import People

__all__ = ["DlibResNet", "FaceEmbedder", "People", "align"]
