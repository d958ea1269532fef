"""Scenarios about who somebody is: a name that differs, a mailbox in other hands."""

from typing import Final

from scenario_stage import Play, Scene

EXPECTED_NAME: Final = "Anna Maria Kiln"
SEEN_NAME: Final = "Anna Kiln"


async def money_first(play: Play) -> Scene:
    """E21: the money is stopped, the seller called back, and only then is anything decided."""
    scene = await play.filed("e21_friday_night", channel="phone")
    await scene.hear("escalation.raised")
    await scene.claim("aki")
    scene.learnt["view"] = await scene.view()
    [opened] = await scene.hear("case.opened")
    asked = {"values": [opened.payload["handle"]], "purpose": "work_case", "case": scene.case}
    stranger = scene.someone("mara")
    answer = await stranger.post("vault", "/v1/openings", asked, case=scene.case, expect=403)
    scene.learnt["stranger"] = answer.json()
    decision = {
        "type": "protection_decision",
        "outcome": "account_secured",
        "root_cause": "account_taken_over",
        "reasons": ["access_restored"],
        "redress": "none",
        "template": "allegation.decision.favourable",
    }
    await scene.settle("aki", "payout_stopped")
    await _write_too_early(scene)
    scene.learnt["not called back"] = await scene.refused(
        "aki", "resolution", "decisions", decision, 422
    )
    payload = {
        "payout_refs": ["PO-FRIDAY"],
        "amount": {"amount_minor": 90_000, "currency": "USD"},
        "hold_code": "account_taken_over",
        "next_action_required": "recall_payout",
    }
    offer = await scene.hand_over("aki", "finance", payload)
    result = {"payout_released": False, "outcome": "recalled"}
    await scene.answer(offer, "completed", result=result)
    await scene.hear("handoff.completed")
    await scene.settle("aki", "called_back")
    await scene.write("aki", "fraud_allegation.first_response")
    await scene.post("aki", "resolution", "decisions", decision, expect=201)
    await scene.hear("case.resolved")
    return scene


async def _write_too_early(scene: Scene) -> None:
    """Try all that would tell a thief in the mailbox something, and keep each refusal."""
    await scene.hear("seller.message_sent")
    scene.learnt["meanwhile"] = await scene.letter(0)
    answer: dict[str, object] = {"template": "fraud_allegation.first_response"}
    news = {"template": "seller_care.update", "parameters": {"progress": "looking_into_it"}}
    papers = {"kinds": ["identity_document"], "reason": "missing"}
    for name, path, body in (
        ("answer", "messages", answer),
        ("news", "messages", news),
        ("preview", "message-previews", answer),
        ("papers", "evidence-requests", papers),
    ):
        scene.learnt[f"too early: {name}"] = await scene.refused(
            "aki", "resolution", path, body, 409
        )
    waived = {"outcome": "waived", "reason": "already_proven"}
    scene.learnt["waived"] = await scene.refused(
        "aki", "resolution", "checklist/called_back", waived, 422
    )


async def which_name(play: Play) -> Scene:
    """E5: the bill lacks a middle name; it is rejected with both names, and not without them."""
    told = f"the bill says {SEEN_NAME}, the account {EXPECTED_NAME}"
    scene = await play.filed("e5_middle_name", seen_and_expected=told)
    await scene.hear("evidence.requested")
    [bill] = await scene.send("proof_of_address")
    await scene.claim("mara")
    [opened] = await scene.hear("case.opened")
    fact = opened.payload["facts"]["seen_and_expected"]
    asked = {"values": [fact], "purpose": "work_case", "case": scene.case}
    answer = await scene.someone("mara").post("vault", "/v1/openings", asked, case=scene.case)
    scene.learnt["told"] = answer.json()
    judged = {"outcome": "rejected", "reason": "name_mismatch"}
    differs = {"field": "name", "expected": EXPECTED_NAME, "seen": SEEN_NAME}
    path = f"evidence/{bill}/judgement"
    scene.learnt["vague"] = await scene.refused("mara", "resolution", path, judged, 422)
    await scene.post("mara", "resolution", path, judged | {"differences": [differs]})
    await scene.hear("seller.message_sent", count=2)
    scene.learnt["request"] = await scene.letter()
    body = {
        "template": "identity_verification.difference",
        "parameters": {"differences": [differs]},
    }
    await scene.post("mara", "resolution", "messages", body, expect=201)
    await scene.hear("seller.message_sent", count=3)
    scene.learnt["difference"] = await scene.letter()
    return scene
