"""The worker process that decodes uploaded pictures; `decoder` starts it."""

from __future__ import annotations

import sys

import av  # noqa: F401 (loaded before memory is limited, and before a picture is timed)
import numpy as np

from roomread.errors import MediaError
from roomread.jobs.worker_process import (
    answer,
    limit_memory,
    lower_priority,
    receive,
    take_pipes,
)
from roomread.media import notes_of, read_image


def main(max_pixels: int, memory_mb: int) -> None:
    """Decode each received picture and send its pixels or an error, until the parent process ends.

    Args:
        max_pixels: The maximum width times height of a picture.
        memory_mb: The memory limit for decoding, MB.
    """
    inlet, outlet = take_pipes()
    # Reading a live class has priority over decoding single pictures.
    lower_priority(2)
    limit_memory(memory_mb)
    # The parent process waits for this message before it sends a picture and limits its time.
    answer(outlet, {"ready": True})
    while (message := receive(inlet)) is not None:
        head, content = message
        name = str(head["name"])
        try:
            image = read_image(content, name=name, max_pixels=max_pixels)
            head = {"shape": image.shape, "notes": notes_of(content, name)}
            answer(outlet, head, np.ascontiguousarray(image).data.cast("B"))
        except MediaError as error:
            answer(outlet, {"problem": error.problem, "hint": error.hint})
        except MemoryError:
            answer(outlet, {"problem": f"{name}: needs too much memory", "hint": "scale it down"})


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
