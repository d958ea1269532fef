"""A seller is erased on the running whole: nothing of theirs is in the clear anywhere any more."""

import asyncio
import signal
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

import backups
import remains
from backups import Backup
from chassis import ids
from harness.rig import Rig
from stack.children import child_options, start_child, stop_child
from stack.services import SERVICES, command_of, environment_of, service_named
from stack.stacks import Stack
from stack.story import files
from stack.story.checks import Teller
from stack.story.demo import Stage, on_stage
from stack.story.first_road import (
    DOCUMENTS,
    Road,
    answer_as_finance,
    claim,
    decide,
    file_case,
    hand_over,
    hear_questions,
    judge,
)
from stack.story.topics import listening
from stack.story.verify import audit_verify, make_alone, write_policy
from stack.waiting import until

FRONT_END = "harbour-front-end"
FORGETS_WITHIN = 60
DESCRIPTION, SUBJECT = "canarydescription Silberreiher", "canarysubject Eisvogel"
FILE_NAME, CONTENT = "canaryfilename-wendehals", "canarycontent Neuntoeter"


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """What was there before the erasure, and has to hold after it."""

    seller: str
    canaries: Sequence[bytes]
    values: Sequence[dict[str, Any]]
    """Sealed values of the case, one of each class that it has."""
    backup: Backup
    folder: Path


async def resolved_case(stage: Stage, handle: str) -> Road:
    """Bring a case of a new seller from its filing to the decision."""
    seller = {"ref": handle, "tier": "smb", "region": "UK", "language": "en"}
    filing = files.new_filing(description=DESCRIPTION, subject=SUBJECT, seller=seller)
    road = stage.road(filing, Teller(say=print))
    await file_case(road)
    await hear_questions(road)
    for kind in DOCUMENTS:
        form = files.document(kind, words=CONTENT)
        _, content, media_type = form["files"]["file"]
        form["files"]["file"] = (f"{FILE_NAME}-{kind}.pdf", content, media_type)
        path = f"/v1/cases/{road.case}/evidence"
        answer = await road.whoever(FRONT_END).post(
            "intake", path, form=form, case=road.case, expect=201
        )
        road.evidence[kind] = answer.json()["id"]
    await road.event("evidence.received", count=2)
    for step in (claim, judge, hand_over, answer_as_finance, decide):
        await step(road)
    assert road.teller.failed == []
    return road


async def keep_before(road: Road, stack: Stack, handle: str, folder: Path) -> Before:
    """Read a letter and a value in the clear, export the case, and back everything up."""
    [first, *_] = road.heard.of_type(road.case, "seller.message_sent.v1")
    [opened] = road.heard.of_type(road.case, "case.opened.v1")
    [received, *_] = road.heard.of_type(road.case, "evidence.received.v1")
    values = [opened.payload["description"], opened.payload["handle"], received.payload["file"]]
    told = await opening(road, stack.url("vault"), values[:1])
    assert told.json()[0]["value"] == DESCRIPTION
    path = f"/v1/messages/{first.payload['message']}"
    body = (await road.whoever(FRONT_END).get("resolution", path, case=road.case)).json()["body"]
    canaries = (DESCRIPTION, SUBJECT, handle, FILE_NAME, CONTENT, max(body.splitlines(), key=len))
    await keep_proofs(road, folder)
    return Before(
        seller=opened.payload["seller"]["id"],
        canaries=[canary.encode() for canary in canaries],
        values=values,
        backup=await asyncio.to_thread(backups.take, stack, folder / "backup"),
        folder=folder,
    )


async def opening(road: Road, vault: str, values: Sequence[dict[str, Any]]) -> httpx.Response:
    """Ask a vault, as compliance."""
    body = {"values": list(values), "purpose": "audit", "case": road.case}
    headers = {"authorization": f"Bearer {road.town.token('ines')}"}
    return await road.town.http.post(f"{vault}/v1/openings", json=body, headers=headers)


async def keep_proofs(road: Road, folder: Path) -> None:
    """Take away what a compliance officer takes: an export, a proof, a checkpoint."""
    ines = road.whoever("ines")
    road.know_what_was_heard()
    made = await ines.post("audit", "/v1/exports", {"case": road.case}, case=road.case, expect=201)
    [opened] = road.heard.of_type(road.case, "case.opened.v1")
    proof = f"/v1/log/proof/inclusion?event_id={opened.id}"
    (folder / "case.zip").write_bytes(
        (await ines.get("audit", f"/v1/exports/{made.json()['id']}")).content
    )
    (folder / "opened.tlog-proof").write_bytes((await ines.get("audit", proof)).content)
    (folder / "before.txt").write_bytes((await ines.get("audit", "/v1/log/checkpoint")).content)


