"""Convert pictures to sRGB if their colour profile or gamma differs much from sRGB."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, features

# Pictures are converted only if the conversion to sRGB changes a level (0..255) by more than this.
# Display P3, Adobe RGB and the gammas of screens (1.8 to 2.4) stay under 20; exchanged channels,
# linear light and ProPhoto exceed 50.
_FAR = 40
_SCREEN_GAMMA = 1 / 2.2
_MAX_PROFILE = 500_000
# Pillow's mode for pictures with a profile, by the colour space of the profile.
_MODES = {"RGB": "RGB", "GRAY": "L"}
# Grey and skin tones by which the distance of a profile from sRGB is measured.
_GREYS = [(level, level, level) for level in range(0, 256, 17)]
_SKINS = [(60, 40, 30), (120, 80, 60), (224, 172, 140), (255, 220, 200)]

_Convert = Callable[[NDArray[np.uint8]], NDArray[np.uint8]]


def to_srgb(image: NDArray[np.uint8], info: Mapping[Any, Any]) -> NDArray[np.uint8]:
    """Convert a picture to sRGB if its file states colours that differ much from sRGB.

    Pictures with a profile close to sRGB, such as Display P3, are not converted, because that would
    not change how faces are read. A profile is ignored if it is damaged or over 500 kB, or if
    Pillow was built without LittleCMS.

    Args:
        image: uint8 [H, W, 3], RGB.
        info: `Image.info` of the picture; "icc_profile", "srgb" and "gamma" are used.

    Returns:
        uint8 [H, W, 3]; the same array if nothing is converted.
    """
    profile, gamma = info.get("icc_profile"), info.get("gamma")
    convert: _Convert | None = None
    if isinstance(profile, bytes) and profile:
        if len(profile) <= _MAX_PROFILE and features.check("littlecms2"):
            convert = _profile_conversion(profile)
    elif "srgb" not in info and isinstance(gamma, float) and gamma > 0:
        convert = _gamma_conversion(gamma)
    return image if convert is None else convert(image)


@lru_cache(maxsize=8)
def _profile_conversion(profile: bytes) -> _Convert | None:
    """Return a function that converts an ICC profile's colours to sRGB; None if unnecessary."""
    # Imported here because few pictures need it and the import takes several ms.
    from PIL import ImageCms  # noqa: PLC0415

    try:
        opened = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode = _MODES.get(opened.profile.xcolor_space.strip())
        if mode is None:
            return None
        transform = ImageCms.buildTransform(opened, ImageCms.createProfile("sRGB"), mode, "RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None

    def convert(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        picture = Image.fromarray(image)
        source = picture if mode == "RGB" else picture.convert(mode)
        converted = ImageCms.applyTransform(source, transform)
        return np.asarray(converted) if converted is not None else image

    return _if_far(convert, _GREYS if mode == "L" else _GREYS + _SKINS)


@lru_cache(maxsize=8)
def _gamma_conversion(gamma: float) -> _Convert | None:
    """Return a function that converts levels from `gamma` to screen gamma; None if unnecessary."""
    levels = (np.arange(256) / 255) ** (_SCREEN_GAMMA / gamma)
    table = (levels * 255).round().astype(np.uint8)
    return _if_far(lambda image: table[image], _GREYS)


def _if_far(convert: _Convert, colors: list[tuple[int, int, int]]) -> _Convert | None:
    probe = np.array([colors], np.uint8)
    return convert if np.abs(convert(probe).astype(int) - probe).max() > _FAR else None
