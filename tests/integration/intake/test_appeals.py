"""A seller appeals over HTTP: in time, against what was decided, once."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from builders_contracts import NOON, an_id
from contracts import resolution
from contracts.event import Contract
from intake_stand import FRONT_END, SELLER, Stand

METRIC, FUNDING = an_id("dec", 1), an_id("dec", 2)
APPEAL: dict[str, Any] = {
    "decisions": [METRIC],
    "ground": "new_evidence",
    "body": "Canary: the carrier has found it.",
}
LONG = timedelta(days=3650)
WINDOW = timedelta(days=30)
"""For most types, by the playbook."""


def decision(id_: str, type_: str) -> resolution.DecisionRecorded:
    return resolution.DecisionRecorded(
        decision=id_,
        decision_type=type_,
        outcome="counted",
        adverse=True,
        authority_level=2,
        decided_by="person",
        root_cause="delivered_but_claimed",
        question=type_,
    )


def ended(*, appeal_by: object = NOON + LONG) -> tuple[Contract, ...]:
    return (
        decision(METRIC, "seller_metric"),
        decision(FUNDING, "claim_funding"),
        resolution.CaseResolved(
            decision=FUNDING,
            outcome="each_decided",
            root_cause="delivered_but_claimed",
            episode=0,
            appeal_by=appeal_by,
        ),
    )


def just_now() -> datetime:
    """Tell the time in whole seconds: an event's time is as exact as a millisecond."""
    return datetime.fromtimestamp(int(time.time()), UTC)


async def appeal(
    stand: Stand, case: str, body: object = None, *, who: str = SELLER, key: str | None = None
) -> httpx.Response:
    headers = stand.headers(who, Idempotency_Key=key or uuid4().hex)
    path = f"/v1/cases/{case}/appeals"
    return await stand.client.post(path, json=body or APPEAL, headers=headers)


