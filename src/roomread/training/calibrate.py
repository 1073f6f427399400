"""Calibrate a trained net: temperature, logit adjustment and the abstention threshold."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F
from torchmetrics.functional.classification import multiclass_f1_score

from roomread.classifier import softmax


def fit_temperature(logits: NDArray[np.float32], labels: NDArray[np.int64]) -> float:
    """Return the temperature, greater than 0, that makes labels [N] most likely for logits [N, 7].

    Guo et al. 2017, "On Calibration of Modern Neural Networks", arXiv:1706.04599.
    """
    z, y = torch.from_numpy(logits).double(), torch.from_numpy(labels)
    log_t = torch.zeros((), dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([log_t], max_iter=100, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        loss = F.cross_entropy(z / log_t.exp(), y)
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    optimizer.step(closure)  # type: ignore[no-untyped-call]
    return float(log_t.detach().exp())


def calibrate(logits: NDArray[np.float32], labels: NDArray[np.int64]) -> tuple[float, float]:
    """Return the temperature and the abstention threshold, rounded for a model card.

    Args:
        logits: float [N, 7].
        labels: the truth, int64 [N].
    """
    temperature = fit_temperature(logits, labels)
    threshold = abstention_threshold(softmax(logits, temperature=temperature), labels)
    return round(temperature, 4), round(threshold, 3)


def fit_tau(
    logits: NDArray[np.float32], labels: NDArray[np.int64], prior: NDArray[np.float32]
) -> float:
    """Return the fraction of the log prior to subtract from the logits, 0 to 1 in steps of 0.05.

    Post-hoc logit adjustment (Menon et al. 2020, "Long-tail learning via logit adjustment",
    arXiv:2007.07314): a net trained on few faces of disgust hardly ever predicts "disgust". A
    fraction of 1 makes all expressions equally likely a priori, at the cost of the common ones. The
    chosen fraction maximises the sum of accuracy and macro-F1.

    Args:
        logits: float [N, 7].
        labels: the truth, int64 [N].
        prior: the relative frequency of each class in training, float [7].
    """
    y = torch.from_numpy(labels)

    def worth(tau: float) -> float:
        predictions = torch.from_numpy(logits - np.float32(tau) * np.log(prior)).argmax(dim=1)
        f1 = multiclass_f1_score(predictions, y, len(prior), average="macro")
        return float((predictions == y).float().mean() + f1)

    return max((step / 20 for step in range(21)), key=worth)


def abstention_threshold(probabilities: NDArray[np.float32], labels: NDArray[np.int64]) -> float:
    """Return the confidence, 0..1, below which a net should abstain.

    Abstaining below it maximises the number of right labels minus the number of wrong labels (Chow
    1970, "On optimum recognition error and reject tradeoff", with equal costs).

    Args:
        probabilities: calibrated, float32 [N, 7].
        labels: the truth, int64 [N].
    """
    confidence = probabilities.max(axis=1)
    order = np.argsort(-confidence, kind="stable")
    right = (probabilities.argmax(axis=1) == labels)[order]
    surplus = np.cumsum(np.where(right, 1, -1))
    kept = int(np.argmax(surplus)) + 1
    return float(confidence[order][kept - 1]) if kept < len(order) else 0.0
