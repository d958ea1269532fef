"""Erasing a seller over HTTP, on a real PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from builders_contracts import CASE, a_case_opened, a_route, an_id, event
from builders_resolution import record_of
from chassis.consumer import deliver
from chassis.vault import seal
from conftest import EngineFor
from contracts.cases import Seller
from contracts.event import Contract
from contracts.resolution import CaseResolved
from contracts.sealed import SealedValue
from identities import MEMBERS
from service_house import House, Plan, open_house
from vault.api import ROUTERS
from vault.api.problems import PROBLEMS
from vault.clients import HoldsUnknown
from vault.consumers import vault_consumer

MASTER = bytes(range(32))
WORDS = "canary: my payout was paused on Monday."
RESOLVED = CaseResolved(outcome="released", root_cause="verification_expired", episode=0)
INES, IVO = f"compliance:{MEMBERS['ines']}", f"compliance:{MEMBERS['ivo']}"


@dataclass(slots=True)
class Holds:
    """What audit would say."""

    standing: list[str] = field(default_factory=list)
    away: bool = False

    async def __call__(self, *, marketplace: str, seller: str) -> Sequence[str]:
        assert marketplace == "harbour"
        assert seller.startswith("sel_")
        if self.away:
            raise HoldsUnknown
        return self.standing


@pytest.fixture
def holds() -> Holds:
    return Holds()


@pytest.fixture
async def house(engine_for: EngineFor, tmp_path: Path, holds: Holds) -> AsyncIterator[House]:
    plan = Plan(
        name="vault",
        routers=ROUTERS,
        problems=PROBLEMS,
        consumer=vault_consumer(),
        state={"master_key": lambda: MASTER, "check_recall": lambda: None, "holds": holds},
    )
    async with open_house(plan, await engine_for("vault"), tmp_path) as house:
        yield house


async def a_seller(house: House, *more: Contract) -> Seller:
    """Return the seller of a case of which this was heard after it was routed."""
    [spare] = (await house.post("/v1/keys", {"count": 1}, by="service-intake")).json()
    seller = a_case_opened().seller.model_copy(update=spare)
    await house.hear((a_case_opened(seller=seller), a_route(), *more))
    return seller


@pytest.fixture
async def seller(house: House) -> Seller:
    return await a_seller(house, RESOLVED)


async def erase(house: House, seller: Seller, *, by: str, body: object = None) -> Any:  # noqa: ANN401 - an answer
    return await house.post(f"/v1/sellers/{seller.id}/erasure", body, by=by)


def narrative(seller: Seller) -> SealedValue:
    return seal(
        WORDS, public_key=seller.public_key, key=seller.key, class_="narrative", subject=CASE
    )


async def opening(house: House, value: SealedValue) -> Any:  # noqa: ANN401 - an answer
    asked = {"values": [value.model_dump(by_alias=True)], "purpose": "audit", "case": CASE}
    return await house.post("/v1/openings", asked, by="ines")


async def wrapped(house: House) -> list[bytes | None]:
    async with house.engine.connect() as connection:
        found = await connection.execute(text("select wrapped from keys"))
        return list(found.scalars())


class TestPostErasure:
    async def test_takes_two_people_and_destroys_the_key(
        self, house: House, seller: Seller
    ) -> None:
        value = narrative(seller)
        assert (await opening(house, value)).json()[0]["value"] == WORDS

        asked = await erase(house, seller, by="ines")
        still_there = await wrapped(house)
        done = await erase(house, seller, by="ivo")

        assert (asked.status_code, asked.json()["state"]) == (202, "requested")
        assert still_there[0] is not None
        assert (done.status_code, done.json()["state"]) == (200, "erased")
        assert await wrapped(house) == [None]
        refused = await opening(house, value)
        assert (refused.status_code, refused.json()["code"]) == (410, "erased")

    async def test_announces_who_asked_who_agreed_and_why(
        self, house: House, seller: Seller
    ) -> None:
        body = {"legal_basis": "objection"}

        await erase(house, seller, by="ines", body=body)
        await erase(house, seller, by="ivo", body=body)

        [said] = await house.said()
        assert (said.type, said.topic, said.subject) == (
            "seller.erased",
            "governance.v1",
            seller.id,
        )
        assert said.headers["ce_marketplace"] == "harbour"
        assert said.headers["ce_actor"] == IVO
        assert {name: said.fact[name] for name in ("seller", "key", "legal_basis")} == {
            "seller": seller.id,
            "key": seller.key,
            "legal_basis": "objection",
        }
        assert (said.fact["requested_by"], said.fact["approved_by"]) == (INES, IVO)

    async def test_does_nothing_more_when_the_same_person_asks_again(
        self, house: House, seller: Seller
    ) -> None:
        await erase(house, seller, by="ines")

        again = await erase(house, seller, by="ines")

        assert (again.status_code, again.json()["state"]) == (202, "requested")
        assert (await wrapped(house))[0] is not None
        assert await house.said() == []

    async def test_erases_once_when_many_agree_at_once(self, house: House, seller: Seller) -> None:
        await erase(house, seller, by="ines")

        answers = await asyncio.gather(*(erase(house, seller, by="ivo") for _ in range(5)))

        assert [answer.status_code for answer in answers] == [200] * 5
        assert await house.types() == ["seller.erased"]

    async def test_refuses_while_a_case_is_open(self, house: House) -> None:
        seller = await a_seller(house)

        refused = await erase(house, seller, by="ines")

        assert (refused.status_code, refused.json()["code"]) == (409, "not-allowed-now")
        assert refused.json()["cases"] == [CASE]

    async def test_refuses_under_a_legal_hold_at_either_step(
        self, house: House, seller: Seller, holds: Holds
    ) -> None:
        await erase(house, seller, by="ines")
        holds.standing = ["hld_1"]

        refused = await erase(house, seller, by="ivo")

        assert (refused.status_code, refused.json()["code"]) == (409, "under-legal-hold")
        assert refused.json()["hold"] == "hld_1"
        assert (await wrapped(house))[0] is not None
        assert await house.said() == []

    async def test_erases_nobody_while_audit_does_not_say_what_is_held(
        self, house: House, seller: Seller, holds: Holds
    ) -> None:
        holds.away = True

        refused = await erase(house, seller, by="ines")

        assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")

    @pytest.mark.parametrize(
        ("by", "status"),
        [("mara", 403), ("sofia", 403), ("olga", 403), ("service-intake", 403), ("boris", 403)],
    )
    async def test_is_for_compliance_alone(
        self, by: str, status: int, house: House, seller: Seller
    ) -> None:
        assert (await erase(house, seller, by=by)).status_code == status

    async def test_knows_nobody_of_another_marketplace(self, house: House, seller: Seller) -> None:
        path = f"/v1/sellers/{seller.id}/erasure"

        refused = await house.post(path, by="ines", marketplaces=["bazaar"])

        assert refused.status_code == 404

    @pytest.mark.parametrize("name", ["sel_01m80000000000000000000000", "sel_1", CASE])
    async def test_knows_nobody_by_an_id_that_it_never_saw(self, name: str, house: House) -> None:
        answer = await house.post(f"/v1/sellers/{name}/erasure", by="ines")

        assert answer.status_code == 404

    async def test_names_the_legal_bases_it_takes(self, house: House, seller: Seller) -> None:
        refused = await erase(house, seller, by="ines", body={"legal_basis": "because"})

        assert refused.status_code == 422
        assert refused.json()["errors"][0]["pointer"] == "/legal_basis"


class TestBinding:
    async def test_of_a_case_that_was_filed_in_the_moment_of_the_erasure_changes_nothing(
        self, house: House, seller: Seller
    ) -> None:
        await erase(house, seller, by="ines")
        await erase(house, seller, by="ivo")

        late = record_of(event(a_case_opened(seller=seller), subject=an_id("case", 2)))
        await deliver([late], to=house.plan.consumer, engine=house.engine, pen=house.plan.pen)

        assert await wrapped(house) == [None]
