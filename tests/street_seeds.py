"""What lies in each house of the street: one case of `harbour`, and all that belongs to it."""

import json
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncEngine

from builders_audit import CASE as LOGGED_CASE, PUBLIC_KEYS, RunningLog, journey
from builders_claims import ANSWERS, CLAIM, DISPUTE
from builders_contracts import (
    CASE,
    NOON,
    a_case_opened,
    a_classification,
    a_route,
    an_id,
    event,
    numbered,
)
from builders_resolution import ADDRESS_PROOF, record_of, said
from builders_sla_monitor import OPENED, World, enrolled
from chassis import door
from chassis.consumer import deliver
from chassis.door import Journey, Pen, Tx
from chassis.subscriptions import Consumer
from chassis.vault import new_key_pair, seal
from contracts.cases import AppealFiled
from contracts.event import Contract
from contracts.routing import CaseAssigned
from house_handoff import mara_has_it
from house_resolution import a_road
from identities import MEMBERS
from intake.store import sellers
from router.domain.work import Member
from router.handlers.enroll_members import enroll_members
from street import House, Knock, open_service

_, PUBLIC = new_key_pair()
SELLER = a_case_opened().seller.model_copy(update={"public_key": PUBLIC})
OPENED_HERE = a_case_opened(seller=SELLER)
PERSONS = {"mara": "agent", "jonas": "senior_agent", "sofia": "supervisor"}


@asynccontextmanager
async def open_house(name: str, engine: AsyncEngine, folder: Path) -> AsyncIterator[House]:
    """Open a service with its case in it."""
    (folder / "public.json").write_text(json.dumps(_public_keys()))
    async with open_service(name, engine, folder) as house:
        house.ids |= {"case_id": CASE, "issue_type": "payout_hold", "queue": "verification"}
        await _SEEDS[name](house)
        yield house


def _public_keys() -> dict[str, str]:
    return {
        key_id: b64encode(key.public_bytes_raw()).decode() for key_id, key in PUBLIC_KEYS.items()
    }


async def _vault(house: House) -> None:
    made = await _post(house, "/v1/keys", role="service", json={"count": 1})
    seller = SELLER.model_copy(update=made[0])
    await house.hear(a_case_opened(seller=seller), a_route(), _assigned())
    value = seal(
        "words",
        public_key=seller.public_key,
        key=seller.key,
        class_="narrative",
        subject=CASE,
    )
    values = [value.model_dump(by_alias=True)]
    house.ids["seller"] = seller.id
    house.app.state.holds = _no_holds
    house.bodies["post_openings"] = {"values": values, "purpose": "work_case", "case": CASE}


async def _no_holds(**_seller: str) -> tuple[str, ...]:
    return ()


def _assigned() -> CaseAssigned:
    return CaseAssigned(
        assignment=an_id("asg"),
        member=MEMBERS["mara"],
        team="verification",
        queue="verification",
        lead=True,
    )


async def _intake(house: House) -> None:
    async def stock(tx: Tx) -> None:
        keys = {f"key_{number:026d}": new_key_pair()[1] for number in range(20)}
        await sellers.add_spare_keys(tx, keys)

    await _through_the_door(house, stock)
    unmade = {"evidence_id": "evd", "seller": "sel", "authority_id": "aut"}
    house.ids |= {name: an_id(prefix) for name, prefix in unmade.items()}
    house.ids["tree"] = "one_path_after_a_decision"
    filed = await _post(house, "/v1/cases", role="front_end", json=_find(house, "post_case").body)
    house.ids |= {"case_id": filed["id"], "seller": filed["seller"]}
    checked = {"checked_at": filed["opened_at"]}  # a check is never older than the case
    house.bodies["report"] = _find(house, "report").body | checked
    grant = _find(house, "grant")
    granted = await _post(house, grant.path, role="front_end", json=grant.body)
    house.ids["authority_id"] = granted["id"]
    again = {"external_ref": "HB-20932"}  # a marketplace's id is on file once
    house.bodies["post_case"] = _find(house, "post_case").body | again
    paper = _find(house, "send_evidence")
    sent = await _post(house, paper.path, role="front_end", **paper.payload())
    house.ids["evidence_id"] = sent["id"]


async def _router(house: House) -> None:
    members = [_member(login, role) for login, role in PERSONS.items()]

    async def enrol(tx: Tx) -> None:
        await enroll_members(members, tx=tx)

    await _through_the_door(house, enrol)
    house.ids |= {"member_id": MEMBERS["mara"]}
    await house.hear(OPENED_HERE)


def _member(login: str, role: str) -> Member:
    return Member(
        member=MEMBERS[login],
        login=login,
        name=login.capitalize(),
        marketplaces=("harbour",),
        teams=("verification",),
        roles=(role,),
        authority=2,
        clearances=("identity", "narrative", "message", "evidence_file"),
        skills=("verification",),
        capacity=20,
    )


