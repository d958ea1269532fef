"""The same trouble of one seller about one subject after another, against a real PostgreSQL."""

from typing import Any

from sqlalchemy import text

from contracts import cases, resolution
from intake_stand import Stand, a_case

OPENED = "case.opened.v1"
ENDED = resolution.CaseResolved(
    outcome="released", root_cause="charge_method_false_positive", episode=0
)


def alarm(number: int, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    """Return the same alarm about one payout more."""
    facts = a_case()["facts"] | {"payout_ref": f"PO-{number}", "hold_code": "charge_method"}
    return {"external_ref": f"HB-{number}", "facts": facts} | changes


async def last(stand: Stand) -> dict[str, Any]:
    [*_, opened] = await stand.events(OPENED)
    return opened


class TestAlike:
    async def test_names_the_same_trouble_on_other_subjects_newest_first(
        self, stand: Stand
    ) -> None:
        earlier = [await stand.filed(**alarm(number)) for number in range(4)]
        await stand.hear(earlier[0], ENDED)

        fifth = await stand.filed(**alarm(4))

        assert (await last(stand))["alike"] == earlier[::-1]
        assert (await stand.get(f"/v1/cases/{fifth}")).json()["alike"] == earlier[::-1]

    async def test_puts_none_below_another(self, stand: Stand) -> None:
        await stand.filed(**alarm(1))

        second = await stand.filed(**alarm(2))

        opened = await last(stand)
        assert "parent" not in opened
        assert "repeats" not in opened
        shown = (await stand.get(f"/v1/cases/{second}")).json()
        assert (shown["parent"], shown["merged_into"]) == (None, None)

    async def test_are_never_those_of_another_seller_or_marketplace(self, stand: Stand) -> None:
        await stand.filed(**alarm(1, seller=a_case()["seller"] | {"ref": "pots-and-more"}))
        elsewhere = a_case(**alarm(2, marketplace="bazaar"))
        assert (await stand.post(elsewhere, who="bazaar-front-end")).status_code == 201

        await stand.filed(**alarm(3))

        assert "alike" not in await last(stand)

    async def test_are_none_when_the_marks_differ_or_are_not_known(self, stand: Stand) -> None:
        facts = alarm(1)["facts"]
        unknown = {name: value for name, value in facts.items() if name != "hold_code"}
        await stand.filed(**alarm(1, facts=facts | {"hold_code": "risk_review"}))
        await stand.filed(**alarm(2, facts=unknown | {"payout_ref": "PO-2"}))

        await stand.filed(**alarm(3))
        assert "alike" not in await last(stand)
        await stand.filed(**alarm(4, facts=unknown | {"payout_ref": "PO-4"}))

        assert "alike" not in await last(stand)

    async def test_are_no_case_that_was_filed_too_long_ago(self, stand: Stand) -> None:
        await stand.filed(**alarm(1))
        async with stand.engine.begin() as connection:
            await connection.execute(
                text("update cases set opened_at = opened_at - interval '91 days'")
            )

        await stand.filed(**alarm(2))

        assert "alike" not in await last(stand)

    async def test_are_no_case_that_was_merged(self, stand: Stand) -> None:
        first, second = await stand.filed(**alarm(1)), await stand.filed(**alarm(2))
        merged = {"into": first, "reason": "same_matter"}
        await stand.client.post(
            f"/v1/cases/{second}/merging",
            json=merged,
            headers=stand.headers("sofia", Idempotency_Key="k1"),
        )
        assert await stand.events(cases.CaseMerged.type)

        await stand.filed(**alarm(3))

        assert (await last(stand))["alike"] == [first]

    async def test_stay_as_they_were_when_the_filing_is_sent_again(self, stand: Stand) -> None:
        await stand.filed(**alarm(1))
        first = await stand.post(a_case(**alarm(2)), key="k1")
        await stand.filed(**alarm(3))

        again = await stand.post(a_case(**alarm(2)), key="k1")

        assert again.json() == first.json()
        assert len(await stand.events(OPENED)) == 3
