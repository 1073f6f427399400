"""`/api/v1/profiles`: teach and manage profiles of people and states."""

from __future__ import annotations

from dataclasses import asdict
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.responses import Response

from roomread.api.context import Context, Reader, Sender, ServiceContext
from roomread.api.logs import audit
from roomread.api.owned_profiles import teaching_service
from roomread.api.problems import responses
from roomread.api.shapes import Probability
from roomread.api.uploads import MAX_PICTURES, open_form, safe_name
from roomread.errors import ProfileError
from roomread.fewshot import LeaveOneOutResult, Profile
from roomread.fewshot.profile import MAX_BYTES
from roomread.readings import Expression
from roomread.services.pictures import EncodedPicture
from roomread.services.profile_summary import ProfileSummary, summarize
from roomread.services.teaching import TaughtProfile
from roomread.services.teaching_request import ReferencePicture, TeachingRequest

router = APIRouter(prefix="/api/v1/profiles", tags=["profiles"])
_STATE_FIELD = "picture"
_EXPRESSIONS = {e.display_name: e for e in Expression}
_FILES = {
    "type": "array",
    "maxItems": MAX_PICTURES,
    "items": {"type": "string", "contentMediaType": "application/octet-stream"},
}
_BODY = {
    "required": True,
    "description": "Pictures of one face each. Each picture of a person is sent in the field of "
    "the expression that it shows (`neutral` alone is enough), each picture of a state in "
    f"`{_STATE_FIELD}`.",
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["name"],
                "properties": {
                    "name": {"type": "string", "examples": ["asha"]},
                    "consent": {
                        "type": "string",
                        "description": "Who consented, and how. Required for a person.",
                        "examples": ["asha agreed, in writing"],
                    },
                    "person": {
                        "type": "string",
                        "description": "The person whose face shows a state.",
                    },
                    "replace": {
                        "type": "boolean",
                        "description": "Replace a profile of this name.",
                    },
                    "force": {
                        "type": "boolean",
                        "description": "Store the profile even if it does not help.",
                    },
                    _STATE_FIELD: _FILES,
                    **dict.fromkeys(_EXPRESSIONS, _FILES),
                },
            }
        }
    },
}


class LeaveOneOutShape(BaseModel):
    """The results of a leave-one-out test of a profile.

    Each picture is read with a profile that was learned from the other pictures.
    """

    references: int = Field(description="Number of pictures.", examples=[5])
    correct: int = Field(
        description="Number of left-out pictures that are read correctly.", examples=[5]
    )
    correct_before: int | None = Field(
        description="Number read correctly without the profile; null for a state."
    )
    probability_before: Probability = Field(
        description="Mean probability of the pictures' expressions without the profile."
    )
    probability_after: Probability = Field(
        description="Mean probability of the pictures' expressions with the profile."
    )
    gain: float = Field(
        description="Mean of log(probability_after / probability_before); 0 for a state."
    )
    usual_expression: str = Field(
        description="Expression that the general model reads most often.",
        examples=["neutral"],
    )
    helps: bool | None = Field(
        description="Whether the profile improves on the general model; null with a single picture."
    )
    summary: str = Field(examples=["5 of 5 left-out pictures are read correctly"])


class ProfileShape(BaseModel):
    """A taught person or state, stored as vectors without pictures."""

    name: str = Field(examples=["asha"])
    kind: str = Field(description="`person` or `state`; empty for a damaged profile.")
    person: str | None = Field(
        description="The person whose face was taught; null for a state of no particular person."
    )
    consent: str | None = Field(description="Who consented, how and when.")
    pictures: dict[str, int] = Field(examples=[{"neutral": 3, "happy": 1}])
    model: str
    digest: str
    created: str = Field(examples=["2026-01-31"])
    problem: str | None = Field(
        default=None, description="Why the profile cannot be used; null if it can."
    )


class TaughtShape(ProfileShape):
    """A taught profile and its evaluation."""

    result: LeaveOneOutShape


class ProfilesShape(BaseModel):
    """Your profiles, including damaged ones."""

    profiles: list[ProfileShape]


class _TeachingFields(BaseModel):
    """The fields of a teaching form other than its files."""

    name: str = Field(max_length=100)
    consent: str = Field(default="", max_length=1000)
    person: str | None = Field(default=None, max_length=100)
    replace: bool = False
    force: bool = False


@router.get("", summary="List your profiles", responses=responses())
def list_all(context: Context, reader: Reader) -> ProfilesShape:
    """Return your profiles, including those taught in the web app."""
    summaries = teaching_service(context, reader).summaries()
    return ProfilesShape(profiles=[_profile_shape(summary) for summary in summaries])


@router.post(
    "",
    status_code=HTTPStatus.CREATED,
    summary="Teach a person or a state",
    responses=responses(408, 409, 413, 422),
    openapi_extra={"requestBody": _BODY},
)
async def teach(request: Request, context: Context, sender: Sender) -> TaughtShape:
    """Learn a profile from a few pictures, of which only vectors are stored.

    A profile that does not improve the results on its own pictures is stored only with `force`.
    """
    async with open_form(request) as form:
        asked, teaching = await _parse_form(form, context)
    service, engine = teaching_service(context, sender), context.engine
    teaching.check()
    await run_in_threadpool(service.check_place, asked.name, replace=asked.replace)

    def work() -> TaughtProfile:
        taught = service.teach(
            teaching,
            engine.analyzer,
            # Decode untrusted pictures in separate processes.
            decode=lambda content, name: engine.frame(content, name).image,
        )
        service.keep(taught, replace=asked.replace, force=asked.force)
        return taught

    with context.limiter.slot():
        taught = await context.limiter.run(work)
    profile = taught.profile
    audit("profile taught", who=sender.id, person=profile.person is not None)
    shape = _profile_shape(summarize(profile))
    return TaughtShape(**shape.model_dump(), result=_leave_one_out_shape(taught.result))


