"""Turn detected faces into readings: crop them, assess their quality, apply net and profiles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from roomread.classifier import (
    ExpressionClassifier,
    FaceClassifier,
    Head,
    ModelFile,
    Prediction,
)
from roomread.classifier.face_outputs import named_units, pose_of
from roomread.errors import ProfileError
from roomread.faces import assess_quality, cut
from roomread.faces.covers import COVERED, cover_scores, doubted
from roomread.faces.crops import crop_turn
from roomread.faces.pose import combined_pose
from roomread.fewshot import Adapter, ProfileBinding
from roomread.fewshot.profile import Observation
from roomread.pipeline.views import larger_geometry, predict_views
from roomread.readings import Face, Frame, Quality, Reading, Unreadable
from roomread.tracking import ScoreCache


@dataclass(frozen=True, slots=True, eq=False)
class CutFaces:
    """The faces cut out of one frame, with all that is needed to read them without the frame.

    Attributes:
        source: The name of the picture or video that the frame comes from.
        time: The frame's time, s.
        index: The frame's position in its source.
        faces: The N faces that were detected in the frame.
        crops: A grey picture of each face, uint8 [N, side, side], in the order of `faces`.
        larger_crops: The same faces of a single picture in crops that are a tenth larger, uint8 [N,
            side, side]; None if only one crop of each face is read.
        qualities: How well each face can be seen, in the order of `faces`.
        cover_of: The log odds that a mask, a hand or another object covers a part of a face, by the
            face's position in `faces`. Faces that are unreadable for another reason are left out;
            empty if the faces are not checked for covers.
    """

    source: str
    time: float
    index: int
    faces: Sequence[Face]
    crops: NDArray[np.uint8]
    larger_crops: NDArray[np.uint8] | None
    qualities: Sequence[Quality]
    cover_of: Mapping[int, float]

    @property
    def readable(self) -> list[int]:
        """The positions in `faces` of the faces that can be read."""
        return [i for i, quality in enumerate(self.qualities) if quality.reason is None]


class FaceReader:
    """A stage that turns the faces of a frame into readings; it has no state and is thread-safe.

    A face covered by a mask or a hand is unreadable, and a face that may be covered is read with
    less confidence. If profiles of states are used, faces are not checked for covers, because a
    hand may be part of a state.

    Of a single picture, a net of a model file reads four views of each readable face: the crop, a
    crop that is a tenth larger, and the mirror images of both. Its outputs are averaged. In a
    video, whose scores are averaged over time, it reads the crop, and the mirror image of a crop
    that was rotated upright. Other classifiers read one crop.

    Args:
        classifier: The net that reads expressions.
        profiles: The profiles and the tracks they are bound to.

    Raises:
        ProfileError: The profiles were taught with another net, contradict each other, or are used
            with a head of the net that is not its default.
    """

    def __init__(self, classifier: FaceClassifier, profiles: Sequence[ProfileBinding] = ()) -> None:
        self.classifier = classifier
        self.profiles = tuple(profiles)
        self._adapter = Adapter(self.profiles, self._taught_with().model) if self.profiles else None
        # The detection of covers was measured with the crops of model files only. A taught state
        # may involve a cover, such as a hand at the mouth.
        self._detects_covers = isinstance(classifier, ExpressionClassifier) and not any(
            each.profile.is_state for each in self.profiles
        )

    @property
    def model(self) -> ModelFile:
        """The model file of the classifier.

        Raises:
            ProfileError: The classifier has no model file, which profiles need.
        """
        return self._of_model_file().model

    def read(
        self,
        frame: Frame,
        faces: Sequence[Face],
        track_ids: Sequence[int] | None = None,
        *,
        cache: ScoreCache[Prediction] | None = None,
    ) -> list[Reading]:
        """Return the readings of N faces, in their order.

        Args:
            frame: The picture that shows the faces.
            faces: The N faces, px of the picture.
            track_ids: Their N track ids in a video; None in a single picture.
            cache: Recent predictions for the tracks. They are reused until they expire; new ones
                are stored. None to predict every face again.
        """
        tracks: Sequence[int | None] = track_ids if track_ids is not None else [None] * len(faces)
        cached = [_cached(cache, track_id, frame.time) for track_id in tracks]
        due = [i for i, prediction in enumerate(cached) if prediction is None]
        fresh = self._predict(
            frame,
            [faces[i] for i in due],
            [track_ids[i] for i in due] if track_ids is not None else None,
            count=len(faces),
            covers=self._detects_covers,
        )
        predictions = dict(zip(due, fresh, strict=True))
        for i, prediction in predictions.items():
            track_id = tracks[i]
            if cache is not None and track_id is not None:
                cache.keep(track_id, prediction, frame.time)
        return [
            _reading(frame, face, track_id, known if known is not None else predictions[i])
            for i, (face, track_id, known) in enumerate(zip(faces, tracks, cached, strict=True))
        ]

    def observe(self, frame: Frame, faces: Sequence[Face]) -> list[Observation]:
        """Return the readings of `faces`, in this order, with the net's features and logits.

        Four views of each face are read, so that what is learnt depends less on a single crop.

        Raises:
            ProfileError: The classifier has no model file, or another head than the default.
        """
        self._taught_with()
        # A state may be taught with covered faces, such as faces with a hand at the mouth.
        predictions = self._predict(frame, faces, None, count=len(faces), covers=False)
        return [
            Observation(_reading(frame, face, None, each), each.features, each.logits)
            for face, each in zip(faces, predictions, strict=True)
        ]

    def cut_faces(self, frame: Frame, faces: Sequence[Face]) -> CutFaces:
        """Cut out and assess the faces of a picture for `read_cut`; this method is thread-safe."""
        return self._cut(frame, faces, covers=self._detects_covers, four_views=True)

    def read_cut(self, frames: Sequence[CutFaces]) -> list[list[Reading]]:
        """Return the readings of several pictures, whose faces the net reads in one batch.

        Args:
            frames: The results of `cut_faces` for the pictures.

        Returns:
            The readings of each picture, as `read` returns them.
        """
        return [
            [
                _reading(cut_out, face, None, prediction)
                for face, prediction in zip(
                    cut_out.faces,
                    self._completed(cut_out, read, [None] * len(read), len(cut_out.faces)),
                    strict=True,
                )
            ]
            for cut_out, read in zip(frames, self._read_crops(frames), strict=True)
        ]

    def _predict(
        self,
        frame: Frame,
        faces: Sequence[Face],
        track_ids: Sequence[int] | None,
        *,
        count: int,
        covers: bool,
    ) -> list[Prediction]:
        """Return the predictions for `faces`, which are some of the `count` faces of a frame.

        Args:
            frame: The picture.
            faces: The faces to read.
            track_ids: Their track ids; None for a single picture: four views of each are read.
            count: The number of all faces in the frame.
            covers: Whether faces covered by an object are detected and become unreadable.
        """
        if not faces:
            return []
        cut_out = self._cut(frame, faces, covers=covers, four_views=track_ids is None)
        (read,) = self._read_crops([cut_out])
        tracks = [track_ids[i] if track_ids is not None else None for i in cut_out.readable]
        return self._completed(cut_out, read, tracks, count)

    def _cut(
        self, frame: Frame, faces: Sequence[Face], *, covers: bool, four_views: bool
    ) -> CutFaces:
        framing, side = self.classifier.framing, self.classifier.side
        crops = cut(frame.image, list(faces), framing, side=side)
        wide = None
        if four_views and isinstance(self.classifier, ExpressionClassifier):
            wide = cut(frame.image, list(faces), larger_geometry(framing), side=side)
        # The quality is rounded here, so that it is the same wherever it is shown or stored.
        assessed: Sequence[Quality] = assess_quality(frame.image, list(faces), crops)
        cover_of = _cover_scores(crops, assessed) if covers else {}
        qualities = [
            _with_cover(quality, cover_of.get(i)).rounded(4) for i, quality in enumerate(assessed)
        ]
        return CutFaces(
            frame.source, frame.time, frame.index, faces, crops, wide, qualities, cover_of
        )

    def _read_crops(self, frames: Sequence[CutFaces]) -> list[list[Prediction]]:
        """Return the predictions of the readable faces of each frame, without profiles."""
        crops = [cut_out.crops[cut_out.readable] for cut_out in frames]
        places = [(cut_out, i) for cut_out in frames for i in cut_out.readable]
        if not places:
            return [[] for _ in frames]
        wide = [
            cut_out.larger_crops[cut_out.readable]
            for cut_out in frames
            if cut_out.larger_crops is not None
        ]
        read = iter(
            self._classify(
                np.concatenate(crops),
                np.concatenate(wide) if wide else None,
                [cut_out.qualities[i] for cut_out, i in places],
                turned=np.array([crop_turn(cut_out.faces[i]) != 0 for cut_out, i in places]),
            )
        )
        return [list(islice(read, len(part))) for part in crops]

    def _completed(
        self,
        cut_out: CutFaces,
        read: Sequence[Prediction],
        tracks: Sequence[int | None],
        count: int,
    ) -> list[Prediction]:
        """Apply profiles, convert poses to the picture's axes, and add the unreadable faces.

        Args:
            cut_out: The cut-out faces of one frame.
            read: The predictions of the readable faces.
            tracks: The track ids of the readable faces.
            count: The number of all faces in the frame, including those that were not cut out.
        """
        if self._adapter is not None:
            read = self._adapter.adapt(read, tracks, faces=count)
        of = {
            i: _doubted(each, cut_out.cover_of.get(i))
            for i, each in zip(cut_out.readable, read, strict=True)
        } | self._turned_away(cut_out.crops, cut_out.qualities)
        return [
            _with_pose_in_picture(of.get(i) or Prediction(quality), face, crop_turn(face))
            for i, (face, quality) in enumerate(zip(cut_out.faces, cut_out.qualities, strict=True))
        ]

    def _turned_away(
        self, crops: NDArray[np.uint8], qualities: Sequence[Quality]
    ) -> dict[int, Prediction]:
        """Return predictions that contain only the pose, for the faces that are turned away."""
        classifier = self.classifier
        away = [i for i, each in enumerate(qualities) if each.reason is Unreadable.TURNED_AWAY]
        if not away or not isinstance(classifier, ExpressionClassifier):
            return {}
        poses = classifier.predict(crops[away]).pose
        return {
            i: Prediction(qualities[i], pose=pose_of(pose))
            for i, pose in zip(away, poses, strict=True)
        }

    def _classify(
        self,
        crops: NDArray[np.uint8],
        larger_crops: NDArray[np.uint8] | None,
        qualities: Sequence[Quality],
        *,
        turned: NDArray[np.bool_],
    ) -> list[Prediction]:
        """Return the predictions of readable crops uint8 [N, side, side], without profiles.

        See `views.predict_views` for the arguments.
        """
        classifier = self.classifier
        if not isinstance(classifier, ExpressionClassifier):
            scores = classifier.classify(crops)
            return [Prediction(*each) for each in zip(qualities, scores, strict=True)]
        output = predict_views(classifier, crops, larger_crops, turned=turned)
        names = tuple(classifier.model.card.action_units)
        return [
            Prediction(
                quality,
                scores,
                features=output.features[i],
                logits=output.logits[i],
                action_units=named_units(names, output.action_units[i]),
                pose=pose_of(output.pose[i]),
            )
            for i, (quality, scores) in enumerate(
                zip(qualities, classifier.scores(output), strict=True)
            )
        ]

    def _taught_with(self) -> ExpressionClassifier:
        """Return the classifier; raise ProfileError if it cannot be used with profiles."""
        classifier = self._of_model_file()
        if classifier.head is not Head.TAGGERS:
            raise ProfileError(
                f"profiles apply to the head '{Head.TAGGERS}' of the net, but '{classifier.head}' "
                "was chosen",
                hint=f"use profiles with the head '{Head.TAGGERS}'",
            )
        return classifier

    def _of_model_file(self) -> ExpressionClassifier:
        if not isinstance(self.classifier, ExpressionClassifier):
            raise ProfileError(
                "profiles need a model file, but this classifier has no model file",
                hint="use ExpressionClassifier",
            )
        return self.classifier


def _with_pose_in_picture(prediction: Prediction, face: Face, turned: float) -> Prediction:
    """Return a prediction with the face's pose relative to the picture instead of the crop."""
    if prediction.pose is None:
        return prediction
    pose = combined_pose(prediction.pose, face.landmarks, turned=turned)
    return prediction._replace(pose=pose)


