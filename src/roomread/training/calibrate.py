"""How sure a net may say it is, and how little it may lean to what is common."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F
from torchmetrics.functional.classification import multiclass_f1_score


def fit_temperature(logits: NDArray[np.float32], labels: NDArray[np.int64]) -> float:
    """The temperature over 0 that makes labels [N] likeliest under logits [N, 7].

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


def fit_tau(
    logits: NDArray[np.float32], labels: NDArray[np.int64], prior: NDArray[np.float32]
) -> float:
    """How much of the log prior to take off the logits, 0 to 1 in steps of 0.05.

    Post-hoc logit adjustment (Menon et al. 2020, "Long-tail learning via logit adjustment",
    arXiv:2007.07314): a net trained on few faces of disgust hardly ever says so. All of it (1)
    would make every expression as likely beforehand, at the cost of the common ones; what is
    chosen has the largest sum of accuracy and macro-F1.

    Args:
        logits: float [N, 7].
        labels: the truth, [N].
        prior: the share of each class in training, [7].
    """
    y = torch.from_numpy(labels)

    def worth(tau: float) -> float:
        said = torch.from_numpy(logits - np.float32(tau) * np.log(prior)).argmax(dim=1)
        f1 = multiclass_f1_score(said, y, len(prior), average="macro")
        return float((said == y).float().mean() + f1)

    return max((step / 20 for step in range(21)), key=worth)


def abstention_threshold(probabilities: NDArray[np.float32], labels: NDArray[np.int64]) -> float:
    """The confidence under which a label is more often wrong than right, 0..1.

    Abstaining under it leaves the largest surplus of right labels over wrong ones (Chow 1970, with
    the cost of a wrong label that of a right one's gain).

    Args:
        probabilities: calibrated, [N, 7].
        labels: the truth, [N].
    """
    confidence = probabilities.max(axis=1)
    order = np.argsort(-confidence, kind="stable")
    right = (probabilities.argmax(axis=1) == labels)[order]
    surplus = np.cumsum(np.where(right, 1, -1))
    kept = int(np.argmax(surplus)) + 1
    return float(confidence[order][kept - 1]) if kept < len(order) else 0.0