@router.get("/{name}", summary="Get a profile", responses=responses(404, 422))
def show(context: Context, reader: Reader, name: str) -> ProfileShape:
    """Return the summary of a profile, without its vectors."""
    return _profile_shape(summarize(teaching_service(context, reader).load(name)))


@router.get("/{name}/evaluate", summary="Evaluate a profile", responses=responses(404, 422))
async def try_out(context: Context, reader: Reader, name: str) -> LeaveOneOutShape:
    """Evaluate a profile with a leave-one-out test, and return the results.

    Each picture is read with a profile that was learned from the other pictures.
    """
    service, model = teaching_service(context, reader), context.engine.analyzer.model
    with context.limiter.slot():
        result = await context.limiter.run(lambda: service.try_out(name, model))
    return _leave_one_out_shape(result)


@router.get(
    "/{name}/export",
    summary="Export a profile",
    response_class=Response,
    responses={
        200: {
            "description": "The profile in the format of `roomread profiles export`.",
            "content": {"application/json": {}},
        },
        **responses(404, 422),
    },
)
def download(context: Context, reader: Reader, name: str) -> Response:
    """Return a profile with its vectors, for another service or computer."""
    profile = teaching_service(context, reader).load(name)
    audit("profile read", who=reader.id)
    return Response(profile.to_json(), media_type="application/json")


@router.put(
    "/{name}",
    summary="Import a profile",
    responses=responses(404, 408, 409, 413, 422),
    openapi_extra={
        "requestBody": {
            "required": True,
            "description": "A profile in the format that `export` returns.",
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
    replace: Annotated[bool, Query(description="Replace a profile of this name.")] = False,
) -> ProfileShape:
    """Import a profile that was exported elsewhere and taught with the net of this service."""
    body = await request.body()
    if len(body) > MAX_BYTES:
        raise ProfileError(
            "the file is too large for a profile", hint="check that it is the right file"
        )
    try:
        profile = Profile.from_json(body.decode(), source="the file")
    except UnicodeDecodeError as error:
        raise ProfileError(
            "the file is not text", hint="check that it is the right file"
        ) from error
    if profile.name != name:
        problem = f"the file contains a profile of another name, '{profile.name}'"
        raise ProfileError(problem, hint="use the profile's own name in the URL")
    model = context.engine.analyzer.model
    service = teaching_service(context, sender)
    await run_in_threadpool(service.import_profile, profile, model, replace=replace)
    audit("profile imported", who=sender.id, person=profile.person is not None)
    return _profile_shape(summarize(profile))


@router.delete(
    "/{name}",
    status_code=HTTPStatus.NO_CONTENT,
    summary="Delete a profile",
    responses=responses(404),
)
def delete(context: Context, sender: Sender, name: str) -> None:
    """Delete a profile, even a damaged one."""
    teaching_service(context, sender).delete(name)
    audit("profile deleted", who=sender.id)


async def _parse_form(
    form: FormData, context: ServiceContext
) -> tuple[_TeachingFields, TeachingRequest[bytes]]:
    """Parse a form into its fields and a teaching request.

    Raises:
        ProfileError: A field is unknown or has an invalid value.
        PictureTooLargeError: A picture is larger than the operator allows.
    """
    fields: dict[str, Any] = {}
    references: list[ReferencePicture[bytes]] = []
    for key, value in form.multi_items():
        if not isinstance(value, UploadFile):
            fields[key] = value
        elif key not in _EXPRESSIONS and key != _STATE_FIELD:
            known = ", ".join([*_EXPRESSIONS, _STATE_FIELD])
            raise ProfileError(
                f"the form has no field '{safe_name(key)}' for pictures",
                hint=f"use one of the fields {known}",
            )
        else:
            name, content = safe_name(value.filename), await value.read()
            EncodedPicture(name, content).check_size(context.settings.max_picture_mb)
            references.append(ReferencePicture(content, name, _EXPRESSIONS.get(key)))
    if not references:
        raise ProfileError(
            "there is no picture to learn from",
            hint="send pictures in the field 'neutral' for a person, or 'picture' for a state",
        )
    try:
        asked = _TeachingFields.model_validate(fields)
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(map(str, found["loc"]))
        hint = "see the fields in /api/v1/openapi.json"
        raise ProfileError(f"{place}: {found['msg']}", hint=hint) from None
    return asked, TeachingRequest(asked.name, tuple(references), asked.person, asked.consent)


def _profile_shape(summary: ProfileSummary) -> ProfileShape:
    return ProfileShape(**asdict(summary))


def _leave_one_out_shape(result: LeaveOneOutResult) -> LeaveOneOutShape:
    return LeaveOneOutShape(
        references=result.references,
        correct=result.correct,
        correct_before=result.correct_before,
        probability_before=min(max(result.probability_before, 0.0), 1.0),
        probability_after=min(max(result.probability_after, 0.0), 1.0),
        gain=result.gain,
        usual_expression=result.usual_expression.display_name,
        helps=result.helps,
        summary=str(result),
    )
