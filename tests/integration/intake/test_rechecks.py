"""A marketplace says how its new check of a case's subject went."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from contracts import resolution
from intake_stand import FRONT_END, SELLER, Stand

REPORTED = "recheck.reported.v1"
ENDED = resolution.CaseResolved(outcome="released", root_cause="verification_expired", episode=0)


async def report(
    stand: Stand,
    case: str,
    *,
    who: str = FRONT_END,
    key: str | None = None,
    **changes: Any,  # noqa: ANN401 - any JSON
) -> httpx.Response:
    given = {"reference": "PO-88121", "result": "passes", "checked_at": await now(stand, case)}
    headers = stand.headers(who, Idempotency_Key=key or uuid4().hex)
    return await stand.client.post(
        f"/v1/cases/{case}/rechecks", json=given | changes, headers=headers
    )


async def now(stand: Stand, case: str) -> str:
    """Return the moment of the filing: a new check is never before it."""
    told: str = (await stand.get(f"/v1/cases/{case}")).json()["opened_at"]
    return told


def later(**by: int) -> str:
    far = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(**by)
    return far.isoformat()


class TestReport:
    async def test_puts_the_result_on_the_record(self, stand: Stand) -> None:
        case = await stand.filed()

        answer = await report(stand, case)

        assert answer.status_code == 201, answer.text
        [told] = await stand.events(REPORTED)
        assert (told["reference"], told["result"]) == ("PO-88121", "passes")

    async def test_counts_once_under_its_key(self, stand: Stand) -> None:
        case = await stand.filed()

        answers = [await report(stand, case, key="again") for _ in range(2)]

        assert [one.status_code for one in answers] == [201, 201]
        assert len(await stand.events(REPORTED)) == 1

    @pytest.mark.parametrize(
        ("who", "status"), [(SELLER, 403), ("mara", 403), ("sofia", 403), ("boris", 403)]
    )
    async def test_is_the_marketplaces_alone(self, stand: Stand, who: str, status: int) -> None:
        case = await stand.filed()

        assert (await report(stand, case, who=who)).status_code == status

    async def test_is_not_of_another_marketplaces_case(self, stand: Stand) -> None:
        case = await stand.filed()

        assert (await report(stand, case, who="bazaar-front-end")).status_code == 404

    @pytest.mark.parametrize(
        ("changes", "pointer"),
        [
            ({"reference": "PO-2"}, "/reference"),
            ({"checked_at": later(days=-1)}, "/checked_at"),
            ({"checked_at": later(days=36_500)}, "/checked_at"),
            ({"result": "perhaps"}, "/result"),
        ],
    )
    async def test_is_of_what_the_case_is_about_and_after_it(
        self, stand: Stand, changes: dict[str, str], pointer: str
    ) -> None:
        case = await stand.filed()

        answer = await report(stand, case, **changes)

        assert answer.status_code == 422
        assert [one["pointer"] for one in answer.json()["errors"]] == [pointer]
        assert await stand.events(REPORTED) == []

    async def test_is_not_taken_after_the_end(self, stand: Stand) -> None:
        case = await stand.filed()
        checked_at = await now(stand, case)
        await stand.hear(case, ENDED)

        answer = await report(stand, case, checked_at=checked_at)

        assert (answer.status_code, answer.json()["case_status"]) == (409, "resolved")
