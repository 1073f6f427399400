"""Compare the expression nets of other tools with Roomread's on FER-2013's pictures.

`peers.py` installs the tools and calls `show_accuracy`. Blank pictures and those that FER+ calls
"no face" are left out.

- Crops: each net reads every picture of the split as it is, because each is the crop of a face
  already. For `fer` the face is the whole picture, without its margin of 10 px; for `human`'s net
  the picture is prepared as `human` prepares a face.
- Search: some pictures are enlarged and given a border, and each tool detects and cuts the face by
  itself. The accuracy is measured on the pictures in which every tool finds a face.

The tools run one after another, in one thread. No picture is shown; the files of pictures that the
tools read are in a temporary folder.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from roomread.classifier import ModelFile, open_model
from roomread.readings import Expression
from roomread.training.dataset import FerData, Split, vote_majority
from roomread.training.evaluate import LABEL, MAJORITY, fer2013_head, predict, score
from roomread.training.face_crops import cut_faces
from roomread.training.fer2013 import read_fer2013

# The side of an enlarged picture and the width of its border, px.
SIDE, BORDER = 160, 80
# The value for a picture in which a tool finds no face.
NOT_FOUND = -1
ONE_THREAD = {"OMP_NUM_THREADS": "1", "TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}

# Read square grey pictures, uint8, one after another in a file, and print one JSON line: the
# expression of each picture or of its largest face, or null.
_FER = """
import json, sys
import cv2
import numpy as np
from fer.fer import FER
cv2.setNumThreads(1)
mode, side = sys.argv[1], int(sys.argv[3])
detector = FER(offsets=(0, 0)) if mode == "crops" else FER()
given = [(0, 0, side, side)] if mode == "crops" else None
names = []
for grey in np.fromfile(sys.argv[2], np.uint8).reshape(-1, side, side):
    faces = detector.detect_emotions(np.repeat(grey[..., None], 3, 2), face_rectangles=given)
    largest = max(faces, key=lambda face: face["box"][2] * face["box"][3], default=None)
    scores = largest and largest["emotions"]
    names.append(max(scores, key=scores.get) if scores else None)
print(json.dumps(names))
"""

# The expression (or `NOT_FOUND`) of each picture, int64 [N].
Answers = NDArray[np.int64]


def parse_answers(output: str) -> Answers:
    """Return the expressions that one of the programs printed in its last line.

    Both tools name them as `Expression` does.

    Raises:
        ValueError: A name is not one of the seven.
    """
    value_of = {expression.display_name: int(expression) for expression in Expression}
    names = json.loads(output.splitlines()[-1])
    unknown = {name for name in names if name is not None} - set(value_of)
    if unknown:
        raise ValueError(f"{sorted(unknown)}: not among {sorted(value_of)}")
    return np.array([value_of.get(name, NOT_FOUND) for name in names], dtype=np.int64)


def ask(program: list[str | Path], mode: str, images: NDArray[np.uint8], folder: Path) -> Answers:
    """Return the expressions that a tool predicts for pictures, uint8 [N, S, S].

    Args:
        program: The command of the tool, to which the mode, the file and S are added.
        mode: "crops" or "search".
        images: The pictures.
        folder: The folder in which the file of the pictures is written.
    """
    file = folder / f"{mode}.raw"
    file.write_bytes(np.ascontiguousarray(images).tobytes())
    command = [*program, mode, file, str(images.shape[1])]
    out = subprocess.check_output(
        command, text=True, stderr=subprocess.DEVNULL, env=os.environ | ONE_THREAD
    )
    answers = parse_answers(out)
    if len(answers) != len(images):
        raise ValueError(f"{program}: {len(answers)} answers for {len(images)} pictures")
    return answers


def with_border(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a grey picture enlarged, with a border that continues its edge, uint8 [320, 320]."""
    large = np.asarray(Image.fromarray(image).resize((SIDE, SIDE), Image.Resampling.BICUBIC))
    return np.pad(large, BORDER, "edge")


def read_crops(model: ModelFile, images: NDArray[np.uint8]) -> dict[str, Answers]:
    """Return Roomread's expressions for crops uint8 [N, 48, 48], by the truth of each head."""
    logits = predict(model, images)
    return {
        LABEL: logits[fer2013_head(model)].argmax(axis=1),
        MAJORITY: logits["logits"].argmax(axis=1),
    }


def search(model: ModelFile, images: NDArray[np.uint8], folder: Path) -> dict[str, Answers]:
    """Return Roomread's expressions for the faces that it finds, by the truth of each head."""
    files = [folder / f"{number}.png" for number in range(len(images))]
    for file, image in zip(files, images, strict=True):
        Image.fromarray(image).save(file)
    found = cut_faces(files)
    answers = {}
    for truth, read in read_crops(model, found.images).items():
        answers[truth] = np.full(len(images), NOT_FOUND, dtype=np.int64)
        answers[truth][found.rows] = read
    return answers


def table(tools: Mapping[str, Mapping[str, Answers]], data: FerData) -> list[str]:
    """Return the lines of a table of accuracy and macro-F1 by each truth that the data has.

    The pictures are those in which every tool found a face.

    Args:
        tools: The expressions of each tool, by the name of the truth.
        data: The pictures' labels and votes.
    """
    truths = {LABEL: data.labels}
    if data.votes is not None:
        truths[MAJORITY] = vote_majority(data.votes)
    found = np.all(
        [read != NOT_FOUND for answers in tools.values() for read in answers.values()], axis=0
    )
    heads = ["found", *(f"{truth}: accuracy | macro-F1 | n" for truth in truths)]
    lines = ["| | " + " | ".join(heads) + " |", "|---|---|" + "---|---|---|" * len(truths)]
    for tool, answers in tools.items():
        cells = [str(np.sum(answers[LABEL] != NOT_FOUND))]
        for truth, labels in truths.items():
            rows = found & (labels >= 0)
            chosen = np.eye(len(Expression), dtype=np.float32)[answers[truth][rows]]
            result = score(tool, chosen, labels[rows], f"{tool} | {truth}")
            cells += [result.accuracy.short, result.macro_f1.short, str(np.sum(rows))]
        lines.append(f"| {tool} | " + " | ".join(cells) + " |")
    return lines


def show_accuracy(
    fer: Path, human: Path, folder: Path, data: Path, *, split: Split, count: int
) -> None:
    """Print the tables of crops and of search.

    Args:
        fer: The Python with `fer`.
        human: The program of `human`.
        folder: A temporary folder.
        data: The file of FER-2013.
        split: The split to read.
        count: The number of pictures in the search.
    """
    torch.set_num_threads(1)
    faces = read_fer2013(data).split(split).faces_only()
    model = open_model(threads=1)
    peers: dict[str, list[str | Path]] = {"fer": [fer, "-c", _FER], "human": ["node", human]}
    print(f"{len(faces)} pictures of {split.name} as crops, model {model.digest}\n")
    tools = {"roomread": read_crops(model, faces.images)}
    for tool, program in peers.items():
        tools[tool] = dict.fromkeys((LABEL, MAJORITY), ask(program, "crops", faces.images, folder))
    print("\n".join(table(tools, faces)), flush=True)

    rows = np.random.default_rng(0).permutation(len(faces))[:count]
    some = faces.take(rows)
    images = np.stack([with_border(image) for image in some.images])
    print(f"\n{len(some)} of them with a border; each tool finds the face\n")
    tools = {"roomread": search(model, images, folder)}
    for tool, program in peers.items():
        tools[tool] = dict.fromkeys((LABEL, MAJORITY), ask(program, "search", images, folder))
    print("\n".join(table(tools, some)))
