"""The end of a road: all events are there, the trail is verified, and refused once changed."""

import json
from pathlib import Path

from stack.story.checks import clocks, count_types, gaps
from stack.story.first_road import Road
from stack.story.verify import audit_verify, flip_one_byte, make_alone, write_policy

# What api.md §4 lists of E1, without the clocks: how often each is said, exactly.
EXPECTED = {
    "case.opened": 1,
    "case.classified": 1,
    "case.routed": 1,
    "evidence.requested": 1,
    "seller.message_sent": 2,
    "evidence.received": 2,
    "case.assigned": 1,
    "evidence.accepted": 2,
    "checklist.item_completed": 2,
    "handoff.requested": 1,
    "handoff.accepted": 1,
    "handoff.completed": 1,
    "decision.recorded": 1,
    "case.resolved": 1,
}
STARTED = {
    "acknowledge",
    "first_response",
    "resolution",
    "assign",
    "evidence_due",
    "next_update",
    "handoff_accept",
    "reopen_window",
}
MET = {"acknowledge", "first_response", "evidence_due", "assign", "handoff_accept", "resolution"}


async def check_events(road: Road) -> None:
    """Hold what was said against the table of events, and sequences against plain counting."""
    await road.heard.wait_for(
        road.case,
        "sla.clock_started.v1",
        where=lambda one: one.payload["kind"] == "reopen_window",
    )
    await road.heard.wait_for(
        road.case, "sla.met.v1", where=lambda one: one.payload["kind"] == "resolution"
    )
    events = [one for one in road.heard.of(road.case) if one.topic == "cases.v1"]
    counted = count_types(events)
    road.teller.chapter("What was said")
    differing = {type_: counted[type_] for type_, n in EXPECTED.items() if counted[type_] != n}
    road.teller.check(
        not differing, f"every event of the table, each as often as it happened{differing or ''}"
    )
    started, met = set(clocks(events, "sla.clock_started")), set(clocks(events, "sla.met"))
    road.teller.check(started >= STARTED, f"clocks started: {', '.join(sorted(started))}")
    road.teller.check(met >= MET, f"clocks met: {', '.join(sorted(met))}")
    road.teller.check(
        bool(clocks(events, "sla.clock_resumed")["resolution"]),
        "the resolution clock stood still while the seller had the word",
    )
    road.teller.check(counted["sla.breached"] == 0, "no promise was broken")
    holes = gaps(events)
    road.teller.check(not holes, f"every producer counts 1, 2, 3 … without a gap{holes or ''}")
    leads = [one for one in events if one.type == "case.assigned.v1" and one.payload["lead"]]
    transferred = counted["case.lead_transferred"]
    road.teller.check(len(leads) == 1 and not transferred, "one lead from assignment on")


async def check_trail(road: Road, *, signer_key: Path, folder: Path) -> None:
    """As ines, compliance: trail, explanation, export; verified where none of our code is."""
    ines = road.whoever("ines")
    road.teller.chapter("The trail")
    heard = road.know_what_was_heard()
    trail = await ines.get("audit", f"/v1/cases/{road.case}/trail?limit=200", case=road.case)
    items = trail.json()["items"]
    on_record = {item["event_id"] for item in items}
    road.teller.check(heard <= on_record, f"all {len(heard)} events are in the audit log")
    explained = await ines.get("audit", f"/v1/cases/{road.case}/explain", case=road.case)
    told = json.dumps(explained.json())
    road.teller.check(
        all(word in told for word in ("verification", "payout_hold.decision.favourable", "mem_")),
        "one call explains rule, template, evidence and who",
    )
    made = await ines.post("audit", "/v1/exports", {"case": road.case}, case=road.case, expect=201)
    export = (await ines.get("audit", f"/v1/exports/{made.json()['id']}")).content
    checkpoint = (await ines.get("audit", "/v1/log/checkpoint")).text
    size = checkpoint.splitlines()[1]
    road.teller.tell(f"tree size {size}, checkpoint signed by {checkpoint.splitlines()[0]}")
    _check_export(road, export, checkpoint, signer_key=signer_key, folder=folder)
    await _check_proof(road, on_record & heard, folder)


def _check_export(
    road: Road, export: bytes, checkpoint: str, *, signer_key: Path, folder: Path
) -> None:
    alone = make_alone(folder)
    policy = write_policy(folder, signer_key=signer_key, checkpoint=checkpoint)
    genuine, changed = folder / "case.zip", folder / "changed.zip"
    genuine.write_bytes(export)
    changed.write_bytes(flip_one_byte(export))
    accepted = audit_verify(alone, "bundle", genuine, "--policy", policy)
    road.teller.check(
        accepted.returncode == 0,
        f"audit-verify accepts the export: {_first_line(accepted.stdout or accepted.stderr)}",
    )
    refused = audit_verify(alone, "bundle", changed, "--policy", policy)
    road.teller.check(
        refused.returncode == 1,
        f"and refuses it after one flipped byte: {_first_line(refused.stdout or refused.stderr)}",
    )


async def _check_proof(road: Road, event_ids: set[str], folder: Path) -> None:
    ines, event_id = road.whoever("ines"), min(event_ids)
    proof = await ines.get("audit", f"/v1/log/proof/inclusion?event_id={event_id}")
    written = folder / "event.tlog-proof"
    written.write_bytes(proof.content)
    done = audit_verify(folder / "alone", "event", written, "--policy", folder / "policy.json")
    road.teller.check(done.returncode == 0, "one event's inclusion proof verifies by itself")


def _first_line(text: str) -> str:
    return text.strip().splitlines()[0] if text.strip() else "(said nothing)"
