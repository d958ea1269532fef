"""What a seller may know of its case, and who else may look at it."""

import asyncio
from datetime import timedelta

import orjson
import pytest
from starlette.requests import Request

from builders_contracts import MARA, NOON, a_message, a_route, an_id, an_item
from builders_routing import reclassified, rerouted
from chassis.http import Call, calling
from contracts import resolution, routing
from contracts.routing import Lead
from intake.api.state import READ
from intake.api.status import stream_status
from intake_stand import SELLER, Stand

ASKED = resolution.EvidenceRequested(
    request=an_id("req"),
    items=(an_item(1, "business_registration"), an_item(2, "proof_of_address")),
    due_at=NOON + timedelta(days=14),
)
ASSIGNED = routing.CaseAssigned(
    assignment=an_id("asg"), member=MARA, team="verification", queue="verification", lead=True
)


class TestStatus:
    @pytest.mark.covers("CX-1", "CX-2", "CX-4")
    async def test_tells_what_happened_what_is_needed_and_when(self, stand: Stand) -> None:
        case = await stand.filed()
        await stand.hear(case, a_route(), ASSIGNED)
        await stand.hear(case, ASKED, a_message(1, expected_by=NOON + timedelta(days=3)))

        told = (await stand.get(f"/v1/cases/{case}/status", who=SELLER)).json()

        assert told["stage"] == "waiting_for_you"
        assert told["lead"] == {"team": "Verification team", "member": MARA}
        assert [need["kind"] for need in told["required"]] == [
            "business_registration",
            "proof_of_address",
        ]
        assert told["required"][0]["item"] == an_id("itm", 1)
        assert told["next_update_by"] == "2026-11-23T12:00:00Z"
        assert told["expected_by"] == {"at": "2026-11-25T12:00:00Z", "confidence": "low"}
        assert "We received your case." in [moment["text"] for moment in told["history"]]

    async def test_of_a_new_case_is_that_it_came(self, stand: Stand) -> None:
        case = await stand.filed()

        told = (await stand.get(f"/v1/cases/{case}/status")).json()

        assert (told["stage"], told["lead"], told["required"]) == ("received", None, [])
        assert len(told["history"]) == 1

    async def test_tells_that_the_case_went_elsewhere(self, stand: Stand) -> None:
        case = await stand.filed()
        moved = (reclassified("chargeback"), rerouted("finance_desk"))

        await stand.hear(case, a_route(), ASSIGNED, *moved)

        told = (await stand.get(f"/v1/cases/{case}/status")).json()
        texts = [moment["text"] for moment in told["history"]]
        assert set(texts) - {"We received your case."} == {
            "Your case reached the team that can solve it.",
            "A person took on your case.",
            "We looked closer and now know better what your case is about.",
            "Your case moved to a team that fits it better.",
        }
        assert told["stage"] == "with_team"
        queued = (await stand.get("/v1/cases?status=queued")).json()["items"]
        assert [one["id"] for one in queued] == [case]

    async def test_speaks_the_language_that_is_asked_for(self, stand: Stand) -> None:
        case = await stand.filed()

        told = (await stand.get(f"/v1/cases/{case}/status?language=de")).json()

        assert told["stage_text"] == "Wir haben Ihren Fall erhalten."


class TestStream:
    async def test_tells_news_as_they_come(self, stand: Stand) -> None:
        case = await stand.filed()
        call = await _call(stand, case)
        kit = stand.app.state.kit
        response = await stream_status(case, call, kit, None, None)
        events = response.body_iterator  # type: ignore[attr-defined]  # a stream's, not every response's

        first = await asyncio.wait_for(anext(events), 10)
        news = asyncio.ensure_future(anext(events))
        await stand.hear(case, a_route(queue="seller_care", lead=Lead(team="seller_care")))
        second = await asyncio.wait_for(news, 10)
        await events.aclose()

        assert first.startswith(b"event: status\nid: 1\ndata: {")
        told = orjson.loads(second.partition(b"data: ")[2])
        assert told["stage"] == "with_team"

    async def test_skips_what_the_client_has(self, stand: Stand) -> None:
        case = await stand.filed()
        response = await stream_status(
            case, await _call(stand, case), stand.app.state.kit, None, "1"
        )
        events = response.body_iterator  # type: ignore[attr-defined]  # a stream's, not every response's

        news = asyncio.ensure_future(anext(events))
        await stand.hear(case, a_route())
        told = await asyncio.wait_for(news, 10)
        await events.aclose()

        assert told.startswith(b"event: status\nid: 2\n")

    async def test_is_not_for_everyone(self, stand: Stand) -> None:
        case = await stand.filed()

        response = await stand.get(f"/v1/cases/{case}/status/stream", who="boris")

        assert response.status_code == 404


async def _call(stand: Stand, case: str) -> Call:
    headers = [(k.encode(), v.encode()) for k, v in stand.headers(SELLER).items()]
    scope = {
        "type": "http",
        "method": "GET",
        "path": f"/v1/cases/{case}/status/stream",
        "query_string": b"",
        "headers": headers,
        "app": stand.app,
    }
    return await calling(READ)(Request(scope))
