"""Find Node, which runs the page scripts outside a browser."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

# The first major version whose test runner has mock timers.
_OLDEST = 20


def find_node() -> str | None:
    """Return the path of Node 20 or newer in the virtual environment or the PATH, or None."""
    folders = [str(Path(sys.executable).parent), os.environ["PATH"]]
    node = shutil.which("node", path=os.pathsep.join(folders))
    if node is None:
        return None
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True)
    major = re.match(r"v(\d+)", version.stdout)
    return node if major is not None and int(major[1]) >= _OLDEST else None


NODE = find_node()