async def _resolution(house: House) -> None:
    await house.hear(*a_road())
    letters = [one.fact for one in await said(house.engine) if one.type == "seller.message_sent"]
    house.ids |= {
        "evidence_id": ADDRESS_PROOF,
        "item": "proof_of_address",
        "message_id": letters[0]["message"],
        "appeal_id": an_id("apl"),
    }
    withdrawal = _find_named(house, "invalidate", asset="payout_hold.first_response@1")
    body = withdrawal.body | {"instead": "seller_care.update"}
    made = await _post(house, withdrawal.path, role="policy_owner", json=body)
    house.ids |= {"invalidation_id": made["id"], "asset": "seller_care.decision@1"}
    again = {"invalidation": made["id"], "outcome": "no_contact", "reason": "still_true"}
    house.bodies["decide_about_recontact"] = again
    house.bodies["ask_for_evidence"] = {"kinds": ["supporting_document"]}  # nothing on file
    await _appeal(house)


async def _appeal(house: House) -> None:
    """Have sofia decide a case of mara's, and its seller appeal: mara may judge that."""
    case = an_id("case", 2)
    await _hear_of(house, case, CLAIM, DISPUTE, a_route(), _assigned())
    path = f"/v1/cases/{case}/decisions"
    *_, made = [
        await _post(house, path, role="supervisor", json=answer) for answer, _ in reversed(ANSWERS)
    ]
    filed = AppealFiled(
        appeal=house.ids["appeal_id"],
        decisions=(made["decision"],),
        ground="new_evidence",
        appeal_by=NOON,
    )
    await _hear_of(house, case, filed, sequence=2)
    house.bodies["decide_appeal"] = {
        "outcome": "upheld",
        "reasons": ANSWERS[0][0]["reasons"],
        "template": "dispute.decision.each",
    }


async def _hear_of(house: House, case: str, *facts: Contract, sequence: int = 0) -> None:
    given = [
        record_of(
            event(
                one.fact,
                sequence=sequence or one.envelope.sequence,
                subject=case,
                event_id=uuid4(),
            ),
            offset=1_000 + 100 * sequence + place,
        )
        for place, one in enumerate(numbered(facts))
    ]
    consumer = next(one for one in house.service.consumers if isinstance(one, Consumer))
    outcome = await deliver(given, to=consumer, engine=house.engine, pen=house.app.state.desk.pen)
    assert outcome.parked == 0


async def _handoff(house: House) -> None:
    await house.hear(*mara_has_it())
    house.ids |= {"team": "finance", "handoff_id": an_id("hnd")}
    offer = _find(house, "post_handoff")
    made = await _post(house, offer.path, role="agent", json=offer.body)
    house.ids["handoff_id"] = made["id"]


async def _sla_monitor(house: House) -> None:
    world = World(house.engine)
    await world.enrol(*(enrolled(MEMBERS[login], role) for login, role in PERSONS.items()))
    await world.hear(OPENED_HERE, *OPENED[1:], _assigned(), marketplace="harbour")
    house.ids["escalation_id"] = an_id("esc")
    call = _find(house, "escalate")
    to_the_council = call.body | {"level": 3}
    raised = await _post(house, call.path, role="supervisor", json=to_the_council)
    house.ids["escalation_id"] = raised["id"]


async def _audit(house: House) -> None:
    log = RunningLog(engine=house.engine, folder=house.folder)
    logged = journey(a_case_opened(), a_classification(), a_route())
    await log.log(*logged)
    house.ids |= {"case_id": LOGGED_CASE, "export_id": an_id("exp"), "hold_id": an_id("hld")}
    house.bodies["export"] = {"case": LOGGED_CASE}
    house.queries["inclusion"] = {"event_id": logged[0].headers["ce_id"]}
    house.queries["consistency"] = {"from": "1"}
    made = await _post(house, "/v1/exports", role="compliance", json={"case": LOGGED_CASE})
    house.ids["export_id"] = made["id"]
    held = {"marketplace": "harbour", "case": LOGGED_CASE, "reason": "litigation"}
    hold = await _post(house, "/v1/holds", role="compliance", json=held)
    house.ids["hold_id"] = hold["id"]
    await log.sequence()
    await log.sign()


def _find_named(house: House, name: str, **ids: str) -> Knock:
    house.ids |= {"invalidation_id": an_id("inv"), **ids}
    return _find(house, name)


def _find(house: House, name: str) -> Knock:
    return next(one for one in house.knocks() if one.route.name == name)


async def _post(house: House, path: str, *, role: str, **content: Any) -> Any:  # noqa: ANN401 - any JSON
    headers = house.harbour(role) | {"idempotency-key": uuid4().hex}
    answer = await house.client.post(path, headers=headers, **content)
    assert answer.is_success, answer.text
    return answer.json()


async def _through_the_door(house: House, work: Callable[[Tx], Awaitable[None]]) -> None:
    pen: Pen = house.app.state.desk.pen
    await door.run(house.engine, work, pen=pen, journey=Journey(actor="service:test"))


_SEEDS: Mapping[str, Callable[[House], Awaitable[None]]] = {
    "vault": _vault,
    "intake": _intake,
    "router": _router,
    "resolution": _resolution,
    "handoff": _handoff,
    "sla-monitor": _sla_monitor,
    "audit": _audit,
}
