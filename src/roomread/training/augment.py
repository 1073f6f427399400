"""Augment pictures by random changes that keep the expression."""

from __future__ import annotations

import io

import kornia.augmentation as K
import numpy as np
import torch
from kornia.augmentation import GeometricAugmentationBase2D
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F

from roomread.training.auxiliary_head import Turns
from roomread.training.recipe import Recipe

_JPEG_QUALITY = (10, 60)
# Range of heights of a distant face in a video call's tile, px.
_SMALL_SIDES = (12, 32)
# Range of lengths of a motion blur, px.
_MOTION_PIXELS = (3, 7)
# Maximum standard deviation of noise on pictures in 0..1.
_NOISE = 0.08


class Augmentation(nn.Sequential):
    """Random changes that keep the expression, on pictures float [N, 1, 48, 48] in 0..1."""

    @property
    def turns(self) -> Turns:
        """The mirroring and rotation of each picture in the last forward pass."""
        matrix = torch.eye(3)
        for change in self:
            if isinstance(change, GeometricAugmentationBase2D):
                after = change.transform_matrix
                if after is None:
                    raise RuntimeError("no pictures have been augmented yet")
                matrix = after @ matrix.to(after)
        return Turns.of(matrix)


def augmentation(*, cutout: float) -> Augmentation:
    """Return a module that augments pictures, float [N, 1, 48, 48] in 0..1.

    The module rotates, moves, scales and mirrors the pictures, changes contrast and brightness,
    adds slight blur and noise, and hides a rectangle. All changes are so small that the label
    remains true.

    Args:
        cutout: the probability that a picture loses a rectangle, 0..1 (DeVries and Taylor 2017,
            arXiv:1708.04552).
    """
    return Augmentation(
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


def webcam(recipe: Recipe) -> nn.Module:
    """Return a module that degrades pictures as a webcam and a video call do.

    The pictures are float [N, 1, S, S] in 0..1.

    The module applies motion blur, low resolution, sensor noise and compression, in this order.
    With a recipe whose four probabilities are 0, it changes nothing.
    """
    steps: list[nn.Module] = []
    if recipe.motion_blur:
        steps.append(K.RandomMotionBlur(_MOTION_PIXELS, 180.0, 1.0, p=recipe.motion_blur))
    if recipe.small_face:
        steps.append(RandomSmallFace(recipe.small_face))
    if recipe.noise:
        steps.append(RandomNoise(recipe.noise))
    if recipe.jpeg:
        steps.append(RandomJPEG(recipe.jpeg))
    return nn.Sequential(*steps)


class _RandomChange(nn.Module):
    """A change that is applied to randomly drawn pictures of a batch.

    Args:
        p: the probability that a picture is changed, 0..1.
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, images: Tensor) -> Tensor:
        """Change some of the pictures, float [N, 1, S, S] in 0..1."""
        chosen = (torch.rand(len(images)) < self.p).nonzero().flatten()
        if not len(chosen):
            return images
        changed = images.clone()
        changed[chosen] = self.change(images[chosen]).clamp(0, 1)
        return changed

    def change(self, images: Tensor) -> Tensor:
        """Return changed copies of all pictures, float [n, 1, S, S]."""
        raise NotImplementedError


class RandomNoise(_RandomChange):
    """Gaussian noise with a standard deviation that is drawn from 0 to 0.08 for each picture."""

    def change(self, images: Tensor) -> Tensor:
        """Return changed copies of all pictures, float [n, 1, S, S]."""
        deviation = _NOISE * torch.rand(len(images), 1, 1, 1)
        return images + (deviation * torch.randn(images.shape)).to(images.device)


class RandomSmallFace(_RandomChange):
    """Downscaling to a random side of 12 to 32 px and upscaling, to imitate a distant face."""

    def change(self, images: Tensor) -> Tensor:
        """Return changed copies of all pictures, float [n, 1, S, S]."""
        size = images.shape[-2:]
        low, high = _SMALL_SIDES
        sides = torch.randint(low, high + 1, (len(images),)).tolist()
        changed = [
            F.interpolate(
                F.interpolate(image[None], (side, side), mode="bilinear", antialias=True),
                size,
                mode="bicubic",
            )
            for image, side in zip(images, sides, strict=True)
        ]
        return torch.cat(changed)


class RandomJPEG(_RandomChange):
    """JPEG compression with a quality that is drawn from 10 to 60 for each picture."""

    def change(self, images: Tensor) -> Tensor:
        """Return changed copies of all pictures, float [n, 1, S, S]."""
        low, high = _JPEG_QUALITY
        qualities = torch.randint(low, high + 1, (len(images),)).tolist()
        pictures = (images * 255).round().byte().squeeze(1).cpu().numpy()
        changed = [_compressed(p, q) for p, q in zip(pictures, qualities, strict=True)]
        return (torch.from_numpy(np.stack(changed)).unsqueeze(1).float() / 255).to(images.device)


def _compressed(picture: np.ndarray, quality: int) -> np.ndarray:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "JPEG", quality=quality)
    return np.asarray(Image.open(buffer))
