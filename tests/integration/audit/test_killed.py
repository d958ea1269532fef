"""Sequencer and signer killed wherever it hurts: the log stays whole, nothing is there twice."""

import random
from functools import partial
from typing import Final

import pytest

from audit.domain.merkle import leaf_hash
from audit.domain.tiles import append
from audit_processes import KILLED, alive
from builders_audit import RunningLog, record, settings_for
from chassis.signing import write_new_key
from extent import short_or_full
from stack.waiting import until

KILLS: Final = short_or_full(10, 200)
WITHIN = 90.0
SEQUENCER, SIGNER = "sequencer", "signer"
# Where a process dies, and which. Of commits: any of the first few, its own first of all.
PLACES: Final = [
    (SEQUENCER, "leaves_copied:kill"),
    (SEQUENCER, "tiles_written:kill"),
    (SEQUENCER, "head_moved:kill"),
    (SIGNER, "head_remembered:kill"),
    (SEQUENCER, "before_commit:kill@{n}"),
    (SEQUENCER, "after_commit:kill@{n}"),
    (SIGNER, "before_commit:kill@{n}"),
    (SIGNER, "after_commit:kill@{n}"),
]


@pytest.fixture
async def keyed(log: RunningLog) -> RunningLog:
    write_new_key(log.folder / "log.pem")
    return log


async def kill_once(log: RunningLog, role: str, trap: str) -> None:
    """Let both work; wait until the one with the trap has died in it."""
    other = SIGNER if role == SEQUENCER else SEQUENCER
    pem = log.folder / "log.pem"
    trapped = settings_for(log, role=role, signer_key_file=pem, failpoints=trap, stack=True)
    healthy = settings_for(log, role=other, signer_key_file=pem, stack=True)
    with alive(healthy), alive(trapped) as process:

        async def died() -> bool:
            return process.exitcode is not None

        await until(died, within=WITHIN)
        assert process.exitcode == KILLED
    # As if the ten seconds of the dead had passed: the fence, not the lease, keeps the log whole.
    await log.do("update lease set expires_at = '-infinity'")


async def is_done(log: RunningLog, leaves: int) -> bool:
    query = "select (select size from log_heads), (select max(size) from checkpoints)"
    return await log.rows(query) == [(leaves, leaves)]


async def assert_whole(log: RunningLog, *, events: int) -> None:
    """Every event once, in order; each checkpoint signed is a beginning of the log (I2, I6)."""
    rows = await log.rows("select idx, sequence, leaf from leaves order by idx")
    assert [(row[0], row[1]) for row in rows] == [(n, n + 1) for n in range(events)]
    hashes = [leaf_hash(row[2]) for row in rows]
    for size, root in await log.rows(
        "select size, root from checkpoints union select size, root from log_heads"
    ):
        assert append(hashes[:size], size=0, edge={}).root == root


class TestTheLog:
    @pytest.mark.covers("AU-3")
    @pytest.mark.fault(72)
    async def test_is_whole_however_often_sequencer_and_signer_are_killed(
        self, keyed: RunningLog
    ) -> None:
        rng, staged = random.Random(72), 0
        for kill in range(KILLS):
            role, trap = PLACES[kill % len(PLACES)]
            more = rng.randrange(1, 700)
            await keyed.take(*(record(n) for n in range(staged + 1, staged + more // 2)))
            await keyed.take(*(record(n) for n in range(staged + more // 2, staged + more + 1)))
            staged += more
            await kill_once(keyed, role, trap.format(n=rng.randrange(1, 8)))

        pem = keyed.folder / "log.pem"
        with (
            alive(settings_for(keyed, role=SEQUENCER, stack=True)),
            alive(settings_for(keyed, role=SIGNER, signer_key_file=pem, stack=True)),
        ):
            await until(partial(is_done, keyed, staged), within=WITHIN)

        await assert_whole(keyed, events=staged)
        assert await keyed.rows("select count(*) from staged") == [(0,)]
