"""Who may open what, and what remains of it; on a real PostgreSQL."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from builders_contracts import CASE, a_case_opened, a_receipt, a_route, an_id, event
from builders_resolution import record_of
from chassis.consumer import deliver
from chassis.vault import seal
from conftest import EngineFor
from contracts.cases import Seller
from contracts.event import Contract
from contracts.routing import CaseAssigned
from contracts.sealed import SealedValue
from identities import MEMBERS
from service_house import House, Plan, open_house
from vault.api import ROUTERS
from vault.api.problems import PROBLEMS
from vault.consumers import vault_consumer

MASTER = bytes(range(32))
PLAN = Plan(
    name="vault",
    routers=ROUTERS,
    problems=PROBLEMS,
    consumer=vault_consumer(),
    state={"master_key": lambda: MASTER, "check_recall": lambda: None},
)
WORDS = "My payout was paused on Monday."


@pytest.fixture
async def house(engine_for: EngineFor, tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(PLAN, await engine_for("vault"), tmp_path) as house:
        yield house


@pytest.fixture
async def seller(house: House) -> Seller:
    """Return the seller of a case that mara leads, with a key of this vault."""
    [spare] = (await house.post("/v1/keys", {"count": 1}, by="service-intake")).json()
    seller = a_case_opened().seller.model_copy(update=spare)
    await house.hear(filed_for(seller))
    return seller


def filed_for(seller: Seller) -> tuple[Contract, ...]:
    assigned = CaseAssigned(
        assignment=an_id("asg"),
        member=MEMBERS["mara"],
        team="verification",
        queue="verification",
        lead=True,
    )
    return (a_case_opened(seller=seller), a_route(), assigned)


def sealed_for(
    seller: Seller, *, class_: str = "narrative", case: str = CASE, value: object = WORDS
) -> SealedValue:
    return seal(value, public_key=seller.public_key, key=seller.key, class_=class_, subject=case)


def asking(*values: SealedValue, purpose: str = "work_case", case: str = CASE) -> dict[str, Any]:
    return {
        "values": [value.model_dump(by_alias=True) for value in values],
        "purpose": purpose,
        "case": case,
    }


class TestPostOpenings:
    @pytest.mark.covers("SE-1", "SE-3", "SE-5", "AU-8")
    async def test_tells_the_case_lead_and_leaves_an_event(
        self, house: House, seller: Seller
    ) -> None:
        value = sealed_for(seller)

        answer = await house.post("/v1/openings", asking(value), by="mara")

        assert answer.json() == [{"commitment": value.commitment, "value": WORDS}]
        assert answer.headers["cache-control"] == "no-store"
        [opened] = await house.said()
        assert opened.type == "sealed_value.opened"
        assert opened.fact["commitment"] == value.commitment
        assert opened.fact["opened_by"] == f"agent:{MEMBERS['mara']}"
        assert WORDS not in str(opened)

    async def test_adds_the_salt_for_compliance_alone(self, house: House, seller: Seller) -> None:
        asked = asking(sealed_for(seller), purpose="audit")

        [told] = (await house.post("/v1/openings", asked, by="ines")).json()

        assert set(told) == {"commitment", "value", "salt"}

    @pytest.mark.covers("SE-3", "SE-6")
    @pytest.mark.parametrize(
        ("who", "class_", "status"),
        [
            ("jonas", "narrative", 403),  # same team, neither assignee nor lead
            ("mara", "bank", 403),  # her case, not her class
            ("finance-desk", "narrative", 403),  # no handoff of this case
            ("harbour-front-end", "narrative", 403),  # letters only
            ("boris", "narrative", 404),  # another marketplace
            ("bazaar-front-end", "message", 404),
            ("service-router", "narrative", 403),
            ("olga", "narrative", 403),
        ],
    )
    async def test_refuses_whoever_may_not(
        self, who: str, class_: str, status: int, house: House, seller: Seller
    ) -> None:
        value = sealed_for(seller, class_=class_)

        cleared: dict[str, Any] = {"clearances": ["message"]} if who.endswith("front-end") else {}
        answer = await house.post("/v1/openings", asking(value), by=who, **cleared)

        assert answer.status_code == status
        assert await house.said() == []

    async def test_knows_nothing_of_a_case_elsewhere_for_compliance(
        self, house: House, seller: Seller
    ) -> None:
        asked = asking(sealed_for(seller), purpose="audit")

        answer = await house.post("/v1/openings", asked, by="ines", marketplaces=["bazaar"])

        assert answer.status_code == 404

    async def test_refuses_a_value_that_was_moved_to_another_case(
        self, house: House, seller: Seller
    ) -> None:
        foreign = sealed_for(seller, case=an_id("case", 2))

        answer = await house.post("/v1/openings", asking(foreign), by="mara")

        assert (answer.status_code, answer.json()["code"]) == (422, "not-of-this-case")
        assert await house.said() == []

    async def test_opens_a_document_that_came_with_a_merged_case(
        self, house: House, seller: Seller
    ) -> None:
        merged = an_id("case", 2)
        value = sealed_for(seller, class_="evidence_file", case=merged)
        other = sealed_for(seller, class_="evidence_file", case=merged)
        receipt = a_receipt(2, "bank_statement").model_copy(
            update={"file": value, "sealed_for": merged}
        )
        await _file_at(house, CASE, receipt, sequence=2)

        opened = await house.post("/v1/openings", asking(value), by="mara")
        refused = await house.post("/v1/openings", asking(other), by="mara")

        assert (opened.status_code, opened.json()[0]["value"]) == (200, WORDS)
        assert [one.type for one in await house.said()] == ["sealed_value.opened"]
        assert (refused.status_code, refused.json()["code"]) == (422, "not-of-this-case")

    async def test_refuses_a_value_of_another_key(self, house: House, seller: Seller) -> None:
        [spare] = (await house.post("/v1/keys", {"count": 1}, by="service-intake")).json()
        other = sealed_for(seller.model_copy(update=spare))

        answer = await house.post("/v1/openings", asking(other), by="mara")

        assert (answer.status_code, answer.json()["code"]) == (422, "not-of-this-case")

    async def test_tells_nothing_of_a_value_that_belies_its_commitment(
        self, house: House, seller: Seller
    ) -> None:
        honest, other = sealed_for(seller), sealed_for(seller, value="other words")
        bent = honest.model_copy(update={"commitment": other.commitment})

        answer = await house.post("/v1/openings", asking(bent), by="mara")

        assert answer.status_code == 422
        assert WORDS not in answer.text
        assert await house.types() == ["sealed_value.mismatched"]

    async def test_refuses_a_purpose_that_is_none(self, house: House, seller: Seller) -> None:
        asked = asking(sealed_for(seller), purpose="curiosity")

        answer = await house.post("/v1/openings", asked, by="mara")

        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == "/purpose"

    async def test_does_not_open_for_a_seller_whose_key_is_someone_elses(
        self, house: House, seller: Seller
    ) -> None:
        """A case that names another seller's key gets no reading out of it."""
        thief = seller.model_copy(update={"id": an_id("sel", 2)})
        case = an_id("case", 9)
        stolen = a_case_opened(seller=thief)
        await _file_at(house, case, stolen)
        value = sealed_for(seller, case=case)

        answer = await house.post("/v1/openings", asking(value, case=case), by="ines")

        assert (answer.status_code, answer.json()["code"]) == (422, "not-of-this-case")


async def _file_at(house: House, case: str, fact: Contract, *, sequence: int = 1) -> None:
    record = record_of(event(fact, subject=case, sequence=sequence))
    await deliver([record], to=PLAN.consumer, engine=house.engine, pen=PLAN.pen)


class TestPostKeys:
    async def test_serves_intake_alone(self, house: House) -> None:
        answer = await house.post("/v1/keys", {"count": 1}, by="service-router")

        assert answer.status_code == 403

    async def test_makes_each_key_once(self, house: House) -> None:
        first = (await house.post("/v1/keys", {"count": 3}, by="service-intake")).json()
        more = (await house.post("/v1/keys", {"count": 3}, by="service-intake")).json()

        keys = {one["key"] for one in [*first, *more]}
        public = {one["public_key"] for one in [*first, *more]}
        assert (len(keys), len(public)) == (6, 6)
