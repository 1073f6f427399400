"""Distinguish people by their faces. This package is used only if the user turns it on."""

from roomread.identity.dlib_resnet import DlibResNet
from roomread.identity.embedder import FaceEmbedder, align
from roomread.identity.people import People

__all__ = ["DlibResNet", "FaceEmbedder", "People", "align"]
