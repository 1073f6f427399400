"""`/api/v1/profiles`: people and states taught from a handful of pictures."""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field, ValidationError
from starlette.datastructures import FormData, UploadFile
from starlette.responses import Response

from roomread.api.analyze import MAX_PICTURES, check_picture, open_form, safe_name
from roomread.api.context import Context, Reader, Sender, ServiceContext
from roomread.api.logs import audit
from roomread.api.problems import RefusedError, responses
from roomread.api.profile_folder import check_there, load_profile, store_of
from roomread.api.shapes import Probability
from roomread.errors import ProfileError
from roomread.fewshot import Consent, LeaveOneOutResult, Profile, ProfileStore, evaluate
from roomread.fewshot.adapter import check_model
from roomread.fewshot.profile import MAX_BYTES, check_against
from roomread.readings import Expression

router = APIRouter(prefix="/api/v1/profiles", tags=["profiles"])
_MOST = 100
_STATE_FIELD = "picture"
_EXPRESSIONS = {e.display_name: e for e in Expression}
_FILES = {
    "type": "array",
    "maxItems": MAX_PICTURES,
    "items": {"type": "string", "contentMediaType": "application/octet-stream"},
}
_BODY = {
    "required": True,
    "description": "Pictures of one face each: a person's by the expression that they show "
    f"(`neutral` alone is enough), or a state's as `{_STATE_FIELD}`.",
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["name"],
                "properties": {
                    "name": {"type": "string", "examples": ["asha"]},
                    "consent": {
                        "type": "string",
                        "description": "Who agreed, and how; needed of a person.",
                        "examples": ["asha agreed, in writing"],
                    },
                    "person": {"type": "string", "description": "Whose face shows a state."},
                    "replace": {"type": "boolean", "description": "Overwrite one of its name."},
                    "force": {"type": "boolean", "description": "Keep it even if it is no help."},
                    _STATE_FIELD: _FILES,
                    **dict.fromkeys(_EXPRESSIONS, _FILES),
                },
            }
        }
    },
}


class LeaveOneOutShape(BaseModel):
    """A profile on its own pictures, each left out in turn."""

    pictures: int = Field(examples=[5])
    right: int = Field(description="Read right without having been taught.", examples=[5])
    general: int | None = Field(description="Read right by the general model; null of a state.")
    before: Probability = Field(description="Of what a person's pictures show, without it.")
    after: Probability = Field(description="The same with it.")
    helps: bool | None = Field(description="Null of one picture: nothing is left to test.")
    said: str = Field(examples=["5 of 5 left-out pictures read right"])


class ProfileShape(BaseModel):
    """A person or a state that was taught; kept as vectors, never as pictures."""

    name: str = Field(examples=["asha"])
    kind: str = Field(description="`person` or `state`; empty of a damaged one.")
    person: str | None = Field(description="Whose face it is; null of a state for everybody.")
    consent: str | None = Field(description="Who agreed, how and when.")
    pictures: dict[str, int] = Field(examples=[{"neutral": 3, "happy": 1}])
    model: str
    digest: str
    created: str = Field(examples=["2026-01-31"])
    problem: str | None = Field(default=None, description="Why it is of no use.")


class TaughtShape(ProfileShape):
    """A profile that was taught now, and what it is worth."""

    trial: LeaveOneOutShape


class ProfilesShape(BaseModel):
    """The asker's own profiles, damaged ones too."""

    profiles: list[ProfileShape]


class _Asked(BaseModel):
    """A form's fields that are no files."""

    name: str = Field(max_length=100)
    consent: str = Field(default="", max_length=1000)
    person: str | None = Field(default=None, max_length=100)
    replace: bool = False
    force: bool = False


@dataclass(slots=True)
class _Sent:
    """Encoded pictures by the field they came in, and their names."""

    asked: _Asked
    pictures: dict[str, list[tuple[str, bytes]]] = field(default_factory=dict)


@router.get("", summary="Your profiles", responses=responses())
def list_all(context: Context, reader: Reader) -> ProfilesShape:
    """The asker's own profiles; those of the app's page Teach too."""
    store = store_of(context, reader)
    return ProfilesShape(profiles=[_listed(store, name) for name in store.names()])


