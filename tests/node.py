"""Find Node, which runs the page scripts outside a browser."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

# Its test runner has mock timers from this version on.
_OLDEST = 20


def find_node() -> str | None:
    """Return the path of Node 20 or newer, of the virtual environment or the system."""
    folders = [str(Path(sys.executable).parent), os.environ["PATH"]]
    node = shutil.which("node", path=os.pathsep.join(folders))
    if node is None:
        return None
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True)
    major = re.match(r"v(\d+)", version.stdout)
    return node if major is not None and int(major[1]) >= _OLDEST else None


NODE = find_node()
