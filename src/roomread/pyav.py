"""Load PyAV when it is first used, instead of when `roomread` is imported.

Otherwise, a sixth of the time of `import roomread` would be spent on loading FFmpeg. Programs that
only read stored sessions or send requests to a service do not need FFmpeg.

    from roomread.pyav import av
"""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import TYPE_CHECKING, Any

__all__ = ["av", "new_reformatter"]


class _LoadedOnUse(ModuleType):
    """A stand-in for a module that imports the module when an attribute is first used."""

    def __getattr__(self, name: str) -> Any:
        return getattr(importlib.import_module(self.__name__), name)


if TYPE_CHECKING:
    import av
    import av.sidedata.sidedata
    import av.stream
    import av.video.reformatter
else:
    av = _LoadedOnUse("av")


def new_reformatter() -> av.video.reformatter.VideoReformatter:
    """Return a new converter that changes the size and the pixel format of frames."""
    return av.video.reformatter.VideoReformatter()
