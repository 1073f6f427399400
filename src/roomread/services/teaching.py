"""Teach profiles of people, or of states such as "tired", from pictures, and manage profiles."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from roomread.classifier import ModelFile
from roomread.errors import ProfileError
from roomread.fewshot import (
    Adapter,
    Consent,
    LeaveOneOutResult,
    Profile,
    ProfileBinding,
    evaluate,
)
from roomread.fewshot.adapter import check_model
from roomread.fewshot.profile import Observation, Observer, check_against
from roomread.media.images import Picture
from roomread.readings import Expression, Frame
from roomread.services.profile_summary import ProfileSummary, summarize
from roomread.services.teaching_request import Source, TeachingRequest

# A picture, or the face that was already observed in it.
Learnable = Picture | Observation
MAX_PROFILES = 100


class ProfileExistsError(ProfileError):
    """A profile of this name exists, and replacing it was not requested."""


class TooManyProfilesError(ProfileError):
    """The owner already has `MAX_PROFILES` profiles."""


class ProfileNotFoundError(ProfileError):
    """The owner has no profile of this name."""


class ProfileNotHelpfulError(ProfileError):
    """A profile does not improve the reading of its references, and `force` was not set."""


class ProfileShelf(Protocol):
    """The storage of one owner's profiles, such as `fewshot.ProfileStore`."""

    def names(self) -> list[str]:
        """Return the names of all profiles, sorted."""

    def load(self, name: str) -> Profile:
        """Return one profile.

        Raises:
            ProfileError: There is no profile of this name, or the profile is damaged. The message
                contains no path.
        """

    def keep(self, profile: Profile, *, replace: bool = False) -> object:
        """Store one profile."""

    def delete(self, name: str) -> None:
        """Remove one profile for good, even a damaged one."""


@dataclass(frozen=True, slots=True)
class TaughtProfile:
    """A profile that was taught but is not stored yet.

    Attributes:
        profile: the profile.
        result: the result of testing the profile on its own reference pictures.
        model: the net with which it was taught.
    """

    profile: Profile
    result: LeaveOneOutResult
    model: ModelFile


@dataclass(frozen=True, slots=True)
class PictureCheck:
    """The result of checking whether a profile can be learnt from a picture.

    Attributes:
        faces: the number of faces in the picture.
        face: the face with the net's outputs; None unless there is exactly one face.
        problem: why the picture cannot be decoded, in one line; empty if there is no problem.
    """

    faces: int = 0
    face: Observation | None = None
    problem: str = ""

    @property
    def is_good(self) -> bool:
        """Whether the picture shows exactly one readable face."""
        return self.face is not None and self.face.features is not None

    @property
    def shown(self) -> Expression | None:
        """The expression of the picture's only face.

        None if the picture does not show exactly one face, or if no expression was recognised.
        """
        return self.face.reading.expression if self.face is not None else None


def check_reference(image: NDArray[np.uint8], name: str, analyzer: Observer) -> PictureCheck:
    """Check whether a picture shows exactly one readable face, and read the face.

    Args:
        image: the pixels, uint8 [H, W, 3].
        name: the picture's name.
        analyzer: finds the faces and computes the net's outputs.
    """
    seen = analyzer.observe(Frame(image, 0.0, 0, name))
    return PictureCheck(len(seen), seen[0] if len(seen) == 1 else None)


