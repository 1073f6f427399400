"""Attack a service that is started for it, and measure the effect on another principal.

    python benchmarks/attacks.py [NAME ...]

Each attack starts `roomread serve --sign-in` on a free port of the loopback interface, holds its
attack for a bounded time with the key of one principal or with none, and meanwhile asks as another
principal. It prints the longest time that an answer took, the answers that were refused, the
memory that all processes of the service took on top, and how much of it was left ten seconds later.
"""

from __future__ import annotations

import asyncio
import os
import sys

import attacks_on_connections as connections
import attacks_on_work as work
from attacked_service import Attack, measure, serving

ATTACKS: dict[str, Attack] = {
    attack.__name__: attack
    for attack in (
        connections.silent_posts,
        connections.unfinished_bodies,
        connections.whole_bodies,
        connections.socket_messages,
        connections.message_flood,
        connections.sockets,
        connections.cameras,
        connections.decoders,
        connections.video_places,
        connections.sign_ins,
        connections.wrong_keys,
        connections.silent_connections,
        work.rules_and_seats,
        work.app_uploads,
        work.figures_and_marks,
        work.broken_jobs,
    )
}
# How many files the service may open, where the attack is on that number.
_FILES = {"silent_connections": 256}


async def main(names: list[str]) -> None:
    """Run the named attacks, or all of them."""
    print("| attack | load | calm, s | attacked, s | refused | MB added | MB left | notes |")
    print("|---|---|---|---|---|---|---|---|")
    for name in names or ATTACKS:
        async with serving(_FILES.get(name)) as target:
            load = os.getloadavg()[0]
            row = await measure(ATTACKS[name], target)
        print(f"| {name} | {load:.0f} | {row} |", flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
