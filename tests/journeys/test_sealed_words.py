"""What sellers write is in clear nowhere; those who may read it do, and are on record."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest

import remains
from stack.stacks import Stack
from stack.story import files
from stack.story.checks import Teller
from stack.story.demo import Stage
from stack.story.first_road import DOCUMENTS, Road, claim, file_case, hear_questions
from trace_receiver import TraceReceiver

DESCRIPTION = "canarydescription Zwergfalke 4711"
SUBJECT = "canarysubject Rotkehlchen"
HANDLE = "canaryhandle-zaunkoenig"
FILE_NAME = "canaryfilename-sperling"
CONTENT = "canarycontent Blaumeise"
EXPECTED = "Canaryexpected Anna Maria Zeisig"
SEEN = "Canaryseen Anna Zeisig"
FRONT_END = "harbour-front-end"


def a_filing(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    seller = {"ref": HANDLE, "tier": "smb", "region": "UK", "language": "en"}
    return files.new_filing(description=DESCRIPTION, subject=SUBJECT, seller=seller, **changes)


def a_document(kind: str) -> dict[str, Any]:
    form = files.document(kind, words=CONTENT)
    _, content, media_type = form["files"]["file"]
    return form | {"files": {"file": (f"{FILE_NAME}-{kind}.pdf", content, media_type)}}


def a_mismatch() -> dict[str, Any]:
    """File that a name differs; the seller has told both, sealed as a fact."""
    facts = {
        "review_ref": f"RV-{uuid4().hex[:8]}",
        "check_stage": "details_differ",
        "differing_field": "name",
        "seen_and_expected": f"{EXPECTED} / {SEEN}",
    }
    whole = {"identity_document": {"valid_until": "2031-04-01"}}
    on_file = [{"kind": kind} | dates for kind, dates in whole.items()]
    return a_filing(issue_type="identity_verification", facts=facts, evidence_on_file=on_file)


async def claimed(road: Road) -> None:
    answer = await road.whoever(FRONT_END).post("intake", "/v1/cases", road.filing, expect=201)
    road.case = answer.json()["id"]
    road.town.note(road.case, answer)
    await road.event("seller.message_sent")
    path = f"/v1/cases/{road.case}/assignment"
    body = {"member": "mara"}
    await road.whoever("mara").post("router", path, body, case=road.case, expect=201)
    await road.event("case.assigned")


async def letter_about(road: Road, difference: dict[str, str]) -> str:
    """Have mara write what differs, and read the letter as the marketplace does."""
    body = {
        "template": "identity_verification.difference",
        "parameters": {"differences": [difference]},
    }
    path = f"/v1/cases/{road.case}/messages"
    answer = await road.whoever("mara").post("resolution", path, body, case=road.case, expect=201)
    message = answer.json()["message"]
    await road.event("seller.message_sent", count=2)
    read = await road.whoever(FRONT_END).get(
        "resolution", f"/v1/messages/{message}", case=road.case
    )
    text: str = read.json()["body"]
    return text


@pytest.fixture
async def road(stage: Stage, teller: Teller) -> Road:
    """Return a case that was filed, answered with both documents, and claimed by mara."""
    road = stage.road(a_filing(), teller)
    await file_case(road)
    await hear_questions(road)
    for kind in DOCUMENTS:
        answer = await road.whoever(FRONT_END).post(
            "intake",
            f"/v1/cases/{road.case}/evidence",
            form=a_document(kind),
            case=road.case,
            expect=201,
        )
        road.evidence[kind] = answer.json()["id"]
    await road.event("evidence.received", count=2)
    await claim(road)
    return road


async def opening(road: Road, who: str, *values: Any, case: str = "", expect: int = 200) -> Any:  # noqa: ANN401 - any JSON
    body = {"values": list(values), "purpose": "work_case", "case": case or road.case}
    answer = await road.whoever(who).post(
        "vault", "/v1/openings", body, case=case or road.case, expect=expect
    )
    return answer.json()


def sealed(road: Road, name: str) -> dict[str, Any]:
    [opened] = road.heard.of_type(road.case, "case.opened.v1")
    value: dict[str, Any] = opened.payload[name]
    return value


async def letter(road: Road) -> str:
    """Read the first letter as the marketplace does when it delivers it."""
    [sent] = road.heard.of_type(road.case, "seller.message_sent.v1")
    path = f"/v1/messages/{sent.payload['message']}"
    answer = await road.whoever(FRONT_END).get("resolution", path, case=road.case)
    body: str = answer.json()["body"]
    return body


class TestWhatSellersWrite:
    @pytest.mark.covers("SE-1", "SE-4", "SE-7", "HO-13")
    async def test_is_in_clear_in_no_topic_table_file_log_or_trace(
        self, road: Road, stack: Stack, traces: TraceReceiver
    ) -> None:
        told = await letter(road)
        line = max(told.splitlines(), key=len)
        canaries = [
            word.encode() for word in (DESCRIPTION, SUBJECT, HANDLE, FILE_NAME, CONTENT, line)
        ]

        found = [
            (place, canary)
            async for place, content in everything(stack, traces)
            for canary in canaries
            if canary in content
        ]

        assert traces.received, "no trace was exported, so none was looked at"
        assert found == []

    @pytest.mark.covers("SE-1")
    async def test_is_sealed_also_where_a_letter_says_what_differs(
        self, stage: Stage, teller: Teller, stack: Stack, traces: TraceReceiver
    ) -> None:
        road = stage.road(a_mismatch(), teller)
        await claimed(road)

        told = await letter_about(road, {"field": "name", "expected": EXPECTED, "seen": SEEN})

        assert f"“{EXPECTED}”" in told
        assert f"“{SEEN}”" in told
        found = [
            place
            async for place, content in everything(stack, traces)
            for canary in (EXPECTED, SEEN)
            if canary.encode() in content
        ]
        assert found == []

    async def test_would_be_found_if_it_were(self, road: Road, stack: Stack) -> None:
        """The search sees what is in clear: the payout's number, in topics, tables and files."""
        needle = road.payout_ref.encode()

        places = {
            place.partition(".")[0].partition("/")[0]
            async for place, content in everything(stack, None)
            if needle in content
        }

        assert {"cases", "intake", "postgres"} <= places

    @pytest.mark.covers("SE-5", "AU-8")
    async def test_is_read_by_the_case_lead_and_that_is_on_record(self, road: Road) -> None:
        description = sealed(road, "description")

        [opened] = await opening(road, "mara", description)

        assert opened["value"] == DESCRIPTION
        [event] = await road.event("sealed_value.opened")
        assert event.payload["commitment"] == description["commitment"]
        assert await on_trail(road, event.headers["ce_id"])

    @pytest.mark.covers("SE-3")
    async def test_is_refused_to_whoever_may_not_read_it(self, road: Road) -> None:
        description = sealed(road, "description")

        assert (await opening(road, "jonas", description, expect=403))["code"] == "forbidden"
        assert (await opening(road, "boris", description, expect=404))["code"] == "not-found"

    async def test_is_refused_to_compliance_of_another_marketplace(
        self, stage: Stage, teller: Teller
    ) -> None:
        elsewhere = stage.road(a_filing(marketplace="bazaar"), teller)
        answer = await elsewhere.whoever("bazaar-front-end").post(
            "intake", "/v1/cases", elsewhere.filing, expect=201
        )
        elsewhere.case = answer.json()["id"]
        await elsewhere.event("case.routed")

        refused = await opening(elsewhere, "ines", sealed(elsewhere, "description"), expect=404)

        assert refused["code"] == "not-found"

    async def test_does_not_open_for_another_case(self, road: Road, stage: Stage) -> None:
        other = stage.road(a_filing(), road.teller)
        await file_case(other)
        await hear_questions(other)
        foreign = sealed(other, "description")

        refused = await opening(road, "mara", foreign, expect=422)

        assert refused["code"] == "not-of-this-case"

    async def test_of_a_file_is_read_back_by_who_works_the_case(self, road: Road) -> None:
        evidence = road.evidence[DOCUMENTS[0]]
        path = f"/v1/cases/{road.case}/evidence/{evidence}/content"

        answer = await road.whoever("mara").get("intake", path, case=road.case)

        assert CONTENT.encode() in answer.content
        assert answer.headers["content-disposition"].startswith("attachment")
        await road.whoever("jonas").get("intake", path, case=road.case, expect=403)


class TestWithoutTheVault:
    async def test_filing_routing_and_the_first_letter_go_on(
        self, stage: Stage, teller: Teller, stack: Stack
    ) -> None:
        seller = {"ref": f"new-{id(stage)}", "tier": "smb", "region": "UK", "language": "en"}
        road = stage.road(files.new_filing(seller=seller), teller)
        stack.stop("vault")
        try:
            await file_case(road)
            await hear_questions(road)
        finally:
            stack.start("vault")

        assert teller.failed == []


async def on_trail(road: Road, event_id: str) -> bool:
    path = f"/v1/cases/{road.case}/trail?limit=200"
    road.know_what_was_heard()
    trail = (await road.whoever("ines").get("audit", path, case=road.case)).json()
    return event_id in {item["event_id"] for item in trail["items"]}


async def everything(
    stack: Stack, traces: TraceReceiver | None
) -> AsyncIterator[tuple[str, bytes]]:
    async for place, content in remains.topics(stack):
        yield place, content
    async for place, content in remains.tables(stack):
        yield place, content
    for place, content in remains.files(stack):
        yield place, content
    for number, content in enumerate(traces.received if traces else []):
        yield f"trace.{number}", content
