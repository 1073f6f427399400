"""Define profiles, which contain features and logits of reference pictures."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from roomread.classifier import ModelFile
from roomread.errors import ProfileError
from roomread.fewshot.feature_statistics import feature_statistics_of
from roomread.fewshot.json_values import to_text, to_vector
from roomread.media import read_image
from roomread.media.images import Picture
from roomread.readings import Expression, Frame, Reading

FORMAT = "roomread-profile"
VERSION = 1
# Maximum size of a profile; a hundred references of a wide net take 2 MB.
MAX_BYTES = 4 * 2**20
MAX_REFERENCES = 100
_NAME = re.compile(r"[^\W_][\w-]{0,39}")
_EXPRESSIONS = {e.display_name: e for e in Expression}
# Cosines of normalised features above which two references are the same picture. Pictures of a face
# taken half a second apart have 0.8 to 0.98. The lower limit is for references of different labels.
_SAME_PICTURE, _SAME_FACE = 0.9995, 0.99


def _today() -> str:
    return datetime.now(UTC).date().isoformat()


@dataclass(frozen=True, slots=True)
class Consent:
    """A person's consent to the use of their pictures for a profile.

    Attributes:
        given: A text that states who agreed and how.
        on: The day of the consent, such as 2026-01-31.
    """

    given: str
    on: str

    @classmethod
    def today(cls, given: str) -> Consent:
        """Create a consent that is dated today (UTC)."""
        return cls(given, _today())


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """The face of one reference picture.

    Attributes:
        label: The name of an expression, or of the state that the profile teaches.
        features: The net's features, float32 [D].
        logits: The net's logits, float32 [7].
    """

    label: str
    features: NDArray[np.float32]
    logits: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Observation:
    """A face in a picture, with the net's outputs for it.

    Attributes:
        reading: The reading of the face.
        features: The net's features, float32 [D]; None when the face cannot be read.
        logits: The net's logits, float32 [7]; None when the face cannot be read.
    """

    reading: Reading
    features: NDArray[np.float32] | None
    logits: NDArray[np.float32] | None

    def reference(self, label: str, *, name: str) -> Reference:
        """Return the face as a reference of a profile.

        Args:
            label: The name of an expression or a state.
            name: The picture's name in messages.

        Raises:
            ProfileError: The face cannot be read.
        """
        if self.features is None or self.logits is None:
            problem = f"{name}: the face cannot be read: {self.reading.quality.reason}"
            raise ProfileError(problem, hint="take another picture")
        return Reference(label, self.features, self.logits)


class Observer(Protocol):
    """An object that finds faces and computes the net's outputs, such as an `Analyzer`."""

    @property
    def model(self) -> ModelFile:
        """The file of the net whose outputs are computed."""

    def observe(self, frame: Frame) -> list[Observation]:
        """Return the faces of a frame, largest first."""


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """A person or a state, taught from a few pictures.

    Attributes:
        name: The name of the person or state in lower case. A state is shown under this name.
        references: The faces of the reference pictures, at least one.
        model: The net's name.
        digest: The net's digest; features cannot be used with another net.
        person: The person whose face the pictures show; None for a state of no particular person.
        consent: That person's consent; None only where `person` is None.
        created: The day on which the profile was taught, such as 2026-01-31.
    """

    name: str
    references: tuple[Reference, ...]
    model: str
    digest: str
    person: str | None = None
    consent: Consent | None = None
    created: str = field(default_factory=_today)

    def __post_init__(self) -> None:
        """Check that the fields are valid and consistent.

        Raises:
            ProfileError: The name is invalid; the number of references is 0 or too large; the
                references are labelled neither all with expressions nor all with the profile's
                name; they come from different nets; expressions are taught in a profile that is
                not a person's; or a person's consent is missing.
        """
        check_name(self.name)
        labels = {reference.label for reference in self.references}
        if not 1 <= len(self.references) <= MAX_REFERENCES:
            raise ProfileError(
                f"{self.name}: has {len(self.references)} references, not 1 to {MAX_REFERENCES}"
            )
        if labels != {self.name} and not labels <= set(_EXPRESSIONS):
            raise ProfileError(
                f"{self.name}: cannot have references labelled {', '.join(sorted(labels))}",
                hint="label each with an expression, or all with the name of the profile",
            )
        if len({len(reference.features) for reference in self.references}) > 1:
            raise ProfileError(f"{self.name}: its references were not all computed by the same net")
        if labels != {self.name} and self.person != self.name:
            raise ProfileError(
                f"{self.name}: a profile with expressions must belong to a person of the same name"
            )
        if self.person is not None and (self.consent is None or not self.consent.given.strip()):
            raise ProfileError(
                f"{self.name}: the consent of {self.person} is not recorded",
                hint="record who agreed, and how",
            )

    @property
    def is_state(self) -> bool:
        """Whether the profile is a state, such as "confused", rather than a person's face."""
        return self.references[0].label == self.name

    @property
    def is_of_anyone(self) -> bool:
        """Whether the profile is a state of no particular person, which any face may show."""
        return self.is_state and self.person is None

    @property
    def counts(self) -> dict[str, int]:
        """Number of references of each label."""
        labels = [reference.label for reference in self.references]
        return {label: labels.count(label) for label in dict.fromkeys(labels)}

    @property
    def features(self) -> NDArray[np.float32]:
        """Features of all references, float32 [n, D]."""
        return np.stack([reference.features for reference in self.references])

    @property
    def logits(self) -> NDArray[np.float32]:
        """Logits of all references, float32 [n, 7]."""
        return np.stack([reference.logits for reference in self.references])

    @property
    def expressions(self) -> NDArray[np.int64]:
        """Expressions of a person's references, int64 [n]."""
        return np.array(
            [_EXPRESSIONS[reference.label] for reference in self.references], dtype=np.int64
        )

    @classmethod
    def from_references(
        cls,
        name: str,
        references: Mapping[Expression, Sequence[Picture | Observation]]
        | Sequence[Picture | Observation],
        *,
        analyzer: Observer,
        person: str | None = None,
        consent: Consent | None = None,
        names: Sequence[str] | None = None,
    ) -> Profile:
        """Learn a profile from pictures that show one face each.

        Args:
            name: The name of the person, or of the state, such as "confused".
            references: Pictures of a person by expression, or pictures that show the state. A
                picture may be replaced by the observation of its face.
            analyzer: The object that finds the faces and computes the net's outputs.
            person: The person whose face shows the state; None for no particular person.
            consent: That person's consent.
            names: The pictures' names in messages, in their order; None for their paths.

        Raises:
            MediaError: A picture cannot be read.
            ProfileError: A picture shows no face, several faces, or a face that cannot be read; two
                pictures are the same; or the profile is invalid (see `Profile`).
        """
        if isinstance(references, Mapping):
            labelled = [(e.display_name, p) for e, each in references.items() for p in each]
            person = name
        else:
            labelled = [(name, picture) for picture in references]
        if names is None:
            names = [_called(picture, n) for n, (_, picture) in enumerate(labelled, start=1)]
        learnt = [
            _reference(analyzer, picture, label, called)
            for called, (label, picture) in zip(names, labelled, strict=True)
        ]
        profile = cls(
            name, tuple(learnt), analyzer.model.name, analyzer.model.digest, person, consent
        )
        _check_contradictions(profile, names, analyzer.model)
        return profile

    def to_json(self) -> str:
        """Return the content of the profile's file."""
        values = {
            "format": FORMAT,
            "version": VERSION,
            "name": self.name,
            "person": self.person,
            "consent": {"given": self.consent.given, "on": self.consent.on}
            if self.consent
            else None,
            "model": self.model,
            "digest": self.digest,
            "created": self.created,
            "references": [
                {
                    "label": reference.label,
                    "features": [round(float(v), 5) for v in reference.features],
                    "logits": [round(float(v), 5) for v in reference.logits],
                }
                for reference in self.references
            ],
        }
        return json.dumps(values) + "\n"

    @classmethod
    def from_json(cls, text: str, *, source: str) -> Profile:
        """Parse the content of a profile's file.

        Args:
            text: The content of the file, as `to_json` returned it.
            source: The name of the file in messages.

        Raises:
            ProfileError: The text is not a profile, or is damaged.
        """
        hint = "teach it again, or export it again from its origin"
        try:
            return _from_values(json.loads(text))
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise ProfileError(f"{source}: not a valid profile: {error}", hint=hint) from error
        except ProfileError as error:
            raise ProfileError(f"{source}: {error.problem}", hint=error.hint) from error


