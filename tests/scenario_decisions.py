"""Scenarios in which more than one thing is decided, or one thing for many."""

import asyncio
from collections.abc import Sequence
from typing import Any, Final
from uuid import uuid4

from scenario_filings import filing
from scenario_stage import FRONT_END, SUPERVISOR, Play, Scene

SELLERS_HIT: Final = 30
"""Of the three hundred of the scenario; each has a case of its own."""
LANGUAGES: Final = ("en", "de", "fr", "es", "pl")
THREE_DECISIONS: Final = (
    ("claim_funding", "funded_by_us", "covered_by_protection"),
    ("seller_metric", "not_counted", "delivery_proven"),
    ("buyer_refund", "refund_from_us", "policy_applied"),
)


async def one_inquiry_for_all(play: Play) -> Scene:
    """E3: a parent, a batch of children, one handoff, one letter to all, one decision for all."""
    parent = await play.filed("e3_three_hundred_payouts", channel="api")
    cases = [_child(LANGUAGES[n % len(LANGUAGES)]) for n in range(SELLERS_HIT)]
    body = {"marketplace": "harbour", "parent": parent.case, "cases": cases}
    person = parent.road.whoever(FRONT_END)
    filed = await person.post("intake", "/v1/case-batches", body, expect=207)
    children = [play.scene({}) for _ in cases]
    for child, result in zip(children, filed.json()["items"], strict=True):
        child.road.case = result["case"]["id"]
    await asyncio.gather(*(child.route() for child in children))
    await parent.claim("jonas")
    refs = [one["facts"]["payout_ref"] for one in cases]
    amount = {"amount_minor": 30_000 * SELLERS_HIT, "currency": "GBP"}
    payload = {"payout_refs": refs, "amount": amount, "hold_code": "bank_return"}
    offer = await parent.hand_over("jonas", "finance", payload)
    await parent.answer(offer, "completed", result={"payout_released": True})
    await parent.hear("handoff.completed")
    parent.learnt["children"] = [one.case for one in children]
    parent.learnt["listed"] = await parent.get(FRONT_END, "intake", "/children?limit=100")
    await parent.status()  # intake has heard what became of the parent
    parent.learnt["child's status"] = await children[0].status()
    parent.learnt["child's view"] = await children[0].view()
    await _say_and_decide_for_all(parent, children)
    return parent


async def _say_and_decide_for_all(parent: Scene, children: Sequence[Scene]) -> None:
    for child in children:
        await child.view()  # resolution has heard of each
    person, key = parent.someone(SUPERVISOR), uuid4().hex
    letter = {"template": "payout_hold.update", "parameters": {"progress": "with_finance"}}
    for turn in ("written", "written again"):
        answer = await person.post(
            "resolution", _of(parent, "incident-messages"), letter, key=key, expect=207
        )
        parent.learnt[turn] = answer.json()
    decision = {
        "type": "off_cycle_payout",
        "outcome": "paid_off_cycle",
        "root_cause": "bank_return",
        "reasons": ["returned_by_bank"],
        "redress": "appeal",
        "template": "payout_hold.decision.off_cycle",
    }
    parent.learnt["no right"] = await parent.refused(
        "jonas", "resolution", "incident-decisions", decision, 403
    )
    parent.learnt["decided"] = await parent.post(
        SUPERVISOR, "resolution", "incident-decisions", decision, expect=207
    )
    await parent.hear("case.resolved")
    for child in children:
        await child.hear("case.resolved")
    parent.learnt["letters"] = [await child.letter(0) for child in children[: len(LANGUAGES)]]
    parent.learnt["said of children"] = [
        [(one.type, one.payload) for one in child.road.heard.of(child.case)] for child in children
    ]


def _of(scene: Scene, place: str) -> str:
    return f"/v1/cases/{scene.case}/{place}"


def _child(language: str) -> dict[str, Any]:
    """Make a case of a batch: no papers are on file, and none has to do with a bank's return."""
    body = filing("e3_trap_one_of_them", channel="api")
    del body["marketplace"]
    return body | {"evidence_on_file": [], "seller": body["seller"] | {"language": language}}


