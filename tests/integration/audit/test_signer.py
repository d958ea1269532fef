"""The signer signs what continues what it signed, and nothing else."""

from base64 import b64decode
from functools import partial
from pathlib import Path

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.domain.note import NoteSigner
from audit.domain.signing import Refusal
from audit.handlers.sign_head import EVIDENCE, Notary, would_do_something
from audit.store import signer_state
from audit.store.signer_state import StateUnreadable
from builders_audit import LOG_SIGNER, Desk, RunningLog, open_process, record, settings_for
from chassis import failpoint
from chassis.signing import write_new_key
from stack.waiting import until
from verifier.cli import main

NEXT_SIGNER = NoteSigner(
    name=LOG_SIGNER.name, private=Ed25519PrivateKey.from_private_bytes(b"\x08" * 32)
)
KEY, NEXT_KEY = LOG_SIGNER.key.verifier_key, NEXT_SIGNER.key.verifier_key


async def sizes(log: RunningLog) -> list[int]:
    return [row[0] for row in await log.rows("select size from checkpoints order by size")]


async def published(log: RunningLog) -> list[int]:
    found = await log.rows("select payload from outbox order by id")
    return [orjson.loads(row[0])["size"] for row in found]


async def newest_note(log: RunningLog) -> str:
    ((note,),) = await log.rows("select note from checkpoints order by size desc limit 1")
    return str(note)


async def copy_of_the_log(log: RunningLog) -> None:
    await log.do(
        *(
            f"create table kept_{table} as table {table}"
            for table in ("log_heads", "tiles", "checkpoints")
        )
    )


async def restore(log: RunningLog, *tables: str) -> None:
    for table in tables:
        await log.do(f"truncate {table}", f"insert into {table} table kept_{table}")


class TestRotation:
    """A new key signs; the one before signs as well until every auditor has the new one."""

    @pytest.mark.covers("AU-4")
    async def test_lets_auditors_check_with_either_key_while_both_sign(
        self, log: RunningLog, tmp_path: Path
    ) -> None:
        old, both, new = (tmp_path / name for name in ("old", "both", "new"))
        await log.log(record(1))
        old.write_text(await newest_note(log))
        log.notary = Notary(signers=[NEXT_SIGNER, LOG_SIGNER], state=log.notary.state)
        await log.log(record(2))
        both.write_text(await newest_note(log))
        log.notary = Notary(signers=[NEXT_SIGNER], state=log.notary.state)
        await log.log(record(3))
        new.write_text(await newest_note(log))

        codes = {
            (file.name, key): main(["checkpoint", str(file), "--key", key])
            for file in (old, both, new)
            for key in (KEY, NEXT_KEY)
        }

        assert {place for place, code in codes.items() if code == 0} == {
            ("old", KEY),
            ("both", KEY),
            ("both", NEXT_KEY),
            ("new", NEXT_KEY),
        }
        assert set(codes.values()) == {0, 3}

    async def test_names_both_keys_to_whoever_asks(self, desk: Desk) -> None:
        desk.log.notary = Notary(signers=[NEXT_SIGNER, LOG_SIGNER], state=desk.log.notary.state)

        await desk.log.log(record(1))

        keys = (await desk.get("/v1/log/keys")).json()
        assert set(keys["log_keys"]) == {KEY, NEXT_KEY}

    async def test_reads_both_keys_from_their_files(self, log: RunningLog) -> None:
        for name in ("new.pem", "old.pem"):
            write_new_key(log.folder / name)
        settings = settings_for(
            log,
            role="signer",
            signer_key_file=log.folder / "new.pem",
            signer_old_key_file=log.folder / "old.pem",
        )

        async with open_process(settings):
            await until(partial(has_checkpoint, log), within=20)

        assert await log.rows("select count(*) from log_keys") == [(2,)]
        assert (await newest_note(log)).count("— sellerworks/audit/main/0 ") == 2


async def has_checkpoint(log: RunningLog) -> bool:
    return bool(await sizes(log))


