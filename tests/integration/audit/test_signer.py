"""The signer signs what continues what it signed, and nothing else."""

from base64 import b64decode
from pathlib import Path

import orjson
import pytest

from audit.domain.signing import Refusal
from audit.store import signer_state
from audit.store.signer_state import StateUnreadable
from builders_audit import LOG_SIGNER, RunningLog, record
from chassis import failpoint
from verifier.cli import main

KEY = LOG_SIGNER.key.verifier_key


async def sizes(log: RunningLog) -> list[int]:
    return [row[0] for row in await log.rows("select size from checkpoints order by size")]


async def published(log: RunningLog) -> list[int]:
    found = await log.rows("select payload from outbox order by id")
    return [orjson.loads(row[0])["size"] for row in found]


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


class TestSigner:
    @pytest.mark.covers("AU-3")
    async def test_signs_each_head_once_and_publishes_it(self, log: RunningLog) -> None:
        await log.log(record(1), record(2))
        await log.log(record(3))
        await log.sign()

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
        assert remembered.size == 1
        await log.sign()
        assert await sizes(log) == [1]
