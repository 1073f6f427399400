"""Faces are read in the browser as in Python, with equal boxes, crops, quality and scores."""

from __future__ import annotations

import base64
import json
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

import roomread.api
from altered import masked
from node import NODE
from roomread.api.bundles import bundle_content
from roomread.bench import scenes
from roomread.classifier import ExpressionClassifier, open_model
from roomread.faces import cut
from roomread.faces.centerface.cascade import FULL_SIZE_THRESHOLD, OVERVIEW, SCALED_THRESHOLD
from roomread.faces.centerface.decode import Candidates
from roomread.faces.centerface.mosaic import ExpectedFace, infer_near
from roomread.faces.centerface.net import CenterFaceNet, padded
from roomread.faces.centerface.scaling import scaled_down
from roomread.faces.detector import largest_first
from roomread.pipeline.face_reader import FaceReader
from roomread.readings import Box, Face, Frame, Unreadable
from roomread.readings.reading import MEASURES
from roomread.services.browser_reading import reading_parameters

pytestmark = pytest.mark.skipif(NODE is None, reason="no Node 20 or newer on this machine")
API = Path(roomread.api.__file__).parent
# What the page downloads: ONNX Runtime and the nets.
DOWNLOADS = (
    "onnxruntime-web.mjs",
    "onnxruntime-web.wasm",
    "centerface-shallow.onnx",
    "centerface-deep.onnx",
    "covers.onnx",
    "compact.onnx",
)
SIZES = ((640, 480), (640, 360), (1280, 720), (320, 240), (480, 640))
ANGLES = (12.0, 40.0, -33.0, 0.0)


def picture(number: int) -> NDArray[np.uint8]:
    """Return a generated picture of one or two people, which `number` determines."""
    rng = np.random.default_rng(number)
    width, height = SIZES[number % len(SIZES)]
    canvas = Image.new("RGB", (width, height), (int(rng.integers(60, 200)),) * 3)
    for person in range(1 + (number % 4 == 1)):
        portrait, _ = scenes.portraits()[(number + person) % 2]
        zoom = float(rng.uniform(0.3, 1.0)) * height / 480
        turned = Image.fromarray(portrait).rotate(ANGLES[number % len(ANGLES)])
        small = turned.resize((round(turned.width * zoom), round(turned.height * zoom)))
        left = round(float(rng.uniform(-0.5, 1.2)) * (width - small.width))
        canvas.paste(small, (left, round(float(rng.uniform(-0.2, 0.8)) * (height - small.height))))
    if number % 8 == 6:
        canvas = canvas.filter(ImageFilter.GaussianBlur(0.03 * height))
    light = 0.1 if number % 8 == 2 else 1.0
    noisy = np.asarray(canvas) * light + rng.normal(0, 2, (height, width, 3))
    return np.clip(noisy, 0, 255).astype(np.uint8)


