"""Scenarios in which something happens later: walked by the people and partners they name."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import quote
from uuid import uuid4

from alarm_roads import ALARM_ROADS, STEPS
from letter_roads import LETTER_ROADS
from scenario_decisions import heard_again, one_inquiry_for_all, three_answers
from scenario_filings import filing
from scenario_proofs import money_first, which_name
from scenario_stage import FRONT_END, SUPERVISOR, Journey, Play, Scene

THREE_ANSWERS: Final = ("who_pays_decided", "metric_decided", "refund_decided")


def _to(team: str, payload: Mapping[str, object]) -> dict[str, object]:
    return {"team": team, "blocking": True, "payload": dict(payload)}


async def both_sides_first(play: Play) -> Scene:
    """E8: photos and shipment record, then trust specialists, then a decision with a way on."""
    scene = await play.filed("e8_before_the_photos", channel="api")
    await scene.hear("evidence.requested")
    scene.learnt["asked"] = await scene.status()
    sent = await scene.send("item_photos", "shipping_proof")
    await scene.hear("case.rerouted")
    await scene.claim("tomas")
    for document in sent:
        judged = {"outcome": "accepted"}
        await scene.post("tomas", "resolution", f"evidence/{document}/judgement", judged)
    await scene.hear("evidence.accepted", count=2)
    scene.learnt["view"] = await scene.view()
    await scene.settle("tomas", *THREE_ANSWERS)
    await scene.post("tomas", "resolution", "decisions", _for_buyer(sent), expect=201)
    await scene.hear("case.resolved")
    scene.learnt["decision"] = await scene.letter()
    await heard_again(scene, first="tomas", second="greta", evidence=sent)
    return scene


def _for_buyer(evidence: list[str]) -> dict[str, Any]:
    return {
        "type": "dispute_decision",
        "outcome": "for_buyer",
        "root_cause": "defective_item",
        "reasons": ["item_not_as_described"],
        "evidence": evidence,
        "redress": "appeal",
        "template": "dispute.decision.adverse",
    }


async def a_record_for_the_catalogue(play: Play) -> Scene:
    """E14: handed on with a record that anyone can repeat, and not without."""
    scene = await play.filed("e14_seller_in_china", channel="api")
    await scene.claim("lena")
    for team in ("product", "engineering"):
        scene.learnt[team] = await scene.refused(
            "lena", "handoff", "handoffs?dry_run=true", _to(team, {}), 422
        )
    record = {
        "listing_refs": ["L-14"],
        "logs_ref": "LOG-14",
        "attribute_diff": ["search_status:active:suppressed"],
        "feed_ref": "F-77",
        "seen_at": ["2026-11-20T10:00:00Z", "2026-11-20T10:05:00Z"],
    }
    scene.learnt["offer"] = (await scene.hand_over("lena", "product", record)).payload
    return scene


async def mended_by_its_seller(play: Play) -> Scene:
    """E15: told which word, mended, checked anew, resolved; nobody of ours touched it."""
    scene = await play.filed("e15_forbidden_word")
    await scene.hear("seller.message_sent")
    scene.learnt["letter"] = await scene.letter(0)
    for result in ("fails", "passes"):
        await scene.recheck(result)
    await scene.hear("case.resolved")
    scene.learnt["end"] = await scene.letter()
    scene.learnt["status"] = await scene.status()
    return scene


async def notice_is_checked(play: Play) -> Scene:
    """E18: nobody decides before it is checked whether the promised notice was given."""
    scene = await play.filed("e18_two_hours_notice", channel="account_manager")
    [raised] = await scene.hear("escalation.raised")
    await _council_decides(scene, raised.payload["escalation"])
    await scene.claim("nora")
    decision = {
        "type": "suspension_decision",
        "outcome": "reinstated",
        "root_cause": "notice_too_short",
        "reasons": ["notice_too_short"],
        "redress": "apology",
        "template": "account_suspension.decision.favourable",
    }
    scene.learnt["too early"] = await scene.refused(
        "nora", "resolution", "decisions", decision, 422
    )
    await scene.settle("nora", "open_orders_looked_at", "reason_found", "notice_checked")
    await scene.post("nora", "resolution", "decisions", decision, expect=201)
    await scene.hear("case.resolved")
    [routed] = await scene.hear("case.routed")
    for name, at in {"then": routed.at, "before": routed.at - timedelta(days=1)}.items():
        path = f"/rules?at={quote(at.isoformat())}"
        scene.learnt[f"rules {name}"] = await scene.get("ines", "audit", path)
    return scene


async def _council_decides(scene: Scene, escalation: str) -> None:
    """Its members vote; no decision without a quorum."""
    path = f"/v1/council/reviews/{escalation}"
    body = {"outcome": "measure_undone", "reasons": ["own_terms_broken"]}

    async def speak(who: str, place: str, expect: int) -> Any:  # noqa: ANN401 - any JSON
        asking = scene.someone(who)
        return (
            await asking.post(
                "sla-monitor", f"{path}/{place}", body, case=scene.case, expect=expect
            )
        ).json()

    await speak("carla", "votes", 201)
    scene.learnt["no quorum"] = await speak("carla", "decision", 409)
    for who in ("chen", "cosima"):
        await speak(who, "votes", 201)
    await speak("carla", "decision", 201)
    await scene.hear("council.decided")


async def one_path_for_both(play: Play) -> Scene:
    """E19: the phone agent, the portal and the seller walk the tree of the case."""
    body = filing("e19_four_plans", channel="phone")
    scene = play.scene(body | {"seller": body["seller"] | {"ref": "clay-and-co"}})
    await scene.file()
    await scene.route()
    await scene.claim("nora")
    scene.learnt["view"] = await scene.view()
    scene.learnt["begun"] = await scene.walk(FRONT_END, {})
    sides = {"phone": "nora", "portal": FRONT_END, "seller": "seller-clay-and-co"}
    for name, answers in (
        ("not mine", {"sold_it": "no"}),
        ("sent before", {"sold_it": "yes", "plan_sent": "yes"}),
    ):
        scene.learnt[name] = {side: await scene.walk(who, answers) for side, who in sides.items()}
    await _keep_answers(scene, tuple(sides.values()))
    return scene


async def _keep_answers(scene: Scene, sides: Sequence[str]) -> None:
    """Nora keeps two answers, corrects the first, and each side reads where that leads."""
    said = (
        {"node": "sold_it", "answer": "yes"},
        {"node": "plan_sent", "answer": "yes"},
        {"node": "sold_it", "answer": "no", "reason": "seller_corrected"},
    )
    scene.learnt["kept"] = [
        await scene.post("nora", "resolution", "answers", one, expect=201) for one in said
    ]
    await scene.hear("tree.answered", count=len(said))
    scene.learnt["read"] = [await scene.walk(who, {}) for who in sides]
    scene.learnt["view after"] = await scene.view()


async def the_bank_has_its_answer(play: Play) -> Scene:
    """E24: the proof comes late, the pack is frozen, finance has it before the bank's day."""
    scene = await play.filed("e24_friday_evening", channel="psp")
    await scene.hear("evidence.requested")
    [proof] = await scene.send("shipping_proof")
    await scene.claim("priya")
    judged = {"outcome": "accepted"}
    await scene.post("priya", "resolution", f"evidence/{proof}/judgement", judged)
    await scene.settle("priya", "pack_frozen")
    payload = {
        "payout_refs": ["CB-24"],
        "amount": {"amount_minor": 30_000, "currency": "GBP"},
        "hold_code": "chargeback",
        "next_action_required": "answer_bank",
    }
    offer = await scene.hand_over("priya", "finance", payload)
    await scene.hear("sla.met", where=lambda one: one.payload["kind"] == "bank_answer")
    scene.learnt["offer"] = offer.payload
    scene.learnt["proof"] = proof
    return scene


