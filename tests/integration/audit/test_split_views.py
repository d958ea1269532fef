"""Two truths of one size: noticed on the topic, both kept, and proven by the auditor's tool."""

from base64 import b64encode
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.consumers import watcher
from audit.domain.merkle import Head
from audit.domain.note import NoteSigner, checkpoint
from audit_desk import verify
from builders_audit import LOG_SIGNER, PEN, Desk, RunningLog, record
from chassis.cloudevents import RawRecord
from chassis.consumer import store
from contracts.audit import CheckpointSigned

KEY = LOG_SIGNER.key.verifier_key
FORK = b"\x09" * 32
STRANGER = NoteSigner(
    name=LOG_SIGNER.name, private=Ed25519PrivateKey.from_private_bytes(b"\x0a" * 32)
)


def published(note: str, *, offset: int = 0) -> RawRecord:
    """Return a checkpoint as it stands on its topic."""
    size, root = note.split("\n")[1:3]
    fact = CheckpointSigned(
        origin=LOG_SIGNER.name,
        size=int(size),
        root=root,
        note=b64encode(note.encode()).decode(),
    )
    return RawRecord(
        topic="audit.checkpoints.v1",
        partition=0,
        offset=offset,
        key=b"main",
        headers={},
        value=fact.model_dump_json().encode(),
        timestamp_ms=0,
    )


async def watch(log: RunningLog, *records: RawRecord) -> None:
    await store(records, to=watcher(), engine=log.engine, pen=PEN)


def forked(size: int) -> str:
    """Return a checkpoint as a thief of the key would sign it."""
    return checkpoint(Head(size, FORK), signers=[LOG_SIGNER])


class TestWatching:
    async def test_finds_nothing_in_what_the_log_has_signed(self, log: RunningLog) -> None:
        await log.log(record(1))
        await log.log(record(2), record(3))
        notes = [row[0] for row in await log.rows("select note from checkpoints")]

        await watch(log, *(published(note, offset=n) for n, note in enumerate(notes)))

        assert len(notes) == 2
        assert await log.rows("select * from split_views") == []
        assert await log.rows("select * from quarantine") == []

    @pytest.mark.covers("AU-4")
    @pytest.mark.fault(68)
    async def test_keeps_both_checkpoints_of_one_size_and_the_verifier_tells_them_apart(
        self, desk: Desk, tmp_path: Path
    ) -> None:
        await desk.log.log(record(1), record(2))

        await watch(desk.log, published(forked(2)), published(forked(2), offset=1))

        (view,) = (await desk.get("/v1/log/split-views")).json()["items"]
        ours, theirs, proof = (tmp_path / name for name in ("ours", "theirs", "proof"))
        ours.write_text(view["our_checkpoint"])
        theirs.write_text(view["checkpoint"])
        proof.write_bytes((await desk.get("/v1/log/proof/consistency?from=2&to=2")).content)
        assert ours.read_bytes() == (await desk.get("/v1/log/checkpoint")).content
        assert (await verify("checkpoint", theirs, "--key", KEY))[0] == 0
        code, said = await verify("consistency", ours, theirs, proof, "--key", KEY)
        assert code == 1, said
        same, _ = await verify("consistency", ours, ours, proof, "--key", KEY)
        assert same == 0

    async def test_recomputes_the_root_of_a_size_that_was_never_signed(
        self, log: RunningLog
    ) -> None:
        await log.log(*(record(n) for n in range(1, 4)))

        await watch(log, published(forked(2)))

        assert await log.rows("select size, our_note, our_root is null from split_views") == [
            (2, None, False)
        ]

    async def test_tells_a_log_that_is_behind_what_was_published(self, log: RunningLog) -> None:
        await log.log(record(1))

        await watch(log, published(forked(7)))

        ((why, our_root),) = await log.rows("select why, our_root from split_views")
        assert "shorter" in why
        assert our_root is None

    @pytest.mark.parametrize("bad", [b"", b"garbage", b'{"note": "bm8="}'])
    async def test_believes_nobody_but_the_log(self, log: RunningLog, bad: bytes) -> None:
        await log.log(record(1))
        foreign = published(checkpoint(Head(1, FORK), signers=[STRANGER]), offset=1)
        garbage = replace(published(forked(1)), value=bad)

        await watch(log, foreign, garbage)

        assert await log.rows("select * from split_views") == []
        assert await log.rows("select src_offset from quarantine order by 1") == [(0,), (1,)]