@router.post(
    "",
    status_code=HTTPStatus.CREATED,
    summary="Teach a person or a state",
    responses=responses(408, 409, 413, 422),
    openapi_extra={"requestBody": _BODY},
)
async def teach(request: Request, context: Context, sender: Sender) -> TaughtShape:
    """Learns from a few pictures, of which vectors are kept and nothing else.

    One that does not help on its own pictures is not kept, unless `force` says so.
    """
    async with open_form(request, context) as form:
        sent = await _sent(form, context)
    store = store_of(context, sender)
    asked = sent.asked
    _check_place(store, asked.name, replace=asked.replace)
    async with context.slots.place():
        profile, trial = await context.slots.run(lambda: _learn(context, sent, store))
    if trial.helps is False and not asked.force:
        problem = f"'{profile.name}' does not help and was not kept: {trial}"
        raise ProfileError(problem, hint="send clearer or more pictures, or force=true")
    store.keep(profile, replace=asked.replace)
    audit("profile taught", who=sender.id, person=profile.person is not None)
    return TaughtShape(**_values(profile), trial=_leave_one_out_shape(trial))


@router.get("/{name}", summary="What a profile holds", responses=responses(404, 422))
def show(context: Context, reader: Reader, name: str) -> ProfileShape:
    """One profile, without its vectors."""
    return ProfileShape(**_values(load_profile(store_of(context, reader), name)))


@router.get("/{name}/evaluate", summary="Does it help?", responses=responses(404, 422))
async def try_out(context: Context, reader: Reader, name: str) -> LeaveOneOutShape:
    """Leaves each of its pictures out in turn: is it read better than without the profile?"""
    profile = load_profile(store_of(context, reader), name)
    async with context.slots.place():
        trial = await context.slots.run(lambda: evaluate(profile, context.engine.analyzer.model))
    return _leave_one_out_shape(trial)


@router.get(
    "/{name}/export",
    summary="A profile as a file",
    response_class=Response,
    responses={
        200: {"description": "As `roomread profiles export`.", "content": {"application/json": {}}},
        **responses(404, 422),
    },
)
def download(context: Context, reader: Reader, name: str) -> Response:
    """The whole profile with its vectors, to take it to another service or computer."""
    profile = load_profile(store_of(context, reader), name)
    audit("profile read", who=reader.id)
    return Response(profile.to_json(), media_type="application/json")


@router.put(
    "/{name}",
    summary="Take a profile from a file",
    responses=responses(404, 408, 409, 413, 422),
    openapi_extra={
        "requestBody": {
            "required": True,
            "description": "What `export` wrote.",
            "content": {"application/json": {"schema": {"type": "object"}}},
        }
    },
)
async def take(
    request: Request,
    context: Context,
    sender: Sender,
    name: str,
    *,
    replace: Annotated[bool, Query(description="Overwrite one of its name.")] = False,
) -> ProfileShape:
    """Imports a profile that was taught with the same net."""
    body = await request.body()
    if len(body) > MAX_BYTES:
        raise ProfileError("too large for a profile", hint="is it another file?")
    try:
        profile = Profile.from_json(body.decode(), source="the file")
    except UnicodeDecodeError as error:
        raise ProfileError("the file is not text", hint="is it another file?") from error
    if profile.name != name:
        problem = f"the file holds the profile '{profile.name}'"
        raise ProfileError(problem, hint="ask by its own name")
    check_model(profile, context.engine.analyzer.model)
    store = store_of(context, sender)
    _check_place(store, name, replace=replace)
    store.keep(profile, replace=replace)
    audit("profile imported", who=sender.id, person=profile.person is not None)
    return ProfileShape(**_values(profile))


@router.delete(
    "/{name}",
    status_code=HTTPStatus.NO_CONTENT,
    summary="Delete a profile",
    responses=responses(404),
)
def delete(context: Context, sender: Sender, name: str) -> None:
    """Deletes a profile for good, a damaged one too."""
    store = store_of(context, sender)
    check_there(store, name)
    store.delete(name)
    audit("profile deleted", who=sender.id)


