"""The proof that the log has only grown, as auditors take it away."""

from base64 import b64decode
from pathlib import Path

import pytest

from audit.domain.merkle import Head, is_consistent
from audit_desk import verify
from builders_audit import LOG_SIGNER, Desk, record

PROOF = "/v1/log/proof/consistency"
KEY = LOG_SIGNER.key.verifier_key


async def checkpoints(desk: Desk, folder: Path, *sizes: int) -> list[Path]:
    """Let the log grow to each size; keep the checkpoint of each."""
    files, logged = list[Path](), 0
    for size in sizes:
        await desk.log.log(*(record(n) for n in range(logged + 1, size + 1)))
        files.append(folder / f"{size}.txt")
        files[-1].write_bytes((await desk.get("/v1/log/checkpoint")).content)
        logged = size
    return files


class TestConsistency:
    @pytest.mark.parametrize(("old", "new"), [(0, 5), (1, 5), (4, 7), (4, 8), (3, 300), (7, 7)])
    async def test_leads_from_one_root_to_the_other(self, desk: Desk, old: int, new: int) -> None:
        await checkpoints(desk, desk.log.folder, 300)

        answer = await desk.get(f"{PROOF}?from={old}&to={new}", accept="application/json")
        lines = (await desk.get(f"{PROOF}?from={old}&to={new}")).text.splitlines()

        proof = answer.json()
        roots = [b64decode(proof[name]) for name in ("from_root", "to_root")]
        path = [b64decode(part) for part in proof["path"]]
        assert is_consistent(Head(old, roots[0]), Head(new, roots[1]), path)
        assert (proof["from"], proof["to"], proof["path"]) == (old, new, lines)

    async def test_is_accepted_by_the_verifier(self, desk: Desk, tmp_path: Path) -> None:
        old, new = await checkpoints(desk, tmp_path, 5, 300)
        for name, accept in (("lines", "text/plain"), ("json", "application/json")):
            file = tmp_path / name
            file.write_bytes((await desk.get(f"{PROOF}?from=5", accept=accept)).content)

            code, said = await verify("consistency", old, new, file, "--key", KEY)

            assert code == 0, said

    async def test_leaves_no_leaf(self, desk: Desk) -> None:
        await checkpoints(desk, desk.log.folder, 5)

        await desk.get(f"{PROOF}?from=2")

        assert await desk.log.rows("select count(*) from staged") == [(0,)]

    @pytest.mark.parametrize(
        ("query", "pointer"),
        [("from=2&to=9", "/query/to"), ("from=5&to=4", "/query/from"), ("to=4", "/query/from")],
    )
    async def test_is_refused_for_sizes_that_make_no_sense(
        self, desk: Desk, query: str, pointer: str
    ) -> None:
        await checkpoints(desk, desk.log.folder, 5)

        answer = await desk.get(f"{PROOF}?{query}")

        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
