"""A CNN of four convolutions, as in most tutorials on FER-2013."""

from __future__ import annotations

from torch import Tensor, nn


class CNN4(nn.Module):
    """Four convolutions, each followed by pooling, and two dense layers.

    Batch normalisation as in Ioffe and Szegedy 2015 (arXiv:1502.03167).
    """

    feature_size = 512

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            _stage(1, 64, 3),
            _stage(64, 128, 5),
            _stage(128, 256, 3),
            _stage(256, 256, 3),
            # Has no effect at 48x48, and adapts smaller pictures, with which some recipes begin.
            nn.AdaptiveAvgPool2d(3),
            nn.Flatten(),
            nn.Linear(256 * 3 * 3, 256, bias=False),
            nn.BatchNorm1d(256),
            nn.ReLU(inplace=True),
            nn.Dropout(0.25),
            nn.Linear(256, 512, bias=False),
            nn.BatchNorm1d(512),
            nn.ReLU(inplace=True),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map float [N, 1, 48, 48], zero mean, to features float [N, 512]."""
        features: Tensor = self.layers(x)
        return features


def _stage(inputs: int, outputs: int, kernel: int) -> nn.Sequential:
    """Return a layer from [N, inputs, H, W] to [N, outputs, H/2, W/2]."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(2),
        nn.Dropout(0.25),
    )
