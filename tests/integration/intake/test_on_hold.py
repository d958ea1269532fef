"""A case of which something is parked here takes nothing on, through whichever door it comes."""

from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeAlias
from uuid import uuid4

import httpx
import pytest

from builders_contracts import a_route
from contracts import resolution
from intake_stand import FRONT_END, SELLER, Stand, a_case

OTHER = a_case()["seller"] | {"ref": "pots-and-more"}
ENDED = resolution.CaseResolved(outcome="released", root_cause="verification_expired", episode=0)
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n"
AGAIN = a_case()["facts"] | {"payout_ref": "PO-88122"}
Door: TypeAlias = Callable[[Stand, str, str], Awaitable[httpx.Response]]


async def set_aside(stand: Stand, case: str) -> None:
    """Let the case's end arrive, but not what came before it: it waits for that."""
    await stand.hear(case, ENDED, start=2)


async def two_cases(stand: Stand) -> tuple[str, str]:
    """File two cases of one seller, older first."""
    return await stand.filed(), await stand.filed(external_ref="HB-2", facts=AGAIN)


def order(
    stand: Stand, case: str, what: str, *, who: str = "sofia", **body: str
) -> Awaitable[httpx.Response]:
    headers = stand.headers(who, Idempotency_Key=uuid4().hex)
    return stand.client.post(f"/v1/cases/{case}/{what}", json=body, headers=headers)


def batch(stand: Stand, *cases: dict[str, Any], key: str) -> Awaitable[httpx.Response]:
    named = [{n: v for n, v in case.items() if n != "marketplace"} for case in cases]
    return stand.client.post(
        "/v1/case-batches",
        json={"marketplace": "harbour", "cases": named},
        headers=stand.headers(FRONT_END, Idempotency_Key=key),
    )


def contact(stand: Stand, _older: str, _later: str) -> Awaitable[httpx.Response]:
    return stand.post(a_case(external_ref="HB-3", facts=AGAIN))


def message(stand: Stand, _older: str, later: str) -> Awaitable[httpx.Response]:
    return order(stand, later, "messages", who=SELLER, channel="portal", body="And this.")


def document(stand: Stand, _older: str, later: str) -> Awaitable[httpx.Response]:
    return stand.client.post(
        f"/v1/cases/{later}/evidence",
        data={"kind": "business_registration"},
        files={"file": ("a.pdf", PDF, "application/pdf")},
        headers=stand.headers(SELLER, Idempotency_Key=uuid4().hex),
    )


def linking(stand: Stand, older: str, later: str) -> Awaitable[httpx.Response]:
    return order(stand, later, "linking", parent=older, reason="same_cause")


def linking_below(stand: Stand, older: str, later: str) -> Awaitable[httpx.Response]:
    return order(stand, older, "linking", parent=later, reason="same_cause")


def unlinking(stand: Stand, _older: str, later: str) -> Awaitable[httpx.Response]:
    return order(stand, later, "unlinking", reason="another_cause")


def declining(stand: Stand, older: str, later: str) -> Awaitable[httpx.Response]:
    return order(stand, later, "linking-declination", parent=older, reason="another_cause")


def merging(stand: Stand, older: str, later: str) -> Awaitable[httpx.Response]:
    return order(stand, later, "merging", into=older, reason="filed_twice")


DOORS: Final[tuple[Door, ...]] = (
    contact,
    message,
    document,
    linking,
    linking_below,
    unlinking,
    declining,
    merging,
)


class TestCaseOnHold:
    @pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__)
    async def test_takes_nothing_on(self, stand: Stand, door: Door) -> None:
        older, later = await two_cases(stand)
        await set_aside(stand, later)
        before = await stand.events()

        answer = await door(stand, older, later)

        problem = answer.json()
        assert (answer.status_code, problem["code"]) == (409, "case-on-hold")
        assert (problem["retryable"], answer.headers["retry-after"]) == (True, "30")
        assert await stand.events() == before
        assert [*(stand.folder / "data").rglob("evd_*")] == []

    async def test_gets_no_other_merged_into_it(self, stand: Stand) -> None:
        older, later = await two_cases(stand)
        await set_aside(stand, older)

        answer = await merging(stand, older, later)

        assert (answer.status_code, answer.json()["code"]) == (409, "case-on-hold")
        assert await stand.events("case.merged.v1") == []

    async def test_takes_no_contact_of_a_batch_and_the_others_go_on(self, stand: Stand) -> None:
        case = await stand.filed()
        await set_aside(stand, case)
        repeated = a_case(external_ref="HB-3")
        another = a_case(external_ref="HB-4", seller=OTHER)

        first = await batch(stand, repeated, another, key="k1")
        again = await batch(stand, repeated, another, key="k1")

        for answer in (first, again):
            [held, filed] = answer.json()["items"]
            assert (held["status"], held["code"], held["case"]) == (409, "case-on-hold", None)
            assert filed["status"] == 201
            assert "idempotency-replayed" not in answer.headers
        assert await stand.events("seller.message_received.v1") == []

    async def test_takes_the_contact_of_a_batch_once_it_is_released(self, stand: Stand) -> None:
        """What was refused for now is no answer that a key stands for."""
        case = await stand.filed()
        await stand.hear(case, a_route(), start=2)
        repeated = a_case(external_ref="HB-3")
        held = await batch(stand, repeated, key="k1")
        await stand.hear(case, a_route(), start=1)

        taken = await batch(stand, repeated, key="k1")

        assert [one.json()["items"][0]["status"] for one in (held, taken)] == [409, 200]
