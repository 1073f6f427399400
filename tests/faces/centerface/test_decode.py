from __future__ import annotations

import numpy as np

from roomread.faces.centerface.decode import decode


def test_peak_of_the_heatmap_is_decoded_into_a_face() -> None:
    heatmap = np.zeros((1, 6, 8), dtype=np.float32)
    heatmap[0, 2, 5] = 0.9
    scale = np.zeros((2, 6, 8), dtype=np.float32)
    scale[:, 2, 5] = np.log([10.0, 6.0])  # 40 px high, 24 px wide
    offset = np.full((2, 6, 8), 0.25, dtype=np.float32)
    points = np.tile(np.array([0.25, 0.75], dtype=np.float32), 5)[:, None, None]
    boxes, landmarks, confidence = decode(
        [heatmap, scale, offset, np.broadcast_to(points, (10, 6, 8))], 0.5
    )
    # The centre of the box is x = 4 * (5 + 0.5 + 0.25), y = 4 * (2 + 0.5 + 0.25).
    np.testing.assert_allclose(boxes, [[[11, -9], [35, 31]]], rtol=1e-5)
    np.testing.assert_allclose(landmarks, [[[29, 1]] * 5], rtol=1e-5)
    np.testing.assert_allclose(confidence, [0.9], rtol=1e-5)
