"""What became of each case of a batch."""

from collections.abc import Iterable

from pydantic import Field

from chassis import http
from chassis.problems import FieldError, Refusal, find_problem
from intake.api.bodies import PostedCase
from intake.api.problems import PROBLEMS


class BatchError(http.ResponseModel):
    pointer: str = Field(description="JSON pointer into the batch.")
    code: str = Field(description="What kind of error.")
    detail: str = Field(description="What to do.")


class BatchResult(http.ResponseModel):
    index: int = Field(description="Which case of the request, from 0.")
    status: int = Field(description="201 filed, 200 a contact on an open case, else refused.")
    case: PostedCase | None = Field(default=None, description="The case, unless refused.")
    code: str | None = Field(default=None, description="The problem, if refused.")
    existing: str | None = Field(default=None, description="The case that is on file, if one is.")
    errors: list[BatchError] = Field(default_factory=list, description="What is wrong where.")


def refused(
    index: int, error: Exception, *, errors: Iterable[FieldError] = (), existing: str | None = None
) -> BatchResult:
    """
    Say of one case what `POST /v1/cases` would have answered.

    Raises:
        Exception: The error itself, where it is nothing that a case is refused for.
    """
    problem = error.problem if isinstance(error, Refusal) else find_problem(error, PROBLEMS)
    if problem is None:
        raise error
    return BatchResult(
        index=index,
        status=problem.status,
        code=problem.slug,
        existing=existing,
        errors=[
            BatchError(pointer=f"/cases/{index}{one.pointer}", code=one.code, detail=one.detail)
            for one in errors
        ],
    )
