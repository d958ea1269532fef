"""A superuser at the database: whatever is done there, an auditor's tool says what and where."""

from pathlib import Path

import pytest

from audit.domain.merkle import leaf_hash
from audit.domain.signing import Refusal
from audit.domain.tiles import append
from audit_desk import verify
from builders_audit import CASE, LOG_SIGNER, OTHER_CASE, Desk, journey, record
from builders_contracts import E1

KEY = LOG_SIGNER.key.verifier_key
FACTS = [one.fact for one in E1]
NO_TRIGGERS = "alter table leaves disable trigger all"
LAST = len(FACTS) - 1
TAMPERINGS = {
    "flips one byte": (
        ["update leaves set leaf = set_byte(leaf, 40, get_byte(leaf, 40) # 1) where idx = 5"],
        5,
    ),
    "swaps two leaves": (
        [
            "alter table bodies drop constraint bodies_idx_fkey",
            "update leaves set idx = -1 where idx = 3",
            "update leaves set idx = 3 where idx = 4",
            "update leaves set idx = 4 where idx = -1",
        ],
        3,
    ),
    "deletes the last leaf": (
        [
            f"delete from bodies where idx = {LAST}",  # noqa: S608 - a constant
            f"delete from leaves where idx = {LAST}",  # noqa: S608 - a constant
        ],
        LAST,
    ),
    "inserts a leaf": (
        [
            "alter table bodies drop constraint bodies_idx_fkey",
            "update leaves set idx = idx + 1000 where idx >= 5",
            "update leaves set idx = idx - 999 where idx >= 1000",
            "update bodies set idx = idx + 1000 where idx >= 5",
            "update bodies set idx = idx - 999 where idx >= 1000",
            (
                "insert into leaves select 5, gen_random_uuid(), digest, marketplace, topic,"
                " subject, producer, 99, type, occurred_at, leaf, actor from leaves where idx = 4"
            ),
            "insert into bodies values (5, null, null)",
        ],
        5,
    ),
    "edits a body": (
        ["update bodies set payload = payload || convert_to(' ', 'UTF8') where idx = 6"],
        6,
    ),
}
"""What is done, and the first place that must be named."""


async def fsck(desk: Desk, folder: Path, key: str = "k1") -> tuple[int, str]:
    made = await desk.export_range(0, None, key=key)
    assert made.status_code == 201, made.text
    file = folder / "range.zip"
    file.write_bytes((await desk.get(made.headers["location"])).content)
    return await verify("fsck", file, "--key", KEY)


@pytest.fixture
async def told(desk: Desk) -> Desk:
    """Return a desk over a log of one whole case, signed."""
    await desk.log.log(*journey(*FACTS))
    return desk


class TestASuperuser:
    async def test_who_does_nothing_is_not_accused(self, told: Desk, tmp_path: Path) -> None:
        code, said = await fsck(told, tmp_path)

        assert code == 0, said

    @pytest.mark.covers("AU-4")
    @pytest.mark.fault(63)
    @pytest.mark.parametrize("act", TAMPERINGS)
    async def test_who_changes_the_log_is_found_out(
        self, told: Desk, tmp_path: Path, act: str
    ) -> None:
        statements, idx = TAMPERINGS[act]
        await told.log.do(NO_TRIGGERS, *statements)

        code, said = await fsck(told, tmp_path)

        assert code == 1, f"{act}: {said}"
        assert f"idx {idx}" in said

    @pytest.mark.covers("AU-4")
    @pytest.mark.fault(64)
    async def test_who_recomputes_the_tree_gets_no_signature_and_is_found_out(
        self, told: Desk, tmp_path: Path
    ) -> None:
        """The whole log made anew around a changed leaf: consistent in itself."""
        await told.log.do(
            NO_TRIGGERS,
            "update leaves set leaf = convert_to(replace(convert_from(leaf, 'UTF8'),"
            " 'service:router', 'service:nobody'), 'UTF8') where producer = 'router'",
        )
        size, root = await recompute(told)
        assert size == len(FACTS)

        await told.log.sign()

        assert told.log.notary.refuses == Refusal.CHANGED.value
        assert await told.log.rows("select count(*) from checkpoints") == [(1,)]
        code, said = await fsck(told, tmp_path)
        assert code == 1, said
        assert "root" in said
        assert await told.log.rows("select root from log_heads") == [(root,)]

    @pytest.mark.fault(64)
    async def test_who_recomputes_the_tree_is_found_out_by_the_proof_of_one_event(
        self, told: Desk, tmp_path: Path
    ) -> None:
        await told.log.do(
            NO_TRIGGERS,
            "update leaves set leaf = convert_to(replace(convert_from(leaf, 'UTF8'),"
            " 'service:router', 'service:nobody'), 'UTF8') where producer = 'router'",
        )
        await recompute(told)
        ((event_id,),) = await told.log.rows(
            "select event_id from leaves where producer = 'router' order by idx limit 1"
        )

        proof = tmp_path / "one.tlog-proof"
        proof.write_bytes((await told.get(f"/v1/log/proof/inclusion?event_id={event_id}")).content)

        code, said = await verify("event", proof, "--key", KEY)
        assert code == 1, said


