"""Handoff and a case whose playbook is not here: callers are told, a partner's reply waits."""

from house_handoff import PATH, a_body, answer, of_handoff, offered, signed
from playbook_gone import assert_names_it, lose_the_playbook
from service_house import House


class TestACaseWhosePlaybookIsGone:
    async def test_is_handed_to_nobody(self, house: House) -> None:
        await lose_the_playbook(house.engine)

        assert_names_it(await house.post(PATH, a_body(), by="mara"))

    async def test_is_not_answered_over_http(self, house: House) -> None:
        offer = await offered(house)
        await lose_the_playbook(house.engine)
        path = f"/v1/handoffs/{offer['handoff']}/return"

        said = await house.post(path, {"reason": "duplicate"}, by="finance-desk")

        assert_names_it(said)

    async def test_lets_a_reply_wait_that_nobody_can_check(self, house: House) -> None:
        offer = await offered(house)
        await lose_the_playbook(house.engine)

        outcome = await answer(house, **signed(offer, reply="accepted"))

        assert outcome.parked == 1
        assert await of_handoff(house) == ["handoff.requested"]
