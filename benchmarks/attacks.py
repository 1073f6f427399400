"""Attack a service that is started for this purpose, and measure the effect on another principal.

    python benchmarks/attacks.py [NAME ...]

For each attack, the script starts `roomread serve --sign-in` on a free port of the loopback
interface. It attacks for a limited time with the key of one principal or without a key, and sends
requests of another principal meanwhile. It prints the longest response time, the number of refused
requests, the additional memory of all processes of the service, and the part of it that was still
in use ten seconds later.
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
# The limit of open files of the service, for attacks on that limit.
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