async def erase(road: Road, seller: str, who: str, *, expect: int) -> dict[str, Any]:
    path = f"/v1/sellers/{seller}/erasure"
    answer = await road.whoever(who).post("vault", path, expect=expect)
    done: dict[str, Any] = answer.json()
    return done


async def hold_and_release(road: Road, seller: str) -> None:
    """A legal hold prevents the erasure at either step, and changes nothing."""
    ines, ivo = road.whoever("ines"), road.whoever("ivo")
    body = {"marketplace": "harbour", "seller": seller, "reason": "litigation"}
    hold = (await ines.post("audit", "/v1/holds", body, expect=201)).json()["id"]

    refused = await _refused(road, seller)

    assert (refused["code"], refused["hold"]) == ("under-legal-hold", hold)
    await ines.post("audit", f"/v1/holds/{hold}/release", expect=202)
    assert (await _refused(road, seller))["hold"] == hold
    await ivo.post("audit", f"/v1/holds/{hold}/release")


async def _refused(road: Road, seller: str) -> dict[str, Any]:
    headers = {"authorization": f"Bearer {road.town.token('ines')}"}
    url = f"{road.town.urls['vault']}/v1/sellers/{seller}/erasure"
    answer = await road.town.http.post(url, headers=headers)
    assert answer.status_code == 409, answer.text
    problem: dict[str, Any] = answer.json()
    return problem


async def wait_until_forgotten(rig: Rig, seller_of: str, evidence: Sequence[str]) -> None:
    """Wait until intake has no tag of the seller, and none of its files."""
    folder = rig.stack.data("intake") / "evidence"

    async def forgotten() -> bool:
        left = await rig.ask("intake", _TAGS, seller_of)
        return left == 0 and not [p for p in folder.glob("*/evd_*") if p.name in evidence]

    await until(forgotten, within=FORGETS_WITHIN, every=0.5)


_TAGS = """
select count(s.ref_tag) + count(c.subject_tag) + count(e.file_tag)
from cases c join sellers s using (seller) left join evidence e on e.case_id = c.id
where c.external_ref = $1
"""


async def check_proofs(road: Road, stack: Stack, before: Before) -> None:
    """What was taken away before still verifies, and the log has only grown since."""
    folder, ines = before.folder, road.whoever("ines")
    async with listening(stack.kafka, "governance.v1", start="earliest") as heard:
        [erased] = await heard.wait_for(before.seller, "seller.erased.v1")
    certificate = await _certificate(road, erased.id)
    (folder / "erased.tlog-proof").write_bytes(certificate)
    now = (await ines.get("audit", "/v1/log/checkpoint")).text
    (folder / "now.txt").write_text(now)
    sizes = [(folder / name).read_text().splitlines()[1] for name in ("before.txt", "now.txt")]
    grown = await ines.get("audit", f"/v1/log/proof/consistency?from={sizes[0]}&to={sizes[1]}")
    (folder / "grown").write_bytes(grown.content)
    alone = make_alone(folder)
    policy = write_policy(folder, signer_key=stack.keys.signer, checkpoint=now)
    for arguments in (
        ("bundle", "case.zip"),
        ("event", "opened.tlog-proof"),
        ("event", "erased.tlog-proof"),
        ("consistency", "before.txt", "now.txt", "grown"),
    ):
        command, *names = arguments
        done = audit_verify(alone, command, *(folder / name for name in names), "--policy", policy)
        assert done.returncode == 0, (arguments, done.stdout, done.stderr)


async def _certificate(road: Road, event_id: str) -> bytes:
    """Fetch the proof that the erasure is on record, as soon as it is."""
    headers = {"authorization": f"Bearer {road.town.token('ines')}"}
    url = f"{road.town.urls['audit']}/v1/log/proof/inclusion?event_id={event_id}"
    found: list[bytes] = []

    async def on_record() -> bool:
        answer = await road.town.http.get(url, headers=headers)
        found.append(answer.content)
        return answer.status_code == 200

    await until(on_record, within=FORGETS_WITHIN, every=0.5)
    return found[-1]


async def check_unreadable(road: Road, stack: Stack, before: Before) -> None:
    """Nobody reads a value, a letter or a file, whatever they are cleared for."""
    for value in before.values:
        answer = await opening(road, stack.url("vault"), [value])
        assert (answer.status_code, answer.json()["code"]) == (410, "erased")
    evidence = road.evidence[DOCUMENTS[0]]
    content = f"/v1/cases/{road.case}/evidence/{evidence}/content"
    gone = await road.whoever("ines").get("intake", content, case=road.case, expect=410)
    assert gone.json()["code"] == "erased"