def _check_place(store: ProfileStore, name: str, *, replace: bool) -> None:
    names = store.names()
    if name in names and not replace:
        problem = f"there is a profile '{name}' already"
        raise RefusedError(HTTPStatus.CONFLICT, "is-there", problem, hint="replace=true")
    if name not in names and len(names) >= _MOST:
        problem = f"{_MOST} profiles are kept already"
        raise RefusedError(HTTPStatus.CONFLICT, "too-many-profiles", problem, hint="delete some")


async def _sent(form: FormData, context: ServiceContext) -> _Sent:
    fields: dict[str, Any] = {}
    pictures: dict[str, list[tuple[str, bytes]]] = {}
    for key, value in form.multi_items():
        if not isinstance(value, UploadFile):
            fields[key] = value
        elif key not in _EXPRESSIONS and key != _STATE_FIELD:
            known = ", ".join([*_EXPRESSIONS, _STATE_FIELD])
            raise ProfileError(f"no pictures are called '{safe_name(key)}'", hint=f"but: {known}")
        else:
            name, content = safe_name(value.filename), await value.read()
            check_picture(context, name, content)
            pictures.setdefault(key, []).append((name, content))
    if not pictures:
        raise ProfileError("nothing to learn from", hint="send files as neutral, or as picture")
    if _STATE_FIELD in pictures and len(pictures) > 1:
        problem = "a state and expressions are taught apart"
        raise ProfileError(problem, hint="leave picture or the others out")
    try:
        return _Sent(_Asked.model_validate(fields), pictures)
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(map(str, found["loc"]))
        raise ProfileError(f"{place}: {found['msg']}", hint="see the API's description") from None


def _learn(
    context: ServiceContext, sent: _Sent, store: ProfileStore
) -> tuple[Profile, LeaveOneOutResult]:
    analyzer, asked = context.engine.analyzer, sent.asked
    is_state = _STATE_FIELD in sent.pictures
    _check_person(asked, is_state=is_state)
    # Decoded where strangers' pictures are.
    images = {
        key: [context.engine.frame(content, name).image for name, content in each]
        for key, each in sent.pictures.items()
    }
    consent = Consent.today(asked.consent) if asked.consent.strip() else None
    profile = Profile.from_references(
        asked.name,
        images[_STATE_FIELD]
        if is_state
        else {_EXPRESSIONS[key]: each for key, each in images.items()},
        analyzer=analyzer,
        person=asked.person if is_state else None,
        consent=consent if not is_state or asked.person is not None else None,
        names=[name for each in sent.pictures.values() for name, _ in each],
    )
    check_against(profile, store.readable(), analyzer.model)
    return profile, evaluate(profile, analyzer.model)


def _check_person(asked: _Asked, *, is_state: bool) -> None:
    if not is_state and asked.person is not None:
        raise ProfileError("a person goes with a state", hint="leave person out")
    whose = asked.person if is_state else asked.name
    if whose is not None and not asked.consent.strip():
        hint = "send consent: who agreed, and how"
        raise ProfileError(f"no consent of {whose} is recorded", hint=hint)


def _listed(store: ProfileStore, name: str) -> ProfileShape:
    try:
        return ProfileShape(**_values(store.load(name)))
    except ProfileError as error:
        # Its words name the operator's folder.
        problem = f"damaged: {error.problem.rpartition('profile: ')[2]}"
        return ProfileShape(
            name=name,
            kind="",
            person=None,
            consent=None,
            pictures={},
            model="",
            digest="",
            created="",
            problem=problem,
        )


def _values(profile: Profile) -> dict[str, Any]:
    consent = profile.consent
    return {
        "name": profile.name,
        "kind": "state" if profile.is_state else "person",
        "person": profile.person,
        "consent": f"{consent.given} ({consent.on})" if consent is not None else None,
        "pictures": profile.counts,
        "model": profile.model,
        "digest": profile.digest,
        "created": profile.created,
    }


def _leave_one_out_shape(trial: LeaveOneOutResult) -> LeaveOneOutShape:
    return LeaveOneOutShape(
        pictures=trial.references,
        right=trial.right,
        general=trial.general,
        before=min(max(trial.before, 0.0), 1.0),
        after=min(max(trial.after, 0.0), 1.0),
        helps=trial.helps,
        said=str(trial),
    )
