"""A handed-on case that is of another type, or went to and fro."""

import pytest

from builders_routing import frozen, reclassified, unfrozen
from contracts.event import Contract
from house_handoff import PATH, a_body, mara_has_it, of_handoff, offered
from identities import MEMBERS
from service_house import House


async def hear(house: House, *facts: Contract) -> None:
    """Let handoff hear more of the case that it knows."""
    await house.hear((*mara_has_it(), *facts))


async def recalled(house: House) -> list[tuple[str, str]]:
    told = await house.said()
    return [
        (one.type, one.fact["reason"])
        for one in told
        if one.type.endswith("handoff_recalled") or one.type == "handoff.recalled"
    ]


class TestCaseReclassified:
    @pytest.mark.covers("HO-8")
    async def test_takes_it_back_from_a_team_that_does_not_take_the_type(
        self, house: House
    ) -> None:
        await offered(house)

        await hear(house, reclassified("identity_verification"))

        assert await recalled(house) == [
            ("handoff.recalled", "reclassified"),
            ("partner.handoff_recalled", "reclassified"),
        ]
        [one] = (await house.get(PATH, by="mara")).json()["items"]
        assert one["state"] == "recalled"

    async def test_takes_it_back_from_a_team_that_has_it(self, house: House) -> None:
        offer = await offered(house)
        path = f"/v1/handoffs/{offer['handoff']}/acceptance"
        await house.post(path, by="finance-desk")

        await hear(house, reclassified("identity_verification"))

        assert await of_handoff(house) == [
            "handoff.requested",
            "handoff.accepted",
            "handoff.recalled",
        ]

    async def test_leaves_it_with_a_team_that_takes_the_type(self, house: House) -> None:
        await offered(house)

        await hear(house, reclassified("payment_dispute"))

        assert await recalled(house) == []


class TestRoutingFrozen:
    @pytest.mark.covers("RT-12")
    async def test_hands_the_case_to_nobody(self, house: House) -> None:
        await hear(house, frozen("finance", "trust", "finance", arbiter=MEMBERS["sofia"]))

        answer = await house.post(PATH, a_body(), by="mara")

        told = answer.json()
        assert (answer.status_code, told["code"]) == (409, "not-allowed-now")
        assert (told["arbiter"], told["arbiter_role"]) == (MEMBERS["sofia"], "supervisor")
        assert await house.said() == []

    async def test_goes_on_when_the_arbiter_has_decided(self, house: House) -> None:
        await hear(house, frozen("finance", "trust", "finance"), unfrozen("finance"))

        answer = await house.post(PATH, a_body(), by="mara")

        assert answer.status_code == 201


class TestRoutingUnfrozen:
    async def test_takes_it_back_from_whom_the_arbiter_did_not_choose(self, house: House) -> None:
        await offered(house)

        await hear(house, frozen("finance", "trust", "finance"), unfrozen("trust"))

        assert await recalled(house) == [
            ("handoff.recalled", "arbitrated"),
            ("partner.handoff_recalled", "arbitrated"),
        ]

    async def test_leaves_it_with_the_chosen_and_with_those_outside_the_circle(
        self, house: House
    ) -> None:
        await offered(house)
        circle = ("verification", "seller_care", "verification")

        await hear(house, frozen(*circle), unfrozen("seller_care"))
        await hear(house, frozen("finance", "trust", "finance"), unfrozen("finance"))

        assert await recalled(house) == []
