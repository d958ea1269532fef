"""A case that opens again because of an appeal goes to somebody who did not decide it."""

from builders_contracts import CASE, NOON, a_case_opened, an_id, event
from builders_resolution import record_of
from chassis.consumer import deliver
from contracts import resolution
from contracts.cases import AppealFiled
from contracts.event import Contract, Event
from house_router import PLAN, claim, hear
from identities import MEMBERS
from service_house import House

DECISION, APPEAL = an_id("dec"), an_id("apl")
DECIDED = resolution.DecisionRecorded(
    decision=DECISION,
    decision_type="payout_release",
    outcome="refused",
    adverse=True,
    authority_level=2,
    decided_by="person",
    root_cause="verification_expired",
)
RESOLVED = resolution.CaseResolved(
    decision=DECISION, outcome="refused", root_cause="verification_expired", episode=0
)
FILED = AppealFiled(appeal=APPEAL, decisions=(DECISION,), ground="facts_wrong", appeal_by=NOON)
REOPENED = resolution.CaseReopened(episode=1, reason="appeal", appeal=APPEAL, decisions=(DECISION,))


async def say(house: House, fact: Contract, *, sequence: int, by: str) -> None:
    made = event(fact, sequence=sequence, minute=sequence)
    named = made.envelope.model_copy(update={"actor": f"agent:{MEMBERS[by]}"})
    await deliver(
        [record_of(Event(named, fact))], to=PLAN.consumer, engine=house.engine, pen=PLAN.pen
    )


async def appealed(house: House) -> None:
    """Let mara decide a case, and its seller appeal."""
    await hear(house, a_case_opened())
    await claim(house, "mara")
    await say(house, DECIDED, sequence=1, by="mara")
    await hear(house, RESOLVED, sequence=2)
    await hear(house, FILED, sequence=2)
    await hear(house, REOPENED, sequence=3)


async def take(house: House, by: str) -> int:
    answer = await house.post("/v1/queues/verification/take", by=by)
    return answer.status_code


class TestCaseReopened:
    async def test_waits_in_its_queue_in_nobodys_hands(self, house: House) -> None:
        await appealed(house)

        back, lead = (await house.said())[-2:]
        assert (back.type, back.fact["queue"], back.fact["reason"]) == (
            "case.rerouted",
            "verification",
            "appeal",
        )
        assert (lead.type, lead.fact["lead"]) == (
            "case.lead_transferred",
            {"team": "verification"},
        )

    async def test_is_not_for_who_decided_it(self, house: House) -> None:
        await appealed(house)

        answer = await house.post(f"/v1/cases/{CASE}/assignment", {"member": "mara"}, by="mara")

        assert "another_decider" in answer.json()["lacks"]
        assert await take(house, "mara") == 204

    async def test_is_for_anybody_else(self, house: House) -> None:
        await appealed(house)

        assert await take(house, "jonas") == 200

    async def test_heard_again_changes_nothing(self, house: House) -> None:
        await appealed(house)
        before = await house.types()

        await hear(house, REOPENED, sequence=3)

        assert await house.types() == before
