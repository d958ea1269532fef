"""Intake and a case whose playbook is not here: it says so, and the rest goes on."""

from uuid import uuid4

from intake_stand import FRONT_END, Stand, a_case
from playbook_gone import assert_names_it, lose_the_playbook


class TestACaseWhosePlaybookIsGone:
    async def test_has_no_status_that_anyone_could_read(self, stand: Stand) -> None:
        case = await stand.filed()
        await lose_the_playbook(stand.engine)

        assert_names_it(await stand.get(f"/v1/cases/{case}/status"))

    async def test_takes_no_message_whose_facts_nobody_could_check(self, stand: Stand) -> None:
        case = await stand.filed()
        await lose_the_playbook(stand.engine)
        headers = stand.headers(FRONT_END, Idempotency_Key=uuid4().hex)
        body = {"channel": "portal", "body": "Any news?"}

        answer = await stand.client.post(f"/v1/cases/{case}/messages", json=body, headers=headers)

        assert_names_it(answer)

    async def test_keeps_nobody_from_filing_another(self, stand: Stand) -> None:
        await stand.filed()
        await lose_the_playbook(stand.engine)
        facts = a_case()["facts"] | {"payout_ref": "PO-2"}

        answer = await stand.post(a_case(external_ref="HB-2", facts=facts))

        assert answer.status_code == 201
