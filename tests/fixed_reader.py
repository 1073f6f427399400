"""Run a worker that reads videos without nets, and finds the same happy face in every frame."""

from roomread import Analyzer
from roomread.jobs.video_worker import main
from roomread.testing import FixedClassifier, FixedDetector

BOX = (8.0, 8.0, 100.0, 110.0)


def fixed_analyzer() -> Analyzer:
    return Analyzer(detector=FixedDetector([BOX]), classifier=FixedClassifier())


if __name__ == "__main__":
    main(fixed_analyzer)
