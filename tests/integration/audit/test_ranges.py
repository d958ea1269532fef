"""A range to take away: every entry of it, disclosed or not, makes the signed root."""

import json
from base64 import b64decode
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from audit_desk import verify
from builders_audit import LOG_SIGNER, OTHER_CASE, Desk, record
from chassis.cloudevents import RawRecord
from extent import short_or_full

KEY = LOG_SIGNER.key.verifier_key
ENTRIES = short_or_full(1_000, 100_000)
BATCH = 500


async def a_log(desk: Desk, entries: int) -> None:
    """Let the log have so many entries, every tenth of another marketplace."""
    for start in range(1, entries + 1, BATCH):
        numbers = range(start, min(start + BATCH, entries + 1))
        await desk.log.take(*(entry(n) for n in numbers))
        await desk.log.sequence()
    await desk.log.sign()


def entry(number: int) -> RawRecord:
    if number % 10:
        return record(number - number // 10, offset=number)
    return record(number // 10, offset=number, about=OTHER_CASE, marketplace="bazaar")


async def exported(desk: Desk, folder: Path, begin: int, end: int | None) -> Path:
    made = await desk.export_range(begin, end)
    assert made.status_code == 201, made.text
    file = folder / f"{begin}-{end}.zip"
    file.write_bytes((await desk.get(made.headers["location"])).content)
    return file


def lines(file: Path) -> list[dict[str, object]]:
    with ZipFile(file) as archive:
        return [json.loads(line) for line in archive.read("events.jsonl").splitlines()]


def altered(file: Path, name: str, change: bytes | None) -> Path:
    """Write the export again with one byte of a file changed, or with other bytes instead."""
    out = BytesIO()
    with ZipFile(file) as archive, ZipFile(out, "w", ZIP_DEFLATED) as copy:
        for one in archive.namelist():
            body = archive.read(one)
            if one == name:
                middle = len(body) // 2
                flipped = body[:middle] + bytes([body[middle] ^ 1]) + body[middle + 1 :]
                body = flipped if change is None else change
            copy.writestr(one, body)
    changed = file.with_name(f"altered-{file.name}")
    changed.write_bytes(out.getvalue())
    return changed


class TestARange:
    @pytest.mark.parametrize(("begin", "end"), [(0, None), (0, 7), (5, 6), (255, 301), (290, 310)])
    async def test_of_any_place_is_accepted_by_the_verifier(
        self, desk: Desk, tmp_path: Path, begin: int, end: int | None
    ) -> None:
        await a_log(desk, 310)

        file = await exported(desk, tmp_path, begin, end)

        code, said = await verify("fsck", file, "--key", KEY)
        assert code == 0, said
        assert [line["idx"] for line in lines(file)] == list(range(begin, end or 310))

    @pytest.mark.covers("AU-8")
    async def test_says_nothing_of_other_marketplaces_but_the_hash(
        self, desk: Desk, tmp_path: Path
    ) -> None:
        await a_log(desk, 20)

        told = lines(await exported(desk, tmp_path, 0, 20))

        undisclosed = [line["idx"] for line in told if line.keys() == {"idx", "leaf_hash"}]
        assert undisclosed == [9, 19]
        shown = [b64decode(str(line["leaf"])) for line in told if "leaf" in line]
        assert not any(b"bazaar" in leaf for leaf in shown)

    @pytest.mark.covers("AU-4", "AU-11")
    @pytest.mark.fault(75)
    async def test_of_many_entries_is_accepted_offline_and_refused_after_any_change(
        self, desk: Desk, tmp_path: Path
    ) -> None:
        await a_log(desk, ENTRIES)
        file = await exported(desk, tmp_path, 0, None)
        with ZipFile(file) as archive:
            names, events = (
                archive.namelist(),
                archive.read("events.jsonl").splitlines(keepends=True),
            )

        code, said = await verify("fsck", file, "--key", KEY)
        refused = {
            name: await verify("fsck", altered(file, name, None), "--key", KEY) for name in names
        }
        fewer = b"".join(events[:400] + events[401:])
        removed = await verify("fsck", altered(file, "events.jsonl", fewer), "--key", KEY)

        assert (code, len(events)) == (0, ENTRIES), said
        assert {"events.jsonl", "checkpoint.txt", "keys.json", "range.json"} < set(names)
        assert {name for name, (code, _) in refused.items() if code not in {1, 3}} == set()
        assert removed[0] == 1, removed[1]
        assert "400" in removed[1]

    async def test_that_ends_beyond_what_is_signed_waits_for_it(self, desk: Desk) -> None:
        await a_log(desk, 5)

        answer = await desk.export_range(0, 6)

        assert (answer.status_code, answer.json()["code"]) == (409, "not-caught-up")

    async def test_of_nothing_is_refused(self, desk: Desk) -> None:
        await a_log(desk, 5)

        answer = await desk.export_range(3, 3)

        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/range/from")

    @pytest.mark.covers("AU-8")
    async def test_is_for_a_marketplace_of_the_callers(self, desk: Desk) -> None:
        await a_log(desk, 5)

        assert (await desk.export_range(0, 5, of="bazaar")).status_code == 404
        assert (await desk.export_range(0, 5, by="mara")).status_code == 403

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"marketplace": "harbour"},
            {"range": {"from": 0}},
            {"case": OTHER_CASE, "marketplace": "harbour"},
            {"case": OTHER_CASE, "range": {"from": 0}, "marketplace": "harbour"},
        ],
    )
    async def test_or_a_case_is_named_and_nothing_else(
        self, desk: Desk, body: dict[str, object]
    ) -> None:
        headers = desk.identities.headers("ines") | {"idempotency-key": "k"}

        answer = await desk.client.post("/v1/exports", json=body, headers=headers)

        assert answer.status_code == 422

    @pytest.mark.fault(71)
    async def test_leaves_leaves_of_its_making_and_of_each_fetching(
        self, desk: Desk, tmp_path: Path
    ) -> None:
        await a_log(desk, 5)

        await exported(desk, tmp_path, 1, 4)

        await desk.log.sequence()
        found = await desk.log.rows(
            "select type, subject, marketplace, actor like 'compliance:mem_%'"
            " from leaves where producer = 'audit' order by idx"
        )
        assert found == [
            ("audit.exported.v1", "main", "harbour", True),
            ("audit.accessed.v1", "main", "harbour", True),
        ]
