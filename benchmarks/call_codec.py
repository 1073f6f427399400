"""Measure how faces are found and read in a call that a video codec compressed.

    python benchmarks/call_codec.py [path/to/fer2013.parquet] [--calls 12] [--split PublicTest]

Pictures of FER-2013 are the faces of calls of 25 tiles in 720p, whose heads move by up to 4 px a
frame at 15 frames a second. After two seconds each call is read by the whole pipeline twice a
second: without a codec, after H.264 and after VP8. The truth is the FER+ majority. `--draw FILE`
writes one frame at 300 kbit/s, which must not be published: the pictures show people.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from roomread import Analyzer
from roomread.bench.coded_call import Codec, FaceCall, encode
from roomread.pipeline import RoomPipeline
from roomread.readings import Frame
from roomread.training.dataset import Split, vote_majority
from roomread.training.evaluate import score, wilson_margin
from roomread.training.fer2013 import read_fer2013

DATA = Path(__file__).parents[2] / "shared" / "data" / "fer2013.parquet"
PEOPLE, RATE, EVERY = 25, 15, 0.5
# Time in which the bit rate of a codec settles, s; these frames are not read.
SETTLED = 2.0
RATES = (600, 300, 150)


@dataclass(slots=True)
class Tally:
    """The readings under one condition.

    Attributes:
        asked: The requested bit rate, kbit/s; None without a codec.
        kbits: The bit rate of each call, kbit/s.
        faces: The number of faces in the frames that were read.
        unreadable: The number of these faces that were found and unreadable.
        labels: The label that most taggers chose, for each face that was read.
        probabilities: The probabilities of each face that was read, float32 [7].
        labelled: Whether each face that was read got a label.
    """

    asked: int | None = None
    kbits: list[float] = field(default_factory=list)
    faces: int = 0
    unreadable: int = 0
    labels: list[int] = field(default_factory=list)
    probabilities: list[np.ndarray] = field(default_factory=list)
    labelled: list[bool] = field(default_factory=list)

    def add(self, call: FaceCall, labels: Iterable[int], frames: Iterable[Frame]) -> None:
        """Read a call with the whole pipeline, and add its readings."""
        room = RoomPipeline.of(Analyzer(), every=EVERY)
        wanted = list(labels)
        for frame in frames:
            if frame.time < SETTLED or frame.index % round(EVERY * RATE):
                continue
            for label, reading in zip(wanted, call.by_tile(room.push(frame).readings), strict=True):
                self.faces += 1
                if reading is None:
                    continue
                if reading.scores is None:
                    self.unreadable += 1
                    continue
                self.labels.append(label)
                self.probabilities.append(reading.scores.probabilities)
                self.labelled.append(reading.expression is not None)

    def line(self, name: str, calls: int) -> str:
        """Return the condition as a row of a Markdown table."""
        read, people = len(self.labels), calls * PEOPLE
        found = score(name, np.array(self.probabilities), np.array(self.labels), name)
        sure = np.array(self.labelled)
        right = np.array(self.probabilities).argmax(axis=1) == np.array(self.labels)
        # Frames of one face are not independent, so the interval is computed from the faces.
        margin = wilson_margin(found.accuracy.value, people)
        rates = " | " if self.asked is None else f"{self.asked} | {np.mean(self.kbits):.0f}"
        return (
            f"| {name} | {rates} | {(read + self.unreadable) / self.faces:.1%} | "
            f"{self.unreadable / self.faces:.1%} | {found.accuracy.value:.3f} ± {margin:.3f} | "
            f"{right.sum() / self.faces:.3f} | {sure.mean():.1%} | {right[sure].mean():.3f} | "
            f"{found.ece.value:.3f} |"
        )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, nargs="?", default=DATA)
    parser.add_argument("--calls", type=int, default=12)
    parser.add_argument("--seconds", type=float, default=6.0, help="of each call")
    parser.add_argument("--split", choices=[split.name for split in Split], default="PublicTest")
    parser.add_argument("--kbits", type=int, nargs="*", default=RATES)
    parser.add_argument("--codecs", type=Codec, nargs="*", default=list(Codec))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--draw", type=Path, help="a picture to write, for your eyes only")
    options = parser.parse_args()
    part = read_fer2013(options.data).split(Split[options.split]).faces_only()
    if part.votes is None:
        raise SystemExit(f"{options.data}: has no FER+ votes")
    majority = vote_majority(part.votes)
    rows = np.random.default_rng(options.seed).permutation(np.flatnonzero(majority >= 0))
    conditions = [(codec, kbits) for codec in options.codecs for kbits in options.kbits]
    plain = Tally()
    coded = {(codec, kbits): Tally(kbits) for codec, kbits in conditions}
    for index in range(options.calls):
        chosen = rows[PEOPLE * index : PEOPLE * (index + 1)]
        call = FaceCall(part.images[chosen], seed=options.seed + index)
        frames = list(call.frames(options.seconds, rate=RATE))
        plain.add(call, majority[chosen], frames)
        for (codec, kbits), tally in coded.items():
            video = encode(frames, codec, kbits=kbits, rate=RATE)
            tally.kbits.append(video.kbits)
            tally.add(call, majority[chosen], video.frames())
            if options.draw is not None and kbits == 300:
                *_, last = video.frames()
                Image.fromarray(last.image).save(options.draw)
    print(
        f"{options.calls} calls of {PEOPLE} faces, {options.split}, {plain.faces} readings each\n\n"
        "| call | kbit/s asked | reached | found | unreadable | right of those read | "
        "right of all | labelled of those read | right of these | ECE |\n"
        "|---|---|---|---|---|---|---|---|---|---|"
    )
    print(plain.line("no codec", options.calls))
    for (codec, kbits), tally in coded.items():
        print(tally.line(f"{codec} at {kbits}", options.calls))


if __name__ == "__main__":
    main()