def _cached(
    cache: ScoreCache[Prediction] | None, track_id: int | None, time: float
) -> Prediction | None:
    return cache.find(track_id, time) if cache is not None and track_id is not None else None


def _reading(
    frame: Frame | CutFaces, face: Face, track_id: int | None, prediction: Prediction
) -> Reading:
    return Reading(
        source=frame.source,
        time=frame.time,
        frame_index=frame.index,
        # Rounded for the same reason as the quality.
        box=face.box.rounded(2),
        detection_confidence=round(face.detection_confidence, 4),
        quality=prediction.quality,
        scores=prediction.scores,
        track_id=track_id,
        person=prediction.person,
        landmarks=face.landmarks,
        states=prediction.states,
        valence=None if prediction.scores is None else prediction.scores.valence,
        pose=prediction.pose,
        action_units=prediction.action_units,
    )


def _cover_scores(crops: NDArray[np.uint8], qualities: Sequence[Quality]) -> dict[int, float]:
    """Return the log odds that each readable face is covered, by the face's position."""
    readable = [i for i, quality in enumerate(qualities) if quality.reason is None]
    if not readable:
        return {}
    return dict(zip(readable, cover_scores(crops[readable]).tolist(), strict=True))


def _with_cover(quality: Quality, cover_score: float | None) -> Quality:
    """Return the quality of a face, with the reason `COVERED` if the face is covered."""
    if cover_score is None or cover_score <= COVERED:
        return quality
    return replace(quality, reason=Unreadable.COVERED)


def _doubted(prediction: Prediction, cover_score: float | None) -> Prediction:
    """Return a prediction with less confidence if the face may be covered."""
    if cover_score is None or prediction.scores is None:
        return prediction
    return prediction._replace(scores=doubted(prediction.scores, cover_score))
