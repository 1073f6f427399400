"""What a crop shows, and how sure that is."""

from roomread.classifier.classifier import ExpressionClassifier, FaceClassifier, softmax
from roomread.classifier.model_file import ModelCard, ModelFile, bundled_models, open_model

__all__ = [
    "ExpressionClassifier",
    "FaceClassifier",
    "ModelCard",
    "ModelFile",
    "bundled_models",
    "open_model",
    "softmax",
]
