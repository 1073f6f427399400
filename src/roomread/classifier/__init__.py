"""Classify the expressions of face crops."""

from roomread.classifier.classifier import (
    ExpressionClassifier,
    FaceClassifier,
    Predictions,
    softmax,
)
from roomread.classifier.model_file import ModelCard, ModelFile, bundled_models, open_model
from roomread.classifier.prediction import Prediction

__all__ = [
    "ExpressionClassifier",
    "FaceClassifier",
    "ModelCard",
    "ModelFile",
    "Prediction",
    "Predictions",
    "bundled_models",
    "open_model",
    "softmax",
]
