"""A request to teach a profile, and the checks before any picture is decoded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from roomread.errors import ProfileError
from roomread.fewshot.profile import check_name
from roomread.readings import Expression

Source = TypeVar("Source")


class ConsentMissingError(ProfileError):
    """A person's face would be stored without a recorded consent."""


@dataclass(frozen=True)
class ReferencePicture(Generic[Source]):
    """One picture to learn from.

    Attributes:
        picture: a path, encoded bytes or pixels, as accepted by the argument `decode` of
            `TeachingService.teach`.
        name: the name of the picture in messages.
        expression: the expression of a person's picture; None if it
            shows a state, such as "tired".
    """

    picture: Source
    name: str
    expression: Expression | None = None


@dataclass(frozen=True)
class TeachingRequest(Generic[Source]):
    """A request to teach a person's face or a state.

    Attributes:
        name: the name of the person or the state.
        references: the pictures; every picture of a person has an expression, and no picture of a
            state has an expression.
        person: the person in a state's pictures; None for a state of no particular person.
        consent: a text that records who agreed and how; required if a person's face is stored.
    """

    name: str
    references: tuple[ReferencePicture[Source], ...]
    person: str | None = None
    consent: str = ""

    @property
    def is_state(self) -> bool:
        """Whether a state is taught, and not a person's face."""
        return any(reference.expression is None for reference in self.references)

    @property
    def face_of(self) -> str | None:
        """The person whose face is stored, with consent; None if no person is given."""
        return self.person if self.is_state else self.name

    def check(self) -> None:
        """Check everything that can be checked without decoding a picture.

        Raises:
            ProfileError: a name is not allowed, there is no picture, only some pictures have an
                expression, or a person is given although no state is taught.
            ConsentMissingError: a person's face would be stored without consent.
        """
        check_name(self.name)
        if not self.references:
            raise ProfileError(f"there is no picture of '{self.name}' to learn from")
        if self.is_state and any(r.expression is not None for r in self.references):
            raise ProfileError(
                "only some of the pictures are labelled with an expression",
                hint="teach a person and a state separately",
            )
        if self.person is not None:
            if not self.is_state:
                raise ProfileError(
                    "a person can be given only with pictures of a state",
                    hint="leave out the person",
                )
            check_name(self.person)
        if self.face_of is not None and not self.consent.strip():
            raise ConsentMissingError(f"the consent of {self.face_of} is not recorded")
