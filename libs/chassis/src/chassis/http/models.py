"""Bodies of requests and answers: closed in, open out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal, TypeAlias

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field

from contracts.sealed import SealedValue


class RequestModel(BaseModel):
    """
    A body that someone sends: closed, strict, and never repeated in an error.

    Strict means that "7" is no number and 1 no truth. Use lists, not tuples; `words.Day` and
    `words.Instant` for times; `Literal` for fixed words.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, hide_input_in_errors=True, populate_by_name=True
    )


class ResponseModel(BaseModel):
    """A body that we answer with. Clients must live with fields that come later."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, populate_by_name=True
    )


class Masked(ResponseModel):
    """Stands where a restricted value would, for whoever may not see it."""

    masked: Literal[True] = Field(default=True, description="You may not see it.")
    class_: str = Field(alias="class", description="Its class: what clearance would show it.")


Restricted: TypeAlias = SealedValue | Masked | None
"""A restricted field of an answer: sealed for whoever is cleared for its class, else masked."""

CaseId = Annotated[
    str,
    Path(description="The case.", examples=["case_01m80000000000000000000000"]),
]
"""A case's id in a path. One that is none is a 404, like any that we do not know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """
    An answer with more than a body.

    `status` defaults to the route's. `case` names the case that the work has made, so that the
    answer carries its ETag and position. Without a body the answer is empty.
    """

    body: BaseModel | None
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    case: str | None = None