def check_name(name: str) -> None:
    """Check that a name is a valid name of a profile.

    Raises:
        ProfileError: The name has invalid characters, is too long, or is that of an expression.
    """
    if not _NAME.fullmatch(name) or name != name.lower():
        problem = f"'{name}' cannot be a profile's name"
        raise ProfileError(problem, hint="use up to 40 lower-case letters, digits, - and _")
    if name in _EXPRESSIONS:
        raise ProfileError(f"'{name}' is one of the seven expressions", hint="choose another name")


def similarity(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the cosines [N, M] of normalised features [N, D] and [M, D]."""
    cosines: NDArray[np.float64] = a @ b.T
    return cosines


def check_against(profile: Profile, others: Sequence[Profile], model: ModelFile) -> None:
    """Check that no reference picture of a state's profile also belongs to another state.

    Raises:
        ProfileError: A reference picture also belongs to another state's profile.
    """
    if not profile.is_state:
        return
    statistics = feature_statistics_of(model)
    x = statistics.normalise(profile.features)
    for other in others:
        if other.name == profile.name or other.digest != profile.digest or not other.is_state:
            continue
        same = similarity(x, statistics.normalise(other.features)).max(axis=1) > _SAME_PICTURE
        if same.any():
            number = int(same.argmax()) + 1
            raise ProfileError(
                f"{profile.name}: reference {number} is also a reference of '{other.name}'",
                hint="one picture cannot show two states; use another",
            )


def _reference(
    analyzer: Observer, picture: Picture | Observation, label: str, called: str
) -> Reference:
    if isinstance(picture, Observation):
        return picture.reference(label, name=called)
    image = read_image(picture, name=called)
    seen = analyzer.observe(Frame(image, 0.0, 0, called))
    if len(seen) != 1:
        found = "no face was found" if not seen else f"{len(seen)} faces were found"
        raise ProfileError(f"{called}: {found}", hint="use a picture that shows one face")
    return seen[0].reference(label, name=called)


def _called(picture: Picture | Observation, number: int) -> str:
    return str(picture) if isinstance(picture, str | Path) else f"picture {number}"


def _check_contradictions(profile: Profile, names: Sequence[str], model: ModelFile) -> None:
    x = feature_statistics_of(model).normalise(profile.features)
    alike = similarity(x, x)
    for second in range(len(x)):
        for first in range(second):
            one, two = profile.references[first].label, profile.references[second].label
            if one != two and alike[first, second] > _SAME_FACE:
                raise ProfileError(
                    f"{names[second]}: is taught as {two}, "
                    f"but {names[first]} is the same picture, taught as {one}",
                    hint="leave out one of them",
                )
            if alike[first, second] > _SAME_PICTURE:
                raise ProfileError(
                    f"{names[second]}: is the same picture as {names[first]}",
                    hint="use a different picture for each reference",
                )


def _from_values(values: Any) -> Profile:
    if not isinstance(values, dict) or values.get("format") != FORMAT:
        raise ValueError("the content is not in the format of Roomread's profiles")
    if values.get("version") != VERSION:
        raise ValueError(
            f"the version is {values.get('version')!r}, but only {VERSION} is supported"
        )
    expected = {"format", "version", "name", "person", "consent", "model", "digest", "created"}
    unknown = sorted(set(values) - expected - {"references"})
    if unknown:
        raise ValueError(f"the field '{unknown[0]}' is unknown")
    consent = values["consent"]
    return Profile(
        name=to_text(values["name"]),
        references=tuple(
            Reference(
                to_text(reference["label"]),
                to_vector(reference["features"]),
                to_vector(reference["logits"], size=7),
            )
            for reference in values["references"]
        ),
        model=to_text(values["model"]),
        digest=to_text(values["digest"]),
        person=None if values["person"] is None else to_text(values["person"]),
        consent=None
        if consent is None
        else Consent(to_text(consent["given"]), to_text(consent["on"])),
        created=to_text(values["created"]),
    )