@asynccontextmanager
async def restored_vault(stack: Stack, database: str) -> AsyncIterator[str]:
    """Run a second vault on a restored database, which only answers; yield where."""
    vault = service_named("vault")
    port = _free_port()
    usual = environment_of(vault, vault.programs[0], layout=stack.layout, keys=stack.keys)
    address = usual["SELLERWORKS_DATABASE_URL"]
    env = usual | {
        "SELLERWORKS_PORT": str(port),
        "SELLERWORKS_DATABASE_URL": address.rpartition("/")[0] + f"/{database}",
    }
    log = stack.folder / "logs" / "vault-restored.log"
    options = child_options(log=log, parting=signal.SIGTERM)
    child = start_child(command_of(vault, "--role", "api", "serve"), env=env, options=options)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        await asyncio.to_thread(stop_child, child, politely=signal.SIGTERM)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def check_restored_vault(road: Road, before: Before) -> None:
    """A vault that is restored from before has its key destroyed again before it opens."""
    stack = before.backup.stack
    async with backups.restored(before.backup, "vault") as database:
        assert await _is_gone(stack, database, before) is False
        async with restored_vault(stack, database) as url:
            answers: list[int] = []

            async def applied() -> bool:
                try:
                    answers.append((await opening(road, url, before.values[:1])).status_code)
                    problems = (await road.town.http.get(f"{url}/readyz")).json()["problems"]
                except httpx.TransportError:
                    return False
                return "erasures" not in problems

            await until(applied, within=FORGETS_WITHIN)
            last = await opening(road, url, before.values[:1])
        assert set(answers) <= {410, 503}
        assert (last.status_code, last.json()["code"]) == (410, "erased")
        assert await _is_gone(stack, database, before) is True


async def _is_gone(stack: Stack, database: str, before: Before) -> bool:
    """Tell whether a vault's database has the seller's private key no more."""
    key = ids.to_uuid(before.values[0]["key"], prefix="key")
    connection = await asyncpg.connect(stack.superuser_dsn(database))
    try:
        gone: bool = await connection.fetchval(
            "select wrapped is null from keys where key = $1", key
        )
        return gone
    finally:
        await connection.close()


async def everything(stack: Stack, backup: Backup) -> AsyncIterator[tuple[str, bytes]]:
    """Yield all that is there, and all that a backup holds: its files, and its rows restored."""
    async for place, content in remains.topics(stack):
        yield place, content
    async for place, content in remains.tables(stack):
        yield place, content
    for place, content in _files(stack, backup):
        yield place, content
    for service in SERVICES:
        async with backups.restored(backup, service.name) as database:
            async for place, content in remains.tables_of(stack, database):
                yield place, content


def _files(stack: Stack, backup: Backup) -> Iterator[tuple[str, bytes]]:
    """Yield logs, data, the database's own files and its write-ahead log; and the backup."""
    yield from remains.files(stack)
    yield from backup.contents()


class TestAnErasedSeller:
    @pytest.mark.fault(76, 77, 78)
    @pytest.mark.covers("SE-9", "AU-9")
    @pytest.mark.timeout(540)
    async def test_is_nowhere_in_the_clear_and_every_old_proof_holds(
        self, rig: Rig, tmp_path: Path
    ) -> None:
        handle = f"canaryhandle-{uuid4().hex[:8]}"
        async with on_stage(rig.stack) as stage:
            road = await resolved_case(stage, handle)
            before = await keep_before(road, rig.stack, handle, tmp_path)

            await hold_and_release(road, before.seller)
            assert (await erase(road, before.seller, "ines", expect=202))["state"] == "requested"
            assert (await erase(road, before.seller, "ivo", expect=200))["state"] == "erased"

            await wait_until_forgotten(
                rig, road.filing["external_ref"], list(road.evidence.values())
            )
            await check_proofs(road, rig.stack, before)
            await check_unreadable(road, rig.stack, before)
            await check_restored_vault(road, before)

            needle, places, found = road.payout_ref.encode(), set[str](), list[str]()
            async for place, content in everything(rig.stack, before.backup):
                found += [place for canary in before.canaries if canary in content]
                if needle in content:
                    places.add(place.partition(".")[0].partition("/")[0].partition("_")[0])
        assert found == []
        # The search sees what is in clear: the payout's number.
        assert {"cases", "intake", "postgres", "backup", "restored"} <= places
