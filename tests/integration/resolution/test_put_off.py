"""Facts that a filing put off have not come by their date: the seller is asked once more."""

from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from builders_contracts import NOON, a_case_opened, a_classification, a_route, an_id
from builders_resolution import Said, records, said, the_playbook
from chassis.consumer import deliver
from chassis.door import Pen
from chassis.signing import Signer
from chassis.vault import new_key_pair, open_value
from conftest import EngineFor
from contracts.cases import DeferredFact, SellerMessageReceived
from contracts.event import Contract
from contracts.money import Money
from contracts.sealed import SealedValue
from contracts.sla import WindowEnded
from resolution.consumers import resolution_consumer

PEN = Pen(
    service="resolution",
    signer=Signer.of(Ed25519PrivateKey.from_private_bytes(bytes(32)), service="resolution"),
)
CONSUMER = resolution_consumer({the_playbook().pin: the_playbook()})
PRIVATE, PUBLIC = new_key_pair()
SELLER = a_case_opened().seller.model_copy(update={"public_key": PUBLIC, "language": "fr"})
AMOUNT = Money(amount_minor=184050, currency="GBP")
FILED: tuple[Contract, ...] = (
    a_case_opened(
        seller=SELLER,
        facts={"payout_ref": "PO-88121"},
        amount_at_risk=None,
        deferred=(
            DeferredFact(fact="amount", reason="not_yet_known", until=NOON + timedelta(days=3)),
        ),
        evidence_on_file=(),
    ),
    a_classification(),
    a_route(),
)
_ENDED = "update case_view set state = jsonb_set(state, '{outcome}', '\"released\"')"
OVER = WindowEnded(
    clock=an_id("clk"), kind="facts_due", object=an_id("case"), due_at=NOON, detected_at=NOON
)
TOLD = SellerMessageReceived(
    message=an_id("msg", 5), channel="portal", repeated_contact=False, facts={"amount": AMOUNT}
)


@pytest.fixture
async def engine(engine_for: EngineFor) -> AsyncEngine:
    return await engine_for("resolution")


async def asked_again(engine: AsyncEngine, *facts: Contract) -> list[Said]:
    outcome = await deliver(records(facts), to=CONSUMER, engine=engine, pen=PEN)
    assert outcome.parked == 0
    told = [one for one in await said(engine) if one.type == "seller.message_sent"]
    return [one for one in told if one.fact["template"].startswith("seller_care.facts_reminder@")]


class TestTheEndOfWhatWasPutOff:
    @pytest.mark.covers("IN-5", "SC-23")
    async def test_asks_once_more_in_the_sellers_language(self, engine: AsyncEngine) -> None:
        [reminder] = await asked_again(engine, *FILED, OVER)

        sealed = SealedValue.model_validate(reminder.fact["body"])
        body = open_value(PRIVATE, sealed, subject=reminder.subject).value["body"]
        assert (reminder.fact["language"], bool(reminder.fact["update_by"])) == ("fr", True)
        assert "Quel montant est bloqué" in body
        assert "Quel versement" not in body

    async def test_asks_nobody_twice(self, engine: AsyncEngine) -> None:
        await asked_again(engine, *FILED, OVER)

        assert len(await asked_again(engine, *FILED, OVER)) == 1

    async def test_asks_for_nothing_that_has_come(self, engine: AsyncEngine) -> None:
        assert await asked_again(engine, *FILED, TOLD, OVER) == []

    async def test_asks_for_nothing_in_a_case_that_has_ended(self, engine: AsyncEngine) -> None:
        await asked_again(engine, *FILED)
        async with engine.begin() as connection:
            await connection.execute(text(_ENDED))

        assert await asked_again(engine, *FILED, OVER) == []
