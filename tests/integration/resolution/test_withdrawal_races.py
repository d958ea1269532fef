"""A letter is sent while it is withdrawn: before it, and listed, or refused."""

import asyncio

import httpx
import pytest
from sqlalchemy import text

from builders_contracts import an_id
from builders_resolution import the_playbook
from chassis import door, views
from chassis.door import Journey
from house_resolution import CASE, PEN, PLAYBOOKS, House, a_road
from resolution.handlers.invalidate_letter import InvalidateLetter, invalidate_letter
from resolution.handlers.send_message import SendMessage, send_message
from stack.waiting import until
from withdrawals import UPDATE, filed, listed, of_type, send, withdraw

WAITING = text(
    "select count(*) from pg_stat_activity"
    " where datname = current_database() and wait_event = 'advisory'"
)
SENDING = SendMessage(
    case=CASE, template="payout_hold.update", parameters={"progress": "with_finance"}
)
WITHDRAWAL = InvalidateLetter(marketplace="harbour", asset=UPDATE, reason="wrong")


async def somebody_waits(house: House) -> bool:
    async with house.engine.connect() as connection:
        return bool(await connection.scalar(WAITING))


async def has_begun(house: House) -> bool:
    letters = await of_type(house, "seller.message_sent")
    return any(one.fact["template"] == UPDATE for one in letters)


class TestASendingBesideAWithdrawal:
    async def test_that_is_under_way_is_waited_for_and_listed(self, house: House) -> None:
        await house.hear(a_road())

        async with (
            asyncio.TaskGroup() as tasks,
            door.open_door(house.engine, pen=PEN, journey=Journey(actor="test:1")) as tx,
        ):
            await views.lock(tx, CASE)
            sent = await send_message(tx, SENDING, playbook=the_playbook())
            withdrawal = tasks.create_task(withdraw(house))
            await until(lambda: somebody_waits(house), within=20)
            assert not withdrawal.done()

        answer = withdrawal.result().json()
        [one] = await listed(house, answer["id"])
        assert one["messages"] == [sent.id]
        assert sent.sent_at.isoformat() < answer["effective_at"]

    async def test_that_comes_while_it_is_written_waits_and_is_refused(self, house: House) -> None:
        await house.hear(a_road())

        async with (
            asyncio.TaskGroup() as tasks,
            door.open_door(house.engine, pen=PEN, journey=Journey(actor="test:1")) as tx,
        ):
            await invalidate_letter(tx, WITHDRAWAL, playbooks=PLAYBOOKS)
            sending = tasks.create_task(send(house))
            await until(lambda: somebody_waits(house), within=20)

        assert sending.result().json()["code"] == "letter-invalidated"

    @pytest.mark.covers("GV-10")
    @pytest.mark.parametrize("crowd", [5, 12, 20])
    async def test_is_before_it_and_listed_or_refused(self, house: House, crowd: int) -> None:
        cases = [an_id("case", number) for number in range(1, crowd + 1)]
        for case in cases:
            await house.hear_of(case, filed())

        async def withdraw_meanwhile() -> httpx.Response:
            await until(lambda: has_begun(house), within=20)
            return await withdraw(house)

        withdrawal, *answers = await asyncio.gather(
            withdraw_meanwhile(), *(send(house, case) for case in cases)
        )

        found = dict(zip(cases, answers, strict=True))
        went = {case for case, answer in found.items() if answer.status_code == 201}
        refused = {
            case
            for case, answer in found.items()
            if answer.status_code == 409 and answer.json()["code"] == "letter-invalidated"
        }
        assert went | refused == set(cases)
        affected = await listed(house, withdrawal.json()["id"])
        assert {one["case"] for one in affected} == went
        assert [one["messages"] for one in affected] == [
            [found[one["case"]].json()["message"]] for one in affected
        ]
