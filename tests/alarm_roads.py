"""The same false alarm again and again: about one payout, and about one payout after another."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final
from uuid import uuid4

from scenario_filings import filing
from scenario_stage import FRONT_END, Journey, Play, Scene

EARLIER: Final = 5
STEPS: Final = {
    "steps": ["POST:/prices", "GET:/prices"],
    "expected": "status:200",
    "observed": "status:429",
}


async def the_sixth_time(play: Play) -> Scene:
    """E4: the same alarm five times, each answered and ended; then the sixth."""
    first = filing("e4_sixth_time")
    ended = [await _false_alarm(play, _again(first, number)) for number in range(EARLIER)]
    scene = play.scene(_again(first, EARLIER))
    await scene.file()
    await scene.route()
    scene.learnt["ended"] = ended
    await scene.claim("ian")
    scene.learnt["without steps"] = await scene.refused(
        "ian",
        "handoff",
        "handoffs?dry_run=true",
        {"team": "engineering", "blocking": True, "payload": {}},
        422,
    )
    await scene.hand_over("ian", "engineering", STEPS)
    again = play.scene(_again(first, EARLIER + 1))
    person = again.road.whoever(FRONT_END)
    answer = await person.post("intake", "/v1/cases", again.road.filing, expect=200)
    scene.learnt["filed again"] = answer.json()
    await scene.hear("seller.message_received")
    return scene


def _again(first: Mapping[str, Any], number: int) -> dict[str, Any]:
    facts = first["facts"] | {"earlier_contacts": number}
    return dict(first) | {"external_ref": f"{first['external_ref']}-{number}", "facts": facts}


async def _false_alarm(play: Play, body: dict[str, Any]) -> str:
    scene = play.scene(body)
    await scene.file()
    routed = await scene.route()
    worker = "mara" if routed.payload["queue"] == "seller_care" else "ian"
    await scene.claim(worker)
    await scene.post(worker, "resolution", "decisions", _released(), expect=201)
    await scene.hear("case.resolved")
    person = scene.someone(FRONT_END)
    await person.get("intake", f"/v1/cases/{scene.case}/status", case=scene.case)
    return scene.case


def _released() -> dict[str, Any]:
    return {
        "type": "payout_release",
        "outcome": "released",
        "root_cause": "charge_method_false_positive",
        "reasons": ["hold_set_in_error"],
        "redress": "none",
        "template": "payout_hold.decision.favourable",
    }


async def one_payout_after_another(play: Play) -> Scene:
    """E4: the same alarm about five payouts, the first ended; nobody counts but our own cases."""
    first = filing("e4_one_payout_after_another")
    run = uuid4().hex[:8]
    earlier = [await _false_alarm(play, _about(first, run, 0))]
    queues = []
    for number in range(1, EARLIER - 1):
        before = play.scene(_about(first, run, number))
        await before.file()
        queues.append((await before.route()).payload["queue"])
        earlier.append(before.case)
    scene = play.scene(_about(first, run, EARLIER - 1))
    await scene.file()
    await scene.route()
    await scene.claim("ian")
    await scene.hand_over("ian", "engineering", STEPS)
    scene.learnt["earlier"] = earlier
    scene.learnt["as filed"] = await scene.get(FRONT_END, "intake", "")
    scene.learnt["queues before"] = queues
    return scene


def _about(first: Mapping[str, Any], run: str, number: int) -> dict[str, Any]:
    """File it about a payout of its own."""
    facts = first["facts"] | {"payout_ref": f"PO-{run}-{number}"}
    return dict(first) | {"external_ref": f"{first['external_ref']}-{number}", "facts": facts}


ALARM_ROADS: Final[Mapping[str, Journey]] = MappingProxyType(
    {"E4": the_sixth_time, "E4 each payout": one_payout_after_another}
)
