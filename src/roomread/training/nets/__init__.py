"""The nets, one file a family. A net turns [N, 1, 48, 48] into features [N, `feature_size`]."""

from __future__ import annotations

from collections.abc import Callable

from torch import nn

from roomread.errors import DataError
from roomread.training.nets.compact import Compact

NETS: dict[str, Callable[[], nn.Module]] = {"compact": Compact}


def make_net(name: str) -> nn.Module:
    """A new net by name, its weights drawn from torch's generator.

    Raises:
        DataError: no net has this name.
    """
    if name not in NETS:
        raise DataError(f"no net is called '{name}'", hint=f"the nets are {', '.join(NETS)}")
    return NETS[name]()
