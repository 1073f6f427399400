"""Count the faces with a wrong track in a synthetic call, with and without `identity`.

    python benchmarks/identity.py                 # 40 people, one hour, one frame a second
    python benchmarks/identity.py --minutes 10 --rate 2 --every 2

Tiles are shuffled every four minutes; people leave after about twenty minutes and return into any
free tile; poses and light change; faces are about 50 px high (`roomread.bench.call`). Tracks are
matched to people so that as many faces as possible are right (Ristani et al. 2016, the recall of
IDF1). A face is wrong if it has another track or no track. A switch is a face whose track differs
from the previous track of the same person.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass, field

import lap
import numpy as np

from roomread import Analyzer
from roomread.bench.call import ShuffledCall, orl_people
from roomread.identity import DlibResNet, People
from roomread.readings import Box, Reading
from roomread.room import Seats
from roomread.testing import FixedClassifier


@dataclass(slots=True)
class Count:
    """Counts of the track ids under which each person was seen.

    Attributes:
        seen: the number of sightings by person and id; the id 0 stands for no id yet.
        switches: the number of times that a person's id changed.
    """

    seen: dict[tuple[int, int], int] = field(default_factory=dict)
    switches: int = 0
    _last: dict[int, int] = field(default_factory=dict)

    def add(self, person: int, number: int) -> None:
        """Add a sighting of a person under an id."""
        self.seen[person, number] = self.seen.get((person, number), 0) + 1
        if number:
            self.switches += self._last.setdefault(person, number) != number
            self._last[person] = number

    def wrong(self) -> float:
        """Return the share of sightings that are not under the person's id."""
        people = sorted({person for person, _ in self.seen})
        numbers = sorted({number for _, number in self.seen if number})
        table = np.zeros((len(people), len(numbers)))
        for (person, number), count in self.seen.items():
            if number:
                table[people.index(person), numbers.index(number)] = count
        _, columns, _ = lap.lapjv(-table, extend_cost=True)
        right = sum(table[row, column] for row, column in enumerate(columns) if column >= 0)
        return 1 - float(right) / self.total

    @property
    def total(self) -> int:
        """The number of faces."""
        return sum(self.seen.values())

    def said(self, name: str) -> str:
        """Return the counts as a line of text."""
        numbers = {number for _, number in self.seen} - {0}
        none = sum(count for (_, number), count in self.seen.items() if not number)
        return (
            f"  {name:<18} {self.wrong():6.1%} of {self.total:,} faces under another's number "
            f"({none / self.total:.1%} under none yet); {self.switches:,} switches; "
            f"{len(numbers)} numbers"
        )


def count(
    found: list[Reading], numbered: list[Reading], there: dict[int, Box], into: Count
) -> None:
    """Add every face that was found in a frame to the count of the person in whose tile it is."""
    numbers = {reading.box: reading.track_id or 0 for reading in numbered}
    for reading in found:
        x, y = reading.box.center
        for person, tile in there.items():
            if tile.left <= x < tile.right and tile.top <= y < tile.bottom:
                into.add(person, numbers.get(reading.box, 0))


def main() -> None:
    """Print the measurements."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--rate", type=float, default=1, help="frames a second")
    parser.add_argument("--shuffle", type=float, default=240, help="seconds; 0 for never")
    parser.add_argument("--every", type=float, default=4, help="seconds between looks at a face")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    faces = orl_people()
    call = ShuffledCall(faces, shuffle_every=options.shuffle, seed=options.seed)
    # The expressions of the faces make no difference here.
    stream, seats = Analyzer(classifier=FixedClassifier()).stream_analyzer(), Seats()
    people = People(DlibResNet(), every=options.every)
    places, looks, busy, frames = Count(), Count(), 0.0, 0
    for frame, there in call.frames(60 * options.minutes, rate=options.rate):
        found = stream.update(frame)
        count(found, seats.update(found), there, places)
        start = time.process_time()
        numbered = people.update(frame, found)
        busy += time.process_time() - start
        count(found, numbered, there, looks)
        frames += 1
    print(f"{len(faces)} people, {options.minutes:g} min, {frames:,} frames")
    print(places.said("place and time"))
    print(looks.said("with `identity`"))
    print(f"  {1000 * busy / frames:.0f} ms of processor a frame for it")


if __name__ == "__main__":
    main()