async def one_fault_many_sellers(play: Play) -> Scene:
    """E25: duplicates find the first report; engineering gets steps and request numbers once."""
    release = f"R-{uuid4().hex[:8]}"
    first = await play.filed("e25_wrong_prices", channel="api", release=release)
    found = await play.filed(
        "e25_trap_small_seller", request_id="RQ-25-2", http_status=429, release=release
    )
    asked_about = await play.filed("e25_trap_small_seller", request_id="RQ-25-3", http_status=429)
    first.learnt["proposed"] = await first.get("greta", "intake", "/proposed-children")
    await asked_about.post(
        "greta", "intake", "linking", {"parent": first.case, "reason": "same_cause"}
    )
    await asked_about.hear("case.linked")
    [opened] = await found.hear("case.opened")
    first.learnt["found"] = opened.payload
    first.learnt["duplicate's status"] = await found.status()
    first.learnt["still proposed"] = await first.get("greta", "intake", "/proposed-children")
    await first.claim("ian")
    first.learnt["guess"] = await first.refused(
        "ian",
        "handoff",
        "handoffs?dry_run=true",
        _to("engineering", {"request_ids": ["RQ-25"]}),
        422,
    )
    await first.hand_over("ian", "engineering", STEPS | {"request_ids": ["RQ-25"]})
    first.learnt["children"] = await first.get(FRONT_END, "intake", "/children")
    first.learnt["ids"] = {found.case, asked_about.case}
    first.learnt["asked about"] = asked_about.case
    return first


