from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from roomread.bench.call import orl_people
from roomread.bench.scenes import astronaut, hopper
from roomread.faces import CenterFace
from roomread.identity import DlibResNet, align
from roomread.identity.embedder import similarity

numbers = st.floats(-1000, 1000)


@given(
    st.lists(st.tuples(numbers, numbers), min_size=2, max_size=5, unique=True),
    st.floats(0.1, 10),
    st.floats(-np.pi, np.pi),
    st.tuples(numbers, numbers),
)
def test_similarity_transform_recovers_rotation_scale_and_shift(
    points: list[tuple[float, float]], scale: float, angle: float, shift: tuple[float, float]
) -> None:
    source = np.array(points)
    if np.ptp(source, axis=0).max() < 1e-3:
        return
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    target = scale * source @ turn.T + shift
    matrix, moved = similarity(source, target)
    np.testing.assert_allclose(source @ matrix.T + moved, target, atol=1e-5)


def landmarks(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    (face,) = CenterFace().detect(image)
    assert face.landmarks is not None
    return face.landmarks


@pytest.fixture(scope="module")
def net() -> DlibResNet:
    return DlibResNet()


@pytest.mark.parametrize("width", [90, 512, 3000])
def test_aligned_crop_has_its_landmarks_at_the_template_positions_for_any_picture_size(
    width: int, net: DlibResNet
) -> None:
    image = np.asarray(Image.fromarray(astronaut()).resize((width, width)))
    marks = landmarks(astronaut()) * np.float32(width / 512)
    (crop,) = align(image, [marks], net.template, net.side)
    # The detector finds the landmarks within about a twentieth of the crop's side.
    wall = np.full((300, 300, 3), 128, dtype=np.uint8)
    wall[75:225, 75:225] = crop
    assert np.abs(landmarks(wall) - 75 - net.template).max() < 8


def test_tilted_face_is_aligned_upright(net: DlibResNet) -> None:
    upright = align(astronaut(), [landmarks(astronaut())], net.template, net.side)
    leaning = np.asarray(Image.fromarray(astronaut()).rotate(20, Image.Resampling.BICUBIC))
    turned = align(leaning, [landmarks(leaning)], net.template, net.side)
    assert (net.embed(upright) @ net.embed(turned).T).item() > net.threshold


def test_nearest_embedding_belongs_to_the_same_person(net: DlibResNet) -> None:
    """Compare three pictures of each of 20 people with one another."""
    detector, crops = CenterFace(), []
    for pictures in orl_people()[:20]:
        for picture in pictures[:3]:
            wall = np.full((224, 184, 3), 96, dtype=np.uint8)
            wall[56:168, 46:138] = picture
            face = detector.detect(wall)[0]
            assert face.landmarks is not None
            crops.append(align(wall, [face.landmarks], net.template, net.side)[0])
    vectors = net.embed(np.stack(crops))
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    cosines = vectors @ vectors.T
    np.fill_diagonal(cosines, -1)
    people = np.repeat(np.arange(20), 3)
    assert (people[cosines.argmax(axis=1)] == people).all()
    same = people[:, None] == people
    assert np.median(cosines[same & (cosines > -1)]) > net.threshold
    assert np.percentile(cosines[~same], 98) < net.threshold


def test_portraits_of_two_people_are_told_apart(net: DlibResNet) -> None:
    crops = [align(p, [landmarks(p)], net.template, net.side) for p in (astronaut(), hopper())]
    assert (net.embed(crops[0]) @ net.embed(crops[1]).T).item() < net.threshold


def test_embed_accepts_an_empty_batch_and_refuses_crops_of_another_size(net: DlibResNet) -> None:
    assert net.embed(np.empty((0, 150, 150, 3), dtype=np.uint8)).shape == (0, 128)
    with pytest.raises(ValueError, match="uint8"):
        net.embed(np.zeros((1, 48, 48), dtype=np.uint8))
