from __future__ import annotations

import subprocess
import sys

MEASURE = """
import gc, sys
from roomread.entry.pauses import shorten_pauses
before = len(gc.get_objects())
shorten_pauses()
left = len(gc.get_objects())
print(sys.getswitchinterval(), gc.get_freeze_count() > before / 2, left < before / 10)
"""


def test_shorten_pauses_sets_the_switch_interval_and_freezes_existing_objects() -> None:
    done = subprocess.run(
        [sys.executable, "-c", MEASURE], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.split() == ["0.0005", "True", "True"]