def read_in_node(folder: Path, pictures: list[NDArray[np.uint8]]) -> list[dict[str, Any]]:
    """Return the faces and readings that the student page's modules find in pictures."""
    bundled = folder / "bundled"
    bundled.mkdir()
    for name in DOWNLOADS:
        (bundled / name).write_bytes(bundle_content(name))
    (folder / "parameters.json").write_text(json.dumps(reading_parameters(open_model())))
    sizes = []
    for number, each in enumerate(pictures):
        opaque = np.full((*each.shape[:2], 1), 255, dtype=np.uint8)
        (folder / f"{number}.rgba").write_bytes(np.concatenate([each, opaque], axis=2).tobytes())
        sizes.append([f"{number}.rgba", each.shape[1], each.shape[0]])
    (folder / "sizes.json").write_text(json.dumps(sizes))
    program = Path(__file__).with_name("read.mjs")
    done = subprocess.run(
        [NODE or "node", program, API / "assets" / "student", bundled, folder],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def detect(net: CenterFaceNet, image: NDArray[np.uint8], scaled: NDArray[np.uint8]) -> list[Face]:
    """Return the faces found in a scaled picture, largest first, in pixels of `image`."""
    zoom = np.divide(image.shape[1::-1], scaled.shape[1::-1], dtype=np.float32)
    threshold = SCALED_THRESHOLD if scaled.shape != image.shape else FULL_SIZE_THRESHOLD
    boxes, landmarks, confidence = net.infer(scaled, threshold)
    candidates = Candidates(boxes * zoom, landmarks * zoom, confidence)
    return largest_first(candidates.suppressed().to_faces())


def face_of(found: dict[str, Any]) -> Face:
    """Convert a face that the browser found."""
    return Face(Box(**found["box"]), np.array(found["landmarks"]), found["confidence"])


@dataclass
class Differences:
    """The differences between the browser and Python, collected over all pictures."""

    compared: int = 0
    other_levels: int = 0
    most_levels: int = 0
    box: float = 0.0
    quality: float = 0.0
    probability: float = 0.0
    # For the search near known faces: the largest mean difference of the detector's input, in
    # levels of 0..255; the largest difference of a box from the one that is found in the square as
    # Python scales it, relative to the face's height; and the number of faces.
    square: float = 0.0
    shift: float = 0.0
    found_near: int = 0
    unreadable: int = 0
    covered: int = 0
    # By how much the reader's corrections change the probabilities of each face.
    corrected: list[float] = field(default_factory=list)


def compare(pictures: list[NDArray[np.uint8]], found: list[dict[str, Any]]) -> Differences:
    """Return the differences; fail if faces or reasons differ."""
    classifier, net = ExpressionClassifier(), CenterFaceNet(precision="fp32")
    reader = FaceReader(classifier)
    seen = Differences()
    for image, result in zip(pictures, found, strict=True):
        scaled = scaled_down(image, OVERVIEW / max(image.shape[:2]))
        shape = padded(scaled).shape
        given = np.frombuffer(base64.b64decode(result["input"]), np.uint8).reshape(shape)
        # The browser rounds differently from FFmpeg's area filter.
        assert np.abs(given.astype(int) - padded(scaled)).max() <= 1
        expected = detect(net, image, given[: scaled.shape[0], : scaled.shape[1]])
        faces = [face_of(face) for face in result["faces"]]
        assert len(faces) == len(expected)
        reading = result["reading"]
        assert reading["others"] == max(len(faces) - 1, 0)
        for face, near in zip(faces, expected, strict=True):
            seen.box = max(seen.box, float(np.abs(np.subtract(face.box, near.box)).max()))
        if not faces:
            assert reading["face"] is None
            continue
        compare_near(net, image, result, seen)
        (crop,) = crops = cut(image, faces[:1], classifier.framing, side=classifier.side)
        levels = np.abs(crop.ravel().astype(int) - result["crop"])
        seen.compared += levels.size
        seen.other_levels += int((levels > 0).sum())
        seen.most_levels = max(seen.most_levels, int(levels.max()))
        # With a track id, Python reads the same views as the browser.
        (same,) = reader.read(Frame(image, 0.0, 0, "picture"), faces[:1], [1])
        reason = same.quality.reason
        measured = [getattr(same.quality, name) - reading["quality"][name] for name in MEASURES]
        seen.quality = max(seen.quality, float(np.abs(measured).max()))
        assert reading["quality"]["reason"] == (reason and str(reason))
        seen.unreadable += reason is not None
        seen.covered += reason is Unreadable.COVERED
        assert (reading["probabilities"] is None) == (reason is not None)
        if reason is None:
            assert same.scores is not None
            (alone,) = classifier.classify(crops)
            corrected = np.abs(same.scores.probabilities - alone.probabilities)
            seen.corrected.append(float(corrected.max()))
            differences = np.abs(same.scores.probabilities - reading["probabilities"])
            seen.probability = max(seen.probability, float(differences.max()))
    return seen


def smoothed(image: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return the means of 3 x 3 px of a picture.

    They differ less than single pixels between the filter of Pillow, with which Python scales, and
    the browser's mean, which is sharper.
    """
    return np.asarray(Image.fromarray(image).filter(ImageFilter.BoxBlur(1))).astype(np.int64)


def compare_near(
    net: CenterFaceNet, image: NDArray[np.uint8], result: dict[str, Any], seen: Differences
) -> None:
    """Record how much the search for a known face differs from Python's search in live frames."""
    place = ExpectedFace(face_of(result["faces"][0]).box)
    given = np.frombuffer(base64.b64decode(result["square"]), np.uint8)

    class Net:
        def infer(self, picture: NDArray[np.uint8], threshold: float) -> Candidates:
            square = given.reshape(picture.shape)
            levels = float(np.abs(smoothed(square) - smoothed(picture)).mean())
            seen.square = max(seen.square, levels)
            return net.infer(square, threshold)

    own, expected = (
        infer_near(each, image, [place], SCALED_THRESHOLD)[0].to_faces()[:1]
        for each in (net, Net())
    )
    assert (result["near"] is None) == (not expected)
    assert len(own) == len(expected)
    for face, own_face in zip(expected, own, strict=True):
        seen.found_near += 1
        box = face_of(result["near"]).box
        seen.box = max(seen.box, float(np.abs(np.subtract(box, face.box)).max()))
        shift = float(np.abs(np.subtract(box, own_face.box)).max()) / face.box.height
        seen.shift = max(seen.shift, shift)


def check(seen: Differences) -> None:
    """Fail if the differences are larger than rounding explains."""
    assert seen.most_levels <= 1, seen
    # Pillow may round values halfway between two levels differently, by the last bit of its sum.
    assert seen.other_levels <= max(seen.compared / 10_000, 1), seen
    assert seen.quality <= 1e-3, seen
    assert seen.probability <= 0.03, seen
    assert seen.box <= 0.05, seen
    assert seen.square <= 1, seen
    assert seen.shift <= 0.06, seen
    assert seen.found_near, seen


def test_browser_and_python_report_faces_with_a_mask_as_unreadable(tmp_path: Path) -> None:
    pictures = [np.asarray(masked(*portrait)) for portrait in scenes.portraits()]
    seen = compare(pictures, read_in_node(tmp_path, pictures))
    assert seen.covered == len(pictures)
    check(seen)


def test_browser_and_python_agree_on_the_readings_of_turned_cut_off_and_dark_faces(
    tmp_path: Path,
) -> None:
    pictures = [picture(number) for number in (1, 18, 25)]
    seen = compare(pictures, read_in_node(tmp_path, pictures))
    assert seen.compared == 3 * 48 * 48
    assert seen.unreadable == 2
    check(seen)


def test_browser_and_python_agree_on_the_readings_of_partly_covered_and_turned_faces(
    tmp_path: Path,
) -> None:
    portrait, (left, top, right, bottom) = scenes.portraits()[1]
    width, height = right - left, bottom - top
    # Draw a hand at one side of the chin, and a scarf under the mouth of a tilted head.
    held, scarf = Image.fromarray(portrait), Image.fromarray(portrait)
    end = bottom + 0.05 * height
    hand = left, top + 0.65 * height, left + 0.6 * width, end
    ImageDraw.Draw(held).ellipse(hand, fill=(150, 110, 90))
    ImageDraw.Draw(scarf).ellipse((left, top + 0.68 * height, right, end), fill=(235, 235, 240))
    pictures = [np.asarray(held), np.asarray(scarf.rotate(-25))]
    seen = compare(pictures, read_in_node(tmp_path, pictures))
    # The corrections are so large that a browser without them would fail the check.
    assert len(seen.corrected) == len(pictures)
    assert min(seen.corrected) > 0.04
    check(seen)


@pytest.mark.sweep
def test_browser_and_python_agree_on_the_readings_of_40_pictures(tmp_path: Path) -> None:
    pictures = [picture(number) for number in range(40)]
    seen = compare(pictures, read_in_node(tmp_path, pictures))
    assert seen.compared > 20 * 48 * 48
    assert seen.unreadable >= 3
    check(seen)
