"""What is taken away proves itself: checked by `audit-verify` in a process of its own."""

import asyncio
import json
import sys
from base64 import b64decode
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile

import pytest

from builders_audit import CASE, LOG_SIGNER, OTHER_CASE, Desk, journey, record
from builders_contracts import E1
from verifier.cli import main

FACTS = [one.fact for one in E1]
KEY = LOG_SIGNER.key.verifier_key


async def audit_verify(*arguments: str) -> tuple[int, str]:
    """Run the command as an auditor does, isolated from everything of the server."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",
        "-m",
        "verifier",
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(30):
        said, _ = await process.communicate()
    return process.returncode or 0, said.decode()


async def exported(desk: Desk, folder: Path) -> Path:
    made = await desk.export(CASE)
    assert made.status_code == 201, made.text
    answer = await desk.get(made.headers["location"])
    file = folder / "case.zip"
    file.write_bytes(answer.content)
    return file


def flipped(file: Path, name: str, *, at: int) -> Path:
    """Write the export again with one byte of one file changed."""
    out = BytesIO()
    with ZipFile(file) as archive, ZipFile(out, "w", ZIP_STORED) as copy:
        for entry in archive.namelist():
            body = bytearray(archive.read(entry))
            if entry == name:
                body[at] ^= 1
            copy.writestr(entry, bytes(body))
    file.write_bytes(out.getvalue())
    return file


@pytest.fixture
async def told(desk: Desk) -> Desk:
    """Return a desk over a log of one whole case and a bit of another."""
    await desk.log.log(*journey(*FACTS[:8]))
    await desk.log.log(record(1, about=OTHER_CASE, offset=50), *journey(*FACTS))
    await desk.get(f"/v1/cases/{CASE}/trail")
    await desk.log.log()
    return desk


class TestExport:
    @pytest.mark.covers("AU-4", "AU-11")
    async def test_is_accepted_by_the_verifier(self, told: Desk, tmp_path: Path) -> None:
        file = await exported(told, tmp_path)

        code, said = await audit_verify("bundle", str(file), "--key", KEY, "--json")

        report = json.loads(said)
        assert (code, report["verdict"]) == (0, "ok"), said
        shown = dict(report["shown"])
        assert shown["events"].startswith(f"{len(FACTS) + 1}, ")
        assert shown["completeness"] == "up to the last event"

    async def test_is_accepted_with_the_keys_that_the_service_names(
        self, told: Desk, tmp_path: Path
    ) -> None:
        file, policy = await exported(told, tmp_path), tmp_path / "policy.json"
        policy.write_bytes((await told.get("/v1/log/keys")).content)

        assert main(["bundle", str(file), "--policy", str(policy)]) == 0

    @pytest.mark.covers("AU-4")
    @pytest.mark.parametrize(
        ("name", "at"),
        [
            ("events.jsonl", 40),
            ("events.jsonl", 900),
            ("checkpoint.txt", 60),
            ("manifest.json", 30),
        ],
    )
    async def test_is_refused_after_one_flipped_byte(
        self, told: Desk, tmp_path: Path, name: str, at: int
    ) -> None:
        file = flipped(await exported(told, tmp_path), name, at=at)

        code, said = await audit_verify("bundle", str(file), "--key", KEY)

        assert code in {1, 3}, said

    async def test_shows_a_leaf_that_somebody_changed_in_the_database(
        self, told: Desk, tmp_path: Path
    ) -> None:
        """A superuser can switch the trigger off; the signed root is what he cannot change."""
        await told.log.do(
            "alter table leaves disable trigger all",
            "update leaves set leaf = convert_to(replace(convert_from(leaf, 'UTF8'),"
            " 'service:router', 'service:nobody'), 'UTF8') where producer = 'router'",
        )

        code, said = await audit_verify("bundle", str(await exported(told, tmp_path)), "--key", KEY)

        assert code == 1, said
        assert "idx 1)" in said

    async def test_is_the_same_when_it_is_asked_for_again(self, told: Desk) -> None:
        first = await told.export(CASE)
        again = await told.export(CASE)

        assert again.json() == first.json()
        assert again.headers["idempotency-replayed"] == "true"

    async def test_waits_for_a_checkpoint_over_the_newest_event(self, told: Desk) -> None:
        await told.log.take(record(9, producer="vault", offset=90, about=OTHER_CASE))
        await told.log.take(record(1, producer="vault", offset=91))
        await told.log.sequence()
        asked = asyncio.create_task(told.export(CASE))

        await told.log.sign()

        assert (await asked).json()["events"] == len(FACTS) + 2

    async def test_is_refused_while_nothing_signed_covers_it(self, told: Desk) -> None:
        await told.log.take(record(1, producer="vault", offset=91))
        await told.log.sequence()

        answer = await told.export(CASE)

        assert (answer.status_code, answer.json()["code"]) == (409, "not-caught-up")


class TestInclusion:
    @pytest.mark.covers("AU-4")
    async def test_is_accepted_by_the_verifier(self, told: Desk, tmp_path: Path) -> None:
        file = tmp_path / "one.tlog-proof"
        for item in (await told.get(f"/v1/cases/{CASE}/trail")).json()["items"]:
            answer = await told.get(f"/v1/log/proof/inclusion?event_id={item['event_id']}")
            assert answer.headers["content-type"].startswith("text/plain")
            file.write_bytes(answer.content)

            assert main(["event", str(file), "--key", KEY]) == 0

        file.write_bytes(file.read_bytes().replace(b"index 19", b"index 18", 1))
        assert (await audit_verify("event", str(file), "--key", KEY))[0] == 1

    async def test_leads_to_an_older_checkpoint_when_asked(self, told: Desk) -> None:
        ((size,),) = await told.log.rows("select min(size) from checkpoints")
        ((event_id,),) = await told.log.rows("select event_id from leaves where idx = 2")
        path = f"/v1/log/proof/inclusion?event_id={event_id}&size={size}"

        answer = await told.get(path, accept="application/json")

        proof = answer.json()
        assert (proof["idx"], proof["size"]) == (2, 8)
        assert f"\n8\n{proof['root']}\n" in proof["checkpoint"]
        assert b64decode(proof["leaf"]).startswith(b'{"actor"')

    @pytest.mark.parametrize("size", [1, 2, 10_000])
    async def test_is_refused_for_a_tree_without_the_event(self, told: Desk, size: int) -> None:
        ((event_id,),) = await told.log.rows("select event_id from leaves where idx = 2")

        answer = await told.get(
            f"/v1/log/proof/inclusion?event_id={event_id}&size={size}", accept="application/json"
        )

        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/query/size")

    async def test_is_not_found_for_an_event_that_the_log_does_not_hold(self, told: Desk) -> None:
        unknown = "00000000-0000-0000-0000-000000000001"

        answer = await told.get(f"/v1/log/proof/inclusion?event_id={unknown}")

        assert answer.status_code == 404


class TestCheckpoint:
    async def test_is_the_newest_signed_note(self, told: Desk, tmp_path: Path) -> None:
        file = tmp_path / "checkpoint.txt"
        file.write_bytes((await told.get("/v1/log/checkpoint")).content)

        code, said = await audit_verify("checkpoint", str(file), "--key", KEY)

        assert code == 0, said
        ((size,),) = await told.log.rows("select max(size) from checkpoints")
        assert f"\n{size}\n" in file.read_text()
