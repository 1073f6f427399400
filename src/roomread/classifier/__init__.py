"""Classify the expressions of face crops."""

from roomread.classifier.classifier import (
    ExpressionClassifier,
    FaceClassifier,
    Predictions,
    softmax,
)
from roomread.classifier.head import Head
from roomread.classifier.model_file import ModelCard, ModelFile, bundled_models, open_model
from roomread.classifier.prediction import Prediction

__all__ = [
    "ExpressionClassifier",
    "FaceClassifier",
    "Head",
    "ModelCard",
    "ModelFile",
    "Prediction",
    "Predictions",
    "bundled_models",
    "open_model",
    "softmax",
]
