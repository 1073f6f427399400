"""Show the picture of a webcam with the expressions of the faces in it; press q to quit.

pip install roomread opencv-python
python webcam.py             # or webcam.py 1 for the second camera, or the path of a video
"""

from __future__ import annotations

import sys
import time

import cv2

from roomread import Analyzer, Frame
from roomread.media import draw_readings


def main(source: str) -> None:
    """Read and show the frames of a source.

    Args:
        source: The number of a camera, or the path of a video.
    """
    capture = cv2.VideoCapture(int(source) if source.isdigit() else source)
    if not capture.isOpened():
        sys.exit(f"{source}: cannot be opened; is the camera used by another program?")
    # It follows the faces of one video, and averages the scores of each face over time.
    stream = Analyzer().stream_analyzer()
    start, index = time.monotonic(), 0
    while True:
        there, picture = capture.read()
        if not there:
            break
        # OpenCV uses BGR pictures, Roomread RGB.
        frame = Frame(
            cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), time.monotonic() - start, index, source
        )
        drawn = draw_readings(frame.image, stream.update(frame))
        cv2.imshow("Roomread", cv2.cvtColor(drawn, cv2.COLOR_RGB2BGR))
        index += 1
        if cv2.waitKey(1) & 0xFF == ord("q"):
            break
    capture.release()
    cv2.destroyAllWindows()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "0")