class TestPostAppeal:
    async def test_is_filed_in_time_with_its_words_sealed(self, stand: Stand) -> None:
        case = await stand.filed()
        await stand.hear(case, *ended())

        answer = await appeal(stand, case)

        told = answer.json()
        assert (answer.status_code, told["state"]) == (201, "filed")
        [filed] = await stand.events("appeal.filed.v1")
        assert (filed["appeal"], filed["decisions"]) == (told["id"], [METRIC])
        assert filed["ground"] == "new_evidence"
        assert "Canary" not in str(filed)
        assert "Canary" in stand.vault.read(filed["body"], case=case)["body"]

    async def test_is_refused_after_its_window_with_the_date(self, stand: Stand) -> None:
        case = await stand.filed()
        await stand.hear(case, *ended(appeal_by=NOON))

        answer = await appeal(stand, case)

        refused = answer.json()
        assert (answer.status_code, refused["code"]) == (409, "not-allowed-now")
        assert refused["appeal_by"] == NOON.isoformat().replace("+00:00", "Z")
        assert await stand.events("appeal.filed.v1") == []

    async def test_is_refused_while_nothing_is_decided(self, stand: Stand) -> None:
        case = await stand.filed()

        answer = await appeal(stand, case)

        assert (answer.status_code, answer.json()["case_status"]) == (409, "opened")

    async def test_is_one_at_a_time(self, stand: Stand) -> None:
        case = await stand.filed()
        await stand.hear(case, *ended())
        first = await appeal(stand, case, key="k")

        again = await appeal(stand, case, key="k")
        other = await appeal(stand, case, APPEAL | {"decisions": [FUNDING]})

        assert again.json() == first.json()
        assert (other.status_code, other.json()["existing"]) == (409, first.json()["id"])
        assert len(await stand.events("appeal.filed.v1")) == 1

    async def test_may_be_filed_when_the_case_was_closed(self, stand: Stand) -> None:
        case = await stand.filed()
        closed = resolution.CaseClosed(outcome="each_decided")
        await stand.hear(case, *ended(), closed)

        assert (await appeal(stand, case)).status_code == 201

    async def test_has_the_letters_window_where_the_end_did_not_say_it(self, stand: Stand) -> None:
        """Cases that ended before `case.resolved` had a date: 30 days by the playbook."""
        case, at = await stand.filed(), just_now() - 2 * WINDOW
        await stand.hear(case, *ended(appeal_by=None), at=at)

        answer = await appeal(stand, case)

        refused = answer.json()
        assert (answer.status_code, refused["code"]) == (409, "not-allowed-now")
        assert datetime.fromisoformat(refused["appeal_by"]) == at + WINDOW

    async def test_is_taken_in_that_window(self, stand: Stand) -> None:
        case = await stand.filed()
        await stand.hear(case, *ended(appeal_by=None), at=just_now() - WINDOW / 2)

        answer = await appeal(stand, case)

        assert answer.status_code == 201, answer.text
        [filed] = await stand.events("appeal.filed.v1")
        assert filed["appeal_by"] == answer.json()["appeal_by"]
        status = (await stand.get(f"/v1/cases/{case}/status", who=SELLER)).json()
        assert status["appeal"] is None  # one waits

    async def test_is_refused_where_silence_ended_the_case(self, stand: Stand) -> None:
        case = await stand.filed()
        silent = resolution.CaseResolved(
            outcome="no_response", root_cause="not_reproducible", episode=0
        )
        await stand.hear(case, silent)

        answer = await appeal(stand, case)

        assert (answer.status_code, answer.json()["case_status"]) == (409, "resolved")
        assert "appeal_by" not in answer.json()

    @pytest.mark.parametrize(
        ("change", "pointer"),
        [
            ({"decisions": [METRIC, an_id("dec", 9)]}, "/decisions/1"),
            ({"decisions": []}, "/decisions"),
            ({"decisions": ["dec_17"]}, "/decisions/0"),
            ({"ground": "mood"}, "/ground"),
        ],
    )
    async def test_points_at_what_is_wrong(
        self, stand: Stand, change: dict[str, Any], pointer: str
    ) -> None:
        case = await stand.filed()
        await stand.hear(case, *ended())

        answer = await appeal(stand, case, APPEAL | change)

        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)

    @pytest.mark.parametrize(
        ("who", "status"),
        [(FRONT_END, 201), ("mara", 403), ("bazaar-front-end", 404), ("seller-bazaar-one", 404)],
    )
    async def test_is_for_the_seller_and_its_marketplace(
        self, stand: Stand, who: str, status: int
    ) -> None:
        case = await stand.filed()
        await stand.hear(case, *ended())

        assert (await appeal(stand, case, who=who)).status_code == status


class TestStatus:
    async def test_says_what_may_be_appealed_and_until_when(self, stand: Stand) -> None:
        case = await stand.filed()
        await stand.hear(case, *ended())

        path = (await stand.get(f"/v1/cases/{case}/status", who=SELLER)).json()["appeal"]

        assert path["until"] == (NOON + LONG).isoformat().replace("+00:00", "Z")
        assert {one["decision"]: one["text"] for one in path["decisions"]} == {
            METRIC: "Does it count in your figures?",
            FUNDING: "Who pays the buyer?",
        }

    async def test_says_so_of_a_case_whose_end_did_not(self, stand: Stand) -> None:
        case, at = await stand.filed(), just_now() - WINDOW / 2
        await stand.hear(case, *ended(appeal_by=None), at=at)

        path = (await stand.get(f"/v1/cases/{case}/status", who=SELLER)).json()["appeal"]

        assert datetime.fromisoformat(path["until"]) == at + WINDOW

    async def test_offers_no_appeal_while_one_waits(self, stand: Stand) -> None:
        case = await stand.filed()
        await stand.hear(case, *ended())
        await appeal(stand, case)

        told = (await stand.get(f"/v1/cases/{case}/status", who=SELLER)).json()

        assert told["appeal"] is None
        assert "You appealed." in told["history"][-1]["text"]
