"""A date set by law comes nearer: the seller is reminded of what is missing, once a step."""

from datetime import date, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from builders_contracts import (
    NOON,
    a_case_opened,
    a_classification,
    a_receipt,
    a_route,
    an_id,
)
from builders_resolution import Said, records, said, the_playbook
from chassis.consumer import deliver
from chassis.door import Pen
from chassis.signing import Signer
from chassis.vault import new_key_pair, open_value
from conftest import EngineFor
from contracts.event import Contract
from contracts.sealed import SealedValue
from contracts.sla import Warned
from resolution.consumers import resolution_consumer

PEN = Pen(
    service="resolution",
    signer=Signer.of(Ed25519PrivateKey.from_private_bytes(bytes(32)), service="resolution"),
)
CONSUMER = resolution_consumer({the_playbook().pin: the_playbook()})
PRIVATE, PUBLIC = new_key_pair()
SELLER = a_case_opened().seller.model_copy(
    update={"public_key": PUBLIC, "language": "de", "region": "DE"}
)
TAX, BANK = "tax_identification", "bank_confirmation"
_ENDED = "update case_view set state = jsonb_set(state, '{outcome}', '\"verified\"')"
KINDS = (TAX, BANK, "business_registration", "proof_of_address", "identity_document")
ALL_PAPERS = tuple(a_receipt(at, kind) for at, kind in enumerate(KINDS, start=7))
TODAY = date.today()  # noqa: DTZ011 - any day near the database's
SUSPENDED = TODAY + timedelta(days=5)


def by_law(suspend_on: date = SUSPENDED) -> tuple[Contract, ...]:
    """Say what others say of a case whose seller has to send two papers before a day."""
    opened = a_case_opened(
        seller=SELLER,
        issue_type="identity_verification",
        facts={
            "review_ref": "R-22",
            "check_stage": "required_by_law",
            "suspend_on": suspend_on.isoformat(),
        },
        amount_at_risk=None,
        references=(),
    )
    found = a_classification().model_copy(
        update={"issue_type": "identity_verification", "severity": "high"}
    )
    return (opened, found, a_route(queue="statutory"))


def warned(percent: int = 50, **changes: object) -> Warned:
    given = {"clock": an_id("clk"), "kind": "statutory", "due_at": NOON, "detected_at": NOON}
    return Warned.model_validate({**given, "percent": percent, **changes})


@pytest.fixture
async def engine(engine_for: EngineFor) -> AsyncEngine:
    return await engine_for("resolution")


async def give(engine: AsyncEngine, *facts: Contract) -> None:
    outcome = await deliver(records(facts), to=CONSUMER, engine=engine, pen=PEN)
    assert outcome.parked == 0


async def letters(engine: AsyncEngine) -> list[Said]:
    """Return the letters after the first, which asked."""
    return [one for one in await said(engine) if one.type == "seller.message_sent"][1:]


def body(one: Said) -> str:
    sealed = SealedValue.model_validate(one.fact["body"])
    text: str = open_value(PRIVATE, sealed, subject=one.subject).value["body"]
    return text


class TestAStepOfTheStatutoryClock:
    @pytest.mark.covers("SC-23")
    async def test_reminds_the_seller_in_their_language_of_what_is_missing(
        self, engine: AsyncEngine
    ) -> None:
        await give(engine, *by_law(), a_receipt(7, BANK), warned(50))

        [reminder] = await letters(engine)
        assert reminder.fact["template"].startswith("identity_verification.reminder@")
        assert (reminder.fact["language"], reminder.fact["kind"]) == ("de", "update")
        assert reminder.fact["update_by"]
        assert "Steuernachweis" in body(reminder)
        assert "Bestätigung Ihrer Bank" not in body(reminder)

    async def test_names_the_laws_date_and_never_a_later_one(self, engine: AsyncEngine) -> None:
        """What was asked for may take ten days; on the fifth the law wants the account closed."""
        await give(engine, *by_law(), warned(50))

        [reminder] = await letters(engine)
        midnight = f"{SUSPENDED.day}. "
        assert midnight in body(reminder)
        assert "00:00" in body(reminder)

    async def test_reminds_once_each_step(self, engine: AsyncEngine) -> None:
        facts = (*by_law(), warned(50), warned(75), warned(90))
        await give(engine, *facts)
        await give(engine, *facts)

        assert len(await letters(engine)) == 3

    @pytest.mark.parametrize(
        "facts",
        [
            pytest.param((*ALL_PAPERS, warned(50)), id="papers came"),
            pytest.param((warned(50, notify=False),), id="a later step was reached too"),
            pytest.param((warned(50, kind="resolution"),), id="a clock of ours"),
            pytest.param((warned(50, kind="evidence_due"),), id="a clock that reminds of nothing"),
        ],
    )
    async def test_writes_nothing_where_nothing_is_to_be_said(
        self, engine: AsyncEngine, facts: tuple[Contract, ...]
    ) -> None:
        await give(engine, *by_law(), *facts)

        assert await letters(engine) == []

    async def test_leaves_a_case_in_peace_that_has_ended(self, engine: AsyncEngine) -> None:
        await give(engine, *by_law())
        async with engine.begin() as connection:
            await connection.execute(text(_ENDED))

        await give(engine, *by_law(), warned(50))

        assert await letters(engine) == []

    async def test_comes_too_late_when_the_day_is_over(self, engine: AsyncEngine) -> None:
        yesterday = TODAY - timedelta(days=1)

        await give(engine, *by_law(suspend_on=yesterday), warned(90))

        assert await letters(engine) == []