class TestSigner:
    @pytest.mark.covers("AU-3")
    async def test_signs_each_head_once_and_publishes_it(self, log: RunningLog) -> None:
        await log.log(record(1), record(2))
        await log.log(record(3))
        await log.sign_at_once()

        assert await sizes(log) == [2, 3]
        assert await published(log) == [2, 3]

    async def test_makes_checkpoints_that_the_verifier_knows(
        self, log: RunningLog, tmp_path: Path
    ) -> None:
        await log.log(record(1))

        ((payload,),) = await log.rows("select payload from outbox")
        note = tmp_path / "checkpoint.txt"
        note.write_bytes(b64decode(orjson.loads(payload)["note"]))
        assert main(["checkpoint", str(note), "--key", KEY]) == 0

    async def test_sees_at_a_glance_whether_there_is_anything_to_do(self, log: RunningLog) -> None:
        told = [await would_do_something(log.engine, by=log.notary)]
        await log.log(record(1))
        told.append(await would_do_something(log.engine, by=log.notary))
        log.notary.refuses = Refusal.CHANGED.value
        told.append(await would_do_something(log.engine, by=log.notary))

        assert told == [True, False, True]

    @pytest.mark.fault(71)
    async def test_publishes_the_same_head_again_after_a_minute(self, log: RunningLog) -> None:
        await log.log(record(1))
        await log.do("update checkpoints set signed_at = signed_at - interval '60 s'")

        await log.sign()

        assert await published(log) == [1, 1]
        assert await log.rows("select count(*) from leaves") == [(1,)]

    async def test_refuses_a_log_that_got_shorter(self, log: RunningLog) -> None:
        """A database restored from a backup."""
        await log.log(record(1))
        await copy_of_the_log(log)
        await log.log(record(2))
        await restore(log, "log_heads", "tiles", "checkpoints")

        await log.sign()

        assert log.notary.refuses == Refusal.SHRUNK.value
        assert await sizes(log) == [1]

    async def test_refuses_a_log_that_was_rewritten(self, log: RunningLog) -> None:
        """Tiles and root recomputed over a changed leaf: consistent in itself, not with before."""
        await log.log(record(1), record(2))
        await log.do(
            "update tiles set hashes = sha256('forged') || substr(hashes, 33)",
            "update log_heads set root = sha256('\\x01'::bytea || (select hashes from tiles))",
        )

        await log.sign()

        assert log.notary.refuses == Refusal.CHANGED.value

    async def test_refuses_a_fork_that_has_grown(self, log: RunningLog) -> None:
        await copy_of_the_log(log)
        await log.log(record(1), record(2), record(3))
        await restore(log, "log_heads", "tiles")
        await log.do(
            "alter table leaves disable trigger all",
            "truncate leaves cascade",
            "truncate streams",
            "alter table leaves enable trigger all",
        )
        log.sequencer.forget()

        await log.log(*(record(n, fact={"n": -n}) for n in range(1, 6)))

        assert log.notary.refuses == Refusal.CHANGED.value
        assert await sizes(log) == [3]

    async def test_refuses_tiles_that_do_not_make_the_root(self, log: RunningLog) -> None:
        await log.log(record(1))
        await log.do("update log_heads set root = sha256('forged'), size = 1")

        await log.sign()

        assert log.notary.refuses == Refusal.CHANGED.value

    async def test_refuses_when_its_memory_is_gone(self, log: RunningLog) -> None:
        await log.log(record(1))
        log.notary.state.unlink()
        await log.log(record(2))

        assert log.notary.refuses == Refusal.FORGOTTEN.value
        assert await sizes(log) == [1]

    async def test_signs_nothing_on_a_memory_it_cannot_read(self, log: RunningLog) -> None:
        await log.log(record(1))
        log.notary.state.write_text('{"size": 1}')

        with pytest.raises(StateUnreadable):
            await log.log(record(2))

        assert await sizes(log) == [1]

    async def test_refuses_what_does_not_continue_the_checkpoints_of_another_signer(
        self, log: RunningLog
    ) -> None:
        """Its own memory was restored from a backup; the database knows of more."""
        await log.log(record(1))
        remembered = log.notary.state.read_bytes()
        await log.log(record(2))
        log.notary.state.write_bytes(remembered)
        await log.do("update checkpoints set root = sha256('forged') where size = 2")

        await log.log(record(3))

        assert log.notary.refuses == Refusal.CHANGED.value
        assert await sizes(log) == [1, 2]

    async def test_goes_on_from_the_checkpoints_of_another_signer(self, log: RunningLog) -> None:
        await log.log(record(1))
        remembered = log.notary.state.read_bytes()
        await log.log(record(2))
        log.notary.state.write_bytes(remembered)

        await log.log(record(3))

        assert log.notary.refuses is None
        assert await sizes(log) == [1, 2, 3]

    @pytest.mark.fault(68)
    async def test_keeps_what_its_refusal_rests_on_outside_of_the_database(
        self, log: RunningLog
    ) -> None:
        await log.log(record(1), record(2))
        signed = await newest_note(log)
        await log.do("update log_heads set root = sha256('forged')")

        await log.sign()
        await log.sign()

        (kept,) = (log.folder / EVIDENCE).iterdir()
        told = orjson.loads(kept.read_bytes())
        assert told["why"] == Refusal.CHANGED.value
        assert (told["signed"]["note"], told["published"]) == (signed, signed)
        assert told["found"]["size"] == told["signed"]["size"] == 2
        assert told["found"]["root"] != told["signed"]["root"]

    async def test_reads_a_memory_of_before_notes_were_kept_in_it(self, log: RunningLog) -> None:
        await log.log(record(1))
        written = orjson.loads(log.notary.state.read_bytes())
        del written["note"]
        log.notary.state.write_bytes(orjson.dumps(written))

        await log.log(record(2))

        assert await sizes(log) == [1, 2]

    async def test_signs_again_when_the_log_is_whole_again(self, log: RunningLog) -> None:
        await log.log(record(1))
        await copy_of_the_log(log)
        await log.do("update log_heads set root = sha256('forged')")
        await log.sign()
        await restore(log, "log_heads")

        await log.log(record(2))

        assert log.notary.refuses is None
        assert await sizes(log) == [1, 2]

    async def test_has_promised_no_less_than_it_published_when_it_dies(
        self, log: RunningLog
    ) -> None:
        await log.take(record(1))
        await log.sequence()
        failpoint.arm("head_remembered:raise", stack=True)

        with pytest.raises(failpoint.Reached):
            await log.sign()

        remembered = signer_state.read(log.notary.state)
        assert remembered is not None
        assert remembered.head.size == 1
        assert remembered.note is not None
        await log.sign()
        assert await sizes(log) == [1]
