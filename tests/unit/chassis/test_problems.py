import json

import pytest

from chassis.problems import (
    COMMON,
    CaseOnHold,
    FieldError,
    Invalid,
    NotAllowedNow,
    NotFound,
    Problem,
    ProblemTable,
    Refusal,
    TableContradicts,
    Trace,
    Unauthenticated,
    check_table,
    find_problem,
    headers_of,
    render,
)

STATUSES = {
    "invalid-body": 422,
    "malformed-json": 400,
    "unsupported-media-type": 415,
    "too-large": 413,
    "unauthenticated": 401,
    "forbidden": 403,
    "not-found": 404,
    "idempotency-key-missing": 400,
    "idempotency-key-reused": 422,
    "idempotency-in-flight": 409,
    "precondition-required": 428,
    "precondition-failed": 412,
    "not-allowed-now": 409,
    "not-caught-up": 409,
    "case-on-hold": 409,
    "already-on-file": 409,
    "needs-human": 403,
    "needs-authority": 403,
    "not-of-this-case": 422,
    "erased": 410,
    "too-many-requests": 429,
    "unavailable": 503,
    "vault-unavailable": 503,
}


class BellIsBroken(Exception):
    pass


class BellIsCracked(BellIsBroken):
    pass


TABLE: ProblemTable = {BellIsBroken: Problem("bell-is-broken", "Broken", 409)}


def rendered(error: Refusal) -> dict[str, object]:
    document = render(error.problem, Trace(request_id="req_1", trace_id="t"), error)
    read: dict[str, object] = json.loads(document)
    return read


class TestCommon:
    def test_has_the_statuses_of_the_interface(self) -> None:
        assert {slug: COMMON[slug].status for slug in STATUSES} == STATUSES

    def test_says_for_each_what_to_do(self) -> None:
        assert all(problem.help for problem in COMMON.values())

    def test_says_when_to_come_back_wherever_it_is_busy(self) -> None:
        busy = [problem for problem in COMMON.values() if problem.status in {429, 503}]

        assert all(problem.retry_after and problem.retryable for problem in busy)


class TestFindProblem:
    def test_knows_the_chassis_own(self) -> None:
        assert find_problem(CaseOnHold(), {}) is CaseOnHold.problem

    def test_finds_the_nearest_class(self) -> None:
        assert find_problem(BellIsCracked(), TABLE) is TABLE[BellIsBroken]

    def test_does_not_invent_one(self) -> None:
        assert find_problem(ValueError(), TABLE) is None


class TestCheckTable:
    def test_lets_a_table_use_a_common_code_with_its_status(self) -> None:
        check_table({BellIsBroken: Problem("not-allowed-now", "Broken", 409)})

    def test_refuses_another_status(self) -> None:
        with pytest.raises(TableContradicts):
            check_table({BellIsBroken: Problem("decision-incomplete", "Broken", 409)})


class TestRender:
    def test_holds_every_member(self) -> None:
        error = FieldError("/a", "missing", "say it")

        document = rendered(Invalid([error]))

        assert document["errors"] == [{"pointer": "/a", "code": "missing", "detail": "say it"}]
        assert document["type"] == "/problems/invalid-body"
        assert (document["status"], document["code"]) == (422, "invalid-body")
        assert (document["request_id"], document["trace_id"]) == ("req_1", "t")
        assert document["instance"] == "urn:request:req_1"

    def test_shows_what_the_error_made_public(self) -> None:
        document = rendered(NotAllowedNow(status="queued", allowed=["assignment"]))

        assert (document["case_status"], document["allowed"]) == ("queued", ["assignment"])
        assert document["status"] == 409

    @pytest.mark.parametrize("retryable", [True, False])
    def test_lets_the_error_say_whether_to_try_again(self, retryable: bool) -> None:  # noqa: FBT001 - a parameter of a test
        assert rendered(NotFound(retryable=retryable))["retryable"] is retryable


class TestHeadersOf:
    def test_say_what_token_is_wanted(self) -> None:
        assert "www-authenticate" in headers_of(Unauthenticated.problem)

    def test_say_when_to_come_back(self) -> None:
        assert headers_of(CaseOnHold.problem)["retry-after"] == "30"