class TeachingService:
    """The profiles of one owner, to teach, list, test, import and delete them.

    Args:
        shelf: the storage of the owner's profiles.
    """

    def __init__(self, shelf: ProfileShelf) -> None:
        self._shelf = shelf

    def teach(
        self,
        request: TeachingRequest[Source],
        analyzer: Observer,
        *,
        decode: Callable[[Source, str], NDArray[np.uint8] | Observation],
    ) -> TaughtProfile:
        """Learn a profile from pictures and test it, without storing it.

        Args:
            request: the name of the profile and its pictures.
            analyzer: finds the faces and computes the net's outputs.
            decode: a function that takes a picture and its name, and returns the pixels, uint8
                [H, W, 3], or the face that was already observed in the picture.

        Raises:
            MediaError: a picture cannot be read.
            ProfileError: see `TeachingRequest.check` and `Profile.from_references`; or a picture
                is also a reference of another state's profile.
        """
        request.check()
        decoded = [(r, decode(r.picture, r.name)) for r in request.references]
        if request.is_state:
            names = [reference.name for reference, _ in decoded]
            pictures: dict[Expression, list[Learnable]] | list[Learnable] = [p for _, p in decoded]
        else:
            by_expression = {
                e: [(r.name, p) for r, p in decoded if r.expression is e] for e in Expression
            }
            names = [name for each in by_expression.values() for name, _ in each]
            pictures = {e: [p for _, p in each] for e, each in by_expression.items() if each}
        profile = Profile.from_references(
            request.name,
            pictures,
            analyzer=analyzer,
            person=request.person,
            consent=Consent.today(request.consent) if request.consent.strip() else None,
            names=names,
        )
        check_against(profile, self._others(request.name), analyzer.model)
        return TaughtProfile(profile, evaluate(profile, analyzer.model), analyzer.model)

    def keep(self, taught: TaughtProfile, *, replace: bool = False, force: bool = False) -> None:
        """Store a taught profile.

        Args:
            taught: the result of `teach`.
            replace: overwrite a profile of this name.
            force: store the profile even if it does not improve the reading of its references.

        Raises:
            ProfileNotHelpfulError: the profile does not improve the reading of its references.
            ProfileExistsError, TooManyProfilesError: see `check_place`.
            ProfileError: a picture is also a reference of another state's profile.
        """
        profile = taught.profile
        if taught.result.helps is False and not force:
            raise ProfileNotHelpfulError(
                f"'{profile.name}' does not help and was not kept: {taught.result}",
                hint="add clearer or more pictures",
            )
        self._keep(profile, taught.model, replace=replace)

    def import_profile(self, profile: Profile, model: ModelFile, *, replace: bool = False) -> None:
        """Store a profile that was exported elsewhere.

        Raises:
            ProfileError: the profile was taught with another net, or one of its pictures is also a
                reference of another state's profile.
            ProfileExistsError, TooManyProfilesError: see `check_place`.
        """
        check_model(profile, model)
        self._keep(profile, model, replace=replace)

    def check_place(self, name: str, *, replace: bool = False) -> None:
        """Check that a profile of this name may be stored.

        Raises:
            ProfileExistsError: a profile of this name exists, and `replace` is not set.
            TooManyProfilesError: the owner has the maximum number of profiles.
        """
        names = self._shelf.names()
        if name in names and not replace:
            raise ProfileExistsError(f"there is already a profile '{name}'")
        if name not in names and len(names) >= MAX_PROFILES:
            raise TooManyProfilesError(
                f"{MAX_PROFILES} profiles are already stored", hint="delete one that is not used"
            )

    def names(self) -> list[str]:
        """Return the names of all profiles, including damaged ones."""
        return self._shelf.names()

    def load(self, name: str) -> Profile:
        """Return one profile.

        Raises:
            ProfileNotFoundError: there is no profile of this name.
            ProfileError: the profile is damaged.
        """
        self._check_exists(name)
        return self._shelf.load(name)

    def summary(self, name: str) -> ProfileSummary:
        """Return the summary of a profile; the summary of a damaged profile states the damage.

        Raises:
            ProfileNotFoundError: there is no profile of this name.
        """
        self._check_exists(name)
        try:
            return summarize(self._shelf.load(name))
        except ProfileError as error:
            return ProfileSummary(name, problem=f"damaged: {error.problem}")

    def summaries(self) -> list[ProfileSummary]:
        """Return the summaries of all profiles, including damaged ones."""
        return [self.summary(name) for name in self._shelf.names()]

    def try_out(self, name: str, model: ModelFile) -> LeaveOneOutResult:
        """Test a profile by reading each reference with a profile learnt from the other references.

        Raises:
            ProfileNotFoundError: there is no profile of this name.
            ProfileError: the profile is damaged, or was taught with another net.
        """
        return evaluate(self.load(name), model)

    def delete(self, name: str) -> None:
        """Delete a profile for good, even a damaged one.

        Raises:
            ProfileNotFoundError: there is no profile of this name.
        """
        self._check_exists(name)
        self._shelf.delete(name)

    def room_states(self) -> list[str]:
        """Return the names of the states that were taught for no particular person."""
        names = []
        for name in self.names():
            # Skip damaged profiles, which the Teach page reports.
            with contextlib.suppress(ProfileError):
                if self.load(name).is_of_anyone:
                    names.append(name)
        return names

    def usable(
        self, names: Iterable[str], model: ModelFile
    ) -> tuple[list[Profile], dict[str, ProfileError]]:
        """Return the profiles that can be used together, and the other profiles' errors by name.

        Args:
            names: the names in order of preference; of two profiles that contradict each other, the
                first is used.
            model: the net with which the profiles are used.
        """
        good: list[Profile] = []
        refused: dict[str, ProfileError] = {}
        for name in names:
            try:
                profile = self.load(name)
                Adapter([ProfileBinding(each) for each in [*good, profile]], model)
            except ProfileError as error:
                refused[name] = error
            else:
                good.append(profile)
        return good, refused

    def _keep(self, profile: Profile, model: ModelFile, *, replace: bool) -> None:
        self.check_place(profile.name, replace=replace)
        check_against(profile, self._others(profile.name), model)
        self._shelf.keep(profile, replace=replace)

    def _check_exists(self, name: str) -> None:
        names = self._shelf.names()
        if name not in names:
            known = f"the profiles are: {', '.join(names)}" if names else "no profile is stored yet"
            raise ProfileNotFoundError(f"there is no profile '{name}'", hint=known)

    def _others(self, name: str) -> Sequence[Profile]:
        """Return all undamaged profiles except the profile of this name."""
        others = []
        for other in self._shelf.names():
            if other != name:
                with contextlib.suppress(ProfileError):
                    others.append(self._shelf.load(other))
        return others
