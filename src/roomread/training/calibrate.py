"""How sure a net may say it is: its temperature and the threshold under which it abstains."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F


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
