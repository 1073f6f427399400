from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from roomread.bench import scenes
from roomread.errors import ModelFileError
from roomread.faces import CenterFace
from roomread.faces.centerface import Candidates, CenterFaceNet, Precision, net


@pytest.mark.parametrize("precision", ["fp32", "int8"])
@settings(max_examples=12, deadline=None)
@given(height=st.integers(1, 400), width=st.integers(1, 200), seed=st.integers(0, 9))
def test_computation_in_strips_finds_the_same_candidates_as_the_whole_picture(
    precision: Precision, height: int, width: int, seed: int
) -> None:
    picture = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    portrait = scenes.astronaut()[:height, 120 : 120 + width]
    picture[: len(portrait), : portrait.shape[1]] = portrait
    whole = CenterFaceNet(threads=1, precision=precision).infer(picture, 0.0)
    with pytest.MonkeyPatch.context() as patch:
        # Use the narrowest strips.
        patch.setitem(net.STRIP, precision, 1)
        strips = CenterFaceNet(threads=1, precision=precision).infer(picture, 0.0)
    assert len(whole.boxes) == len(strips.boxes)
    for one, other in zip(whole, strips, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(
    "draw",
    [scenes.astronaut, scenes.hopper, lambda: scenes.grid().image],
    ids=["astronaut", "hopper", "call"],
)
def test_int8_finds_the_same_faces_as_fp32(draw: Callable[[], NDArray[np.uint8]]) -> None:
    image = draw()
    plain = CenterFace(net=CenterFaceNet(threads=1, precision="fp32"), thorough=True)
    small = CenterFace(net=CenterFaceNet(threads=1, precision="int8"), thorough=True)
    expected, found = plain.detect(image), small.detect(image)
    assert len(found) == len(expected)
    for face in expected:
        same = max(found, key=lambda other: face.box.iou(other.box))
        assert face.box.iou(same.box) > 0.85
        assert same.detection_confidence == pytest.approx(face.detection_confidence, abs=0.1)
        assert face.landmarks is not None
        assert same.landmarks is not None
        assert np.abs(face.landmarks - same.landmarks).max() < 0.05 * face.box.height


def test_missing_weights_raise_model_file_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(net, "files", lambda _: tmp_path)
    with pytest.raises(ModelFileError, match="weights are not in the package"):
        CenterFace()


def test_single_threaded_detector_finds_the_same_faces_and_loads_its_net_only_once() -> None:
    loaded = CenterFaceNet(threads=2)
    detector = CenterFace(net=loaded)
    single = detector.single_threaded()
    for image in (scenes.astronaut(), scenes.grid(columns=3, rows=2, people=5).image):
        pairs = zip(detector.detect(image), single.detect(image), strict=True)
        assert all(one.box == other.box for one, other in pairs)
    assert loaded.single_threaded is not loaded
    assert loaded.single_threaded is loaded.single_threaded
    assert loaded.single_threaded.single_threaded is loaded.single_threaded


def test_single_threaded_detector_keeps_using_a_net_that_runs_in_another_process() -> None:
    class FarNet:
        searched = 0

        def infer(self, picture: NDArray[np.uint8], threshold: float) -> Candidates:
            self.searched += 1
            return local.infer(picture, threshold)

    local, far = CenterFaceNet(threads=1), FarNet()
    assert len(CenterFace(net=far).single_threaded().detect(scenes.astronaut())) == 1
    assert far.searched
