"""Changes that leave an expression what it is, drawn anew for each picture of a batch."""

from __future__ import annotations

import kornia.augmentation as K
from torch import nn


def augmentation(*, cutout: float) -> nn.Module:
    """Turns float [N, 1, 48, 48] in 0..1 into as many changed pictures.

    What a webcam does (tilt, distance, light, noise, blur, a hand before the face) within what
    leaves the label true; a face is as happy in a mirror.

    Args:
        cutout: how likely a picture loses a rectangle, 0..1 (DeVries and Taylor 2017,
            arXiv:1708.04552).
    """
    return nn.Sequential(
        K.RandomHorizontalFlip(p=0.5),
        K.RandomAffine(
            degrees=15, translate=(0.06, 0.06), scale=(0.9, 1.12), padding_mode="border", p=0.8
        ),
        K.RandomContrast((0.5, 1.4), p=0.4),
        K.RandomBrightness((0.7, 1.3), p=0.4),
        K.RandomGaussianBlur((5, 5), (0.3, 1.6), p=0.15),
        K.RandomGaussianNoise(std=0.03, p=0.1),
        K.RandomErasing(scale=(0.02, 0.15), ratio=(0.4, 2.5), value=0.5, p=cutout),
    )
