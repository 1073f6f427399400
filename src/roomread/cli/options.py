"""Options of the commands that read faces, and their parsed values."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Self

import typer

from roomread.classifier import ExpressionClassifier, Head, bundled_models, open_model
from roomread.classifier.choices import classifier_plugin, make_classifier
from roomread.cluster.archive.tasks import Options
from roomread.errors import PluginError
from roomread.faces import FaceDetector
from roomread.faces import choices as detectors
from roomread.fewshot import ProfileBinding
from roomread.media import Part, Source, open_source
from roomread.pipeline import DEFAULT_CADENCE, Analyzer
from roomread.plugins import PluginKind, plugin_names
from roomread.runtime import Device
from roomread.tracking import choices as trackers

EVERY = typer.Option(help="Time between two analysed frames: 0.5s, 500ms.")
MinFace = Annotated[float | None, typer.Option(min=1, help="Smallest face to read, in pixels.")]
ModelName = Annotated[
    str,
    typer.Option(
        help="The net that reads expressions: a bundled model's name, a file, or a plug-in's name.",
        autocompletion=lambda: [*bundled_models(), *plugin_names(PluginKind.CLASSIFIER)],
    ),
]
DetectorName = Annotated[
    str,
    typer.Option(
        help="Face detector: default, haar, or a plug-in's name (see `roomread plugins`).",
        autocompletion=lambda: [*detectors.BUILT_IN, *plugin_names(PluginKind.DETECTOR)],
    ),
]
HeadName = Annotated[
    Head,
    typer.Option(
        help="The head of the net to use: taggers for what most people see, label for FER-2013's "
        "labels (finds more mild and posed anger and fear), or both for their mean, which is "
        "unsure where they disagree."
    ),
]
TrackerName = Annotated[
    str,
    typer.Option(
        help="The tracker that follows faces in videos: default, or a plug-in's.",
        autocompletion=lambda: [trackers.DEFAULT, *plugin_names(PluginKind.TRACKER)],
    ),
]
DeviceName = Annotated[Device, typer.Option(help="Device that the nets run on.")]
Stream = Annotated[
    int | None,
    typer.Option(
        min=0,
        help="Index of the video track to read, among all tracks of the file; by default the "
        "largest video track.",
    ),
]
Crop = Annotated[
    str | None,
    typer.Option(metavar="X,Y,W,H", help="The part of the screen to read, in pixels."),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress on stderr.")]


def parse_seconds(text: str) -> float:
    """Parse a duration such as "0.5", "0.5s" or "500ms" into seconds.

    Raises:
        typer.BadParameter: The text is not a duration, or is not positive.
    """
    match = re.fullmatch(r"\s*(\d+(?:\.\d*)?|\.\d+)\s*(ms|s)?\s*", text)
    seconds = float(match[1]) / (1000 if match[2] == "ms" else 1) if match else 0.0
    if seconds <= 0:
        raise typer.BadParameter(f"'{text}' is not a time above 0, such as 0.5s or 500ms")
    return seconds


def parse_part(text: str) -> Part:
    """Parse a text such as "100,50,1280,720" into left, top, width and height, px.

    Raises:
        typer.BadParameter: The text is not four whole numbers with commas between them.
    """
    match = re.fullmatch(r"\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+)\s*", text)
    if match is None:
        raise typer.BadParameter(f"'{text}' is not x,y,width,height, such as 100,50,1280,720")
    left, top, width, height = (int(number) for number in match.groups())
    return left, top, width, height


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """The options that choose which frames of a source are read, and which part of them.

    Attributes:
        every: The seconds between two analysed frames; None for every frame.
        stream: The index of the video track among all tracks; None for the largest.
        part: The rectangle of the screen that is read (left, top, width, height), px; None for the
            whole screen.
    """

    every: float | None
    stream: int | None
    part: Part | None

    @classmethod
    def parse(cls, every: str | None, stream: int | None, crop: str | None) -> Self:
        """Parse the texts of the options `--every` and `--crop`.

        Raises:
            typer.BadParameter: A text cannot be parsed.
        """
        return cls(
            parse_seconds(every) if every is not None else None,
            stream,
            parse_part(crop) if crop is not None else None,
        )

    def open(self, source: str | bytes) -> Source:
        """Open a path, address, camera or encoded picture with these options.

        Raises:
            MediaError: The source cannot be read.
        """
        return open_source(source, every=self.every, stream=self.stream, part=self.part)


@dataclass(frozen=True, slots=True)
class NetOptions:
    """The options that choose the detector, the expression net and the tracker.

    Attributes:
        model: A bundled model's name, a model file, or a plug-in's name.
        device: The device that the nets run on.
        min_face: The smallest face that is read, px; None for the detector's default.
        detector: The name of the face detector.
        head: The head (output layer) of the expression net to use.
        tracker: The name of the tracker.
    """

    model: str
    device: Device
    min_face: float | None
    detector: str = detectors.DEFAULT
    head: Head = Head.TAGGERS
    tracker: str = trackers.DEFAULT

    def make_detector(self) -> FaceDetector:
        """Load the detector.

        Raises:
            typer.BadParameter: The size of the smallest face is not a finite number.
            MissingExtraError: The detector's extra is not installed.
            PluginError: There is no such detector, or the plug-in that adds it does not work.
        """
        size = self.min_face
        if size is not None and not math.isfinite(size):
            raise typer.BadParameter(f"{size} is not a finite size in px", param_hint="--min-face")
        return detectors.make_detector(self.detector, min_face=size, device=self.device)

    def make_analyzer(
        self, profiles: Sequence[ProfileBinding] = (), *, read_every_frame: bool = False
    ) -> Analyzer:
        """Load the nets and return an analyzer that uses them.

        Args:
            profiles: The profiles and the tracks that they are bound to.
            read_every_frame: Whether to read every face of every frame of a video.

        Raises:
            typer.BadParameter: The size of the smallest face is not a finite number.
            RoomreadError: A net cannot be loaded, or a profile was taught with another model.
        """
        return Analyzer(
            detector=self.make_detector(),
            classifier=make_classifier(self.model, head=self.head, device=self.device),
            tracker=trackers.tracker_factory(self.tracker),
            profiles=profiles,
            cadence=replace(DEFAULT_CADENCE, read=0.0) if read_every_frame else DEFAULT_CADENCE,
        )

    def for_archive(self, *, every: float | None, piece: float) -> Options:
        """Return the options for reading an archive, after loading both nets to check them.

        Args:
            every: The seconds between two analysed frames; None for every frame.
            piece: The length of the pieces into which longer videos are split, s.

        Raises:
            typer.BadParameter: The size of the smallest face is not a finite number.
            RoomreadError: A net cannot be loaded, or is not a model file.
        """
        self.make_detector()
        if classifier_plugin(self.model) is not None or self.tracker != trackers.DEFAULT:
            # The workers compare the digest of a model file, which plug-ins do not have.
            raise PluginError(
                "an archive can be read only with a model file and the default tracker",
                hint="use a plug-in only for --detector",
            )
        # Workers on Ray have working folders of their own.
        is_bundled = self.model in bundled_models()
        return Options(
            model=self.model if is_bundled else str(Path(self.model).resolve()),
            digest=ExpressionClassifier(open_model(self.model), head=self.head).model.digest,
            head=self.head,
            detector=self.detector,
            min_face=self.min_face,
            every=every,
            piece=piece,
            device=self.device,
        )