async def recompute(desk: Desk) -> tuple[int, bytes]:
    """Make tiles and root anew from the leaves as they stand, as an intruder with time would."""
    growth = append(
        [leaf_hash(row[0]) for row in await desk.log.rows("select leaf from leaves order by idx")],
        size=0,
        edge={},
    )
    await desk.log.do("delete from tiles")
    for tile, hashes in (growth.touched | growth.edge).items():
        values = f"{tile.level}, {tile.n}, '\\x{hashes.hex()}'"
        await desk.log.do(f"insert into tiles values ({values})")  # noqa: S608 - our own numbers
    root = f"'\\x{growth.root.hex()}'"
    await desk.log.do(f"update log_heads set root = {root}")  # noqa: S608 - our own number
    return growth.size, growth.root


class TestARestoredBackup:
    @pytest.mark.covers("AU-4")
    @pytest.mark.fault(69)
    async def test_is_refused_until_the_log_is_whole_again_and_old_proofs_still_verify(
        self, desk: Desk, tmp_path: Path
    ) -> None:
        """1,000 leaves lost: nothing is signed; with the newest copy back, it goes on by itself."""
        await desk.log.log(*journey(*FACTS))
        old = await copy_of(desk)
        proof = await proof_of_first(desk, tmp_path)
        for start in (1, 501):
            await desk.log.log(*(record(n, producer="vault") for n in range(start, start + 500)))
        newest = await copy_of(desk)
        ((signed,),) = await desk.log.rows("select max(size) from checkpoints")

        await restore(desk, old)
        await desk.log.log(record(1, about=OTHER_CASE, offset=5000))

        assert refusal(desk) == Refusal.SHRUNK.value
        assert await desk.log.rows("select max(size) from checkpoints") == [(len(FACTS),)]
        kept = list((desk.log.folder / "evidence").glob("shrunk-*.json"))
        assert len(kept) == 1
        assert f'"size": {signed},' in kept[0].read_text()
        assert (await verify("event", proof, "--key", KEY))[0] == 0

        await restore(desk, newest)
        await desk.log.log(record(1, about=OTHER_CASE, offset=5000))

        assert refusal(desk) is None
        assert await desk.log.rows("select max(size) from checkpoints") == [(signed + 1,)]
        assert (await verify("event", proof, "--key", KEY))[0] == 0


TABLES = ("leaves", "bodies", "tiles", "log_heads", "streams", "checkpoints", "staged")


def refusal(desk: Desk) -> str | None:
    return desk.log.notary.refuses


async def copy_of(desk: Desk) -> str:
    """Keep a copy of all that the log is made of; return its name."""
    ((n,),) = await desk.log.rows("select count(*) from pg_tables where tablename like 'copy%'")
    name = f"copy{n}"
    await desk.log.do(*(f"create table {name}_{table} as table {table}" for table in TABLES))
    return name


async def restore(desk: Desk, name: str) -> None:
    """Put the database back as it was; the signer's file stands elsewhere."""
    await desk.log.do(
        NO_TRIGGERS,
        f"truncate {', '.join(TABLES)}",
        *(f"insert into {table} table {name}_{table}" for table in TABLES),
        "alter table leaves enable always trigger append_only",
        "alter table leaves enable always trigger append_only_whole",
    )
    desk.log.sequencer.forget()


async def proof_of_first(desk: Desk, folder: Path) -> Path:
    ((event_id,),) = await desk.log.rows(
        f"select event_id from leaves where subject = '{CASE}' order by idx limit 1"  # noqa: S608 - a constant
    )
    proof = folder / "first.tlog-proof"
    proof.write_bytes((await desk.get(f"/v1/log/proof/inclusion?event_id={event_id}")).content)
    return proof