async def answered_at_once(play: Play) -> Scene:
    """E27: a question, an article, an answer; nothing else."""
    scene = await play.filed("e27_refurbished", channel="chat")
    await scene.claim("mara")
    await scene.settle("mara", "article_looked_for")
    decision = {
        "type": "answer",
        "outcome": "answered",
        "root_cause": "policy_ambiguity",
        "reasons": ["policy_applied"],
        "redress": "none",
        "template": "seller_care.decision",
    }
    await scene.post("mara", "resolution", "decisions", decision, expect=201)
    await scene.hear("case.resolved")
    scene.learnt["answer"] = await scene.letter()
    return scene


async def neither_wants_it(play: Play) -> Scene:
    """E29: finance names trust and safety, trust and safety names finance; an arbiter ends it."""
    scene = await play.filed("e29_who_has_it")
    await scene.claim("mara")
    money: dict[str, object] = {
        "payout_refs": ["PO-29"],
        "amount": {"amount_minor": 70_000, "currency": "EUR"},
        "hold_code": "risk_review",
    }
    asked: dict[str, object] = {"question": "is_hold_needed"}
    for count, (team, payload, other) in enumerate(
        (("finance", money, "trust"), ("trust", asked, "finance")), start=1
    ):
        offer = await scene.hand_over("mara", team, payload)
        await scene.answer(offer, "returned", reason="wrong_team", suggest=other)
        await scene.hear("handoff.returned", count=count)
    await scene.hear("routing.frozen")
    await scene.hear("escalation.raised", where=lambda one: one.payload["trigger"] == "ping_pong")
    scene.learnt["frozen"] = await scene.refused(
        "mara", "handoff", "handoffs", _to("finance", money), 409
    )
    scene.learnt["status"] = await scene.status()
    ruling = {"team": "finance", "reason": "ownership_unclear"}
    await scene.post(SUPERVISOR, "router", "arbitration", ruling)
    await scene.hear("routing.unfrozen")
    scene.learnt["defects"] = await _defects(scene)
    offer = await scene.hand_over("mara", "finance", money)
    await scene.answer(offer, "completed", result={"payout_released": True})
    await scene.hear("handoff.completed")
    return scene


async def _defects(scene: Scene) -> list[dict[str, Any]]:
    person = scene.someone(SUPERVISOR)
    page = (await person.get("router", "/v1/routing-defects?limit=200", case=scene.case)).json()
    return [one for one in page["items"] if one["case"] == scene.case]


ROADS: Final[Mapping[str, Journey]] = MappingProxyType(
    {
        "E3": one_inquiry_for_all,
        "E5": which_name,
        "E8": both_sides_first,
        "E9": three_answers,
        "E14": a_record_for_the_catalogue,
        "E15": mended_by_its_seller,
        "E18": notice_is_checked,
        "E19": one_path_for_both,
        "E21": money_first,
        "E24": the_bank_has_its_answer,
        "E25": one_fault_many_sellers,
        "E27": answered_at_once,
        "E29": neither_wants_it,
        **ALARM_ROADS,
        **LETTER_ROADS,
    }
)