async def three_answers(play: Play) -> Scene:
    """E9: who pays, does it count, what does the buyer get; each is decided by itself."""
    scene = await play.filed("e9_granted_though_delivered")
    await scene.claim("nora")
    blended = _answer("dispute_decision", "for_seller", "delivery_proven")
    scene.learnt["blended"] = await scene.refused("nora", "resolution", "decisions", blended, 422)
    by_hand = {"outcome": "done"}
    scene.learnt["by hand"] = await scene.refused(
        "nora", "resolution", "checklist/who_pays", by_hand, 422
    )
    answers = [
        await scene.post("nora", "resolution", "decisions", _answer(*one), expect=201)
        for one in THREE_DECISIONS[:2]
    ]
    await scene.hear("decision.recorded", count=2)
    scene.learnt["status before the last"] = await scene.status()
    last = _answer(*THREE_DECISIONS[2])
    answers.append(await scene.post("nora", "resolution", "decisions", last, expect=201))
    scene.learnt["answers"] = answers
    await scene.hear("case.resolved")
    await scene.hear("sla.met", where=lambda one: one.payload["kind"] == "resolution")
    scene.learnt["letter"] = await scene.letter()
    scene.learnt["status"] = await scene.status()
    scene.learnt["view"] = await scene.view()
    return scene


def _answer(type_: str, outcome: str, reason: str) -> dict[str, Any]:
    return {
        "type": type_,
        "outcome": outcome,
        "root_cause": "delivered_but_claimed",
        "reasons": [reason],
        "redress": "appeal",
        "template": "dispute.decision.each",
    }


async def heard_again(scene: Scene, *, first: str, second: str, evidence: list[str]) -> None:
    """E8: the seller appeals; who decided cannot judge it, somebody else does."""
    told = await scene.status()
    scene.learnt["may be appealed"] = told["appeal"]
    [decision] = (one["decision"] for one in told["appeal"]["decisions"])
    appeal = {"decisions": [decision], "ground": "evidence_ignored", "body": "Look at the photos."}
    filed = await scene.post(FRONT_END, "intake", "appeals", appeal, expect=201)
    scene.learnt["appeal"] = filed
    await scene.hear("case.reopened")
    await scene.hear("case.lead_transferred")
    scene.learnt["status after the appeal"] = await scene.status()
    await scene.get(SUPERVISOR, "router", "/routing")  # the router has heard all that we have
    scene.learnt["claim of who decided"] = await scene.refused(
        first, "router", "assignment", {"member": first}, 409
    )
    for who in (first, second):
        scene.learnt[f"appeals for {who}"] = await _appeals_shown_to(scene, who)
    favour = {
        "outcome": "overturned",
        "instead": [{"decision": decision, "outcome": "for_seller"}],
        "root_cause": "buyer_mistake",
        "reasons": ["item_as_described"],
        "evidence": evidence,
        "template": "dispute.decision.favourable",
    }
    scene.learnt["decision of who decided"] = await _judged(scene, first, favour, expect=403)
    scene.learnt["answer to the appeal"] = await _judged(scene, second, favour, expect=201)
    await scene.hear("appeal.decided")
    await scene.hear("case.resolved", count=2)
    await scene.hear("sla.met", count=2, where=lambda one: one.payload["kind"] == "resolution")
    late = appeal | {"decisions": [decision]}
    scene.learnt["the first one again"] = await scene.refused(
        FRONT_END, "intake", "appeals", late, 422
    )


async def _appeals_shown_to(scene: Scene, who: str) -> list[str]:
    """List the open appeals of this case that somebody is shown."""
    answer = await scene.someone(who).get("resolution", "/v1/appeals?limit=200", case=scene.case)
    return [one["id"] for one in answer.json()["items"] if one["case"] == scene.case]


async def _judged(scene: Scene, who: str, body: object, *, expect: int) -> Any:  # noqa: ANN401 - any JSON
    path = f"/v1/appeals/{scene.learnt['appeal']['id']}/decision"
    person = scene.someone(who)
    return (await person.post("resolution", path, body, case=scene.case, expect=expect)).json()
