"""A filing put facts off: when they come, the case is judged by them."""

from datetime import timedelta

import pytest

from builders_contracts import CASE, NOON, a_case_opened, an_id
from contracts.cases import DeferredFact, EvidenceOnFile, FactValue, SellerMessageReceived
from contracts.money import Money
from house_router import claim, hear, listed, of_case
from service_house import House

REF = {"payout_ref": "PO-88121", "hold_code": "verification_expired"}
LATER = DeferredFact(fact="amount", reason="not_yet_known", until=NOON + timedelta(days=3))
MUCH = Money(amount_minor=5_000_000, currency="GBP")
LITTLE = Money(amount_minor=1_000, currency="GBP")
ALL_PAPERS = tuple(
    EvidenceOnFile(evidence=an_id("evd", at), kind=kind, valid_until="2031-04-01", issued_on=day)
    for at, (kind, day) in enumerate(
        (
            ("identity_document", None),
            ("business_registration", None),
            ("proof_of_address", NOON.date()),
        ),
        start=1,
    )
)


async def put_off(house: House, **changes: object) -> None:
    """File a case whose seller does not know the amount yet."""
    given = {"facts": REF, "amount_at_risk": None, "deferred": (LATER,), **changes}
    await hear(house, a_case_opened(**given))


async def bring(house: House, amount: Money, *, sequence: int = 2) -> None:
    facts: dict[str, FactValue] = {"amount": amount}
    said = SellerMessageReceived(
        message=an_id("msg"),
        channel="portal",
        repeated_contact=False,
        facts=facts,
        amount_at_risk=amount,
    )
    await hear(house, said, sequence=sequence)


class TestALaterFact:
    @pytest.mark.covers("IN-5", "RT-6")
    async def test_makes_a_case_as_severe_as_it_is(self, house: House) -> None:
        """Half a house was at stake, and it waited as long as a case about nothing."""
        await put_off(house)

        await bring(house, MUCH)

        first, *_, told = [one for one in await house.said() if one.type.startswith("case.")]
        assert (first.type, first.fact["severity"]) == ("case.classified", "low")
        assert (told.type, told.fact["severity"]) == ("case.reclassified", "high")
        assert (told.fact["issue_type"], told.fact["previous"]) == ("payout_hold", "payout_hold")
        assert (told.fact["reason"], told.fact["method"]) == ("facts_came", first.fact["method"])
        [row] = await listed(house, "/v1/queues/verification/cases", by="mara")
        assert (row["severity"], row["priority"]) == ("high", 2)

    async def test_takes_it_to_the_queue_that_it_belongs_in_now(self, house: House) -> None:
        await put_off(house, evidence_on_file=ALL_PAPERS)

        await bring(house, MUCH)

        told = [one for one in await house.said() if one.type == "case.rerouted"]
        assert [(one.fact["queue"], one.fact["reason"]) for one in told] == [
            ("finance_desk", "facts_came")
        ]

    async def test_takes_it_out_of_nobodys_hands(self, house: House) -> None:
        """Its queue would be another one now (as above), but somebody works it."""
        await put_off(house, evidence_on_file=ALL_PAPERS)
        assert await claim(house, "mara") == 201

        await bring(house, MUCH)

        assert (await of_case(house))[-2:] == ["case.assigned", "case.reclassified"]
        [mine] = await listed(house, "/v1/members/mara/cases", by="mara")
        assert (mine["case"], mine["severity"]) == (CASE, "high")

    async def test_says_nothing_where_it_changes_nothing(self, house: House) -> None:
        await hear(house, a_case_opened())
        before = await of_case(house)

        await bring(house, Money(amount_minor=184_051, currency="GBP"))

        assert await of_case(house) == before

    async def test_is_judged_once(self, house: House) -> None:
        await put_off(house)

        await bring(house, MUCH)
        await bring(house, MUCH, sequence=3)

        assert (await of_case(house)).count("case.reclassified") == 1

    async def test_may_make_it_less_severe(self, house: House) -> None:
        await hear(house, a_case_opened())

        await bring(house, LITTLE)

        assert (await house.said())[-1].fact["severity"] == "low"
