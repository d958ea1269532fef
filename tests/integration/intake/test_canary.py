"""Nothing that a seller says is found in clear: in no table, file or log."""

from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import text

from intake_stand import Stand, a_case

CANARY = "Zq7canaryXw"
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + CANARY.encode() * 10_000


async def all_rows(stand: Stand) -> str:
    """Return every row of every table as text, with bytes as what they spell."""
    rows: list[str] = []
    async with stand.engine.connect() as connection:
        names = await connection.scalars(
            text("select tablename from pg_tables where schemaname = 'public'")
        )
        for name in names.all():
            query = text(f'select * from "{name}"')  # noqa: S608 - a name of the catalogue
            rows += [_as_text(tuple(row)) for row in await connection.execute(query)]
    return "\n".join(rows)


def _as_text(row: tuple[object, ...]) -> str:
    return " ".join(v.decode("latin-1") if isinstance(v, bytes) else str(v) for v in row)


def all_files(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.glob("data/**/*") if path.is_file())


def a_telling_case(**changes: object) -> dict[str, object]:
    facts = a_case()["facts"] | {"bank_account_ref": f"ACC-{CANARY}"}
    return a_case(
        subject=f"Subject {CANARY}",
        description=f"Description {CANARY}",
        seller={"ref": f"{CANARY} & co", "tier": "smb", "region": "UK"},
        acting_party={"ref": f"Jo {CANARY}", "kind": "agency"},
        facts=facts,
        **changes,
    )


class TestCanary:
    @pytest.mark.covers("SE-4")
    async def test_is_in_no_table_file_or_log(
        self, stand: Stand, capfd: pytest.CaptureFixture[str]
    ) -> None:
        filed = await stand.post(a_telling_case())
        await stand.post(a_telling_case(external_ref="HB-2"))
        await stand.post(a_telling_case(external_ref=f"{CANARY} no id"))
        await stand.post(a_telling_case(external_ref="HB-3", issue_type="of_tomorrow"))
        await _send(stand, filed.json()["id"])
        body = {"marketplace": "harbour", "ref": f"{CANARY} & co"}
        headers = stand.headers("harbour-front-end")
        await stand.client.post("/v1/sellers/lookup", json=body, headers=headers)

        rows, files, logs = await all_rows(stand), all_files(stand.folder), capfd.readouterr()

        assert filed.json()["id"] is not None
        assert len(files) > len(PDF)
        assert "case.opened.v1" in rows
        assert "evidence.received.v1" in rows
        assert CANARY not in rows
        assert CANARY.encode() not in files
        assert CANARY not in logs.out + logs.err


async def _send(stand: Stand, case: str) -> None:
    response = await stand.client.post(
        f"/v1/cases/{case}/evidence",
        data={"kind": "proof_of_address"},
        files={"file": (f"{CANARY}.pdf", PDF, "application/pdf")},
        headers=stand.headers("harbour-front-end", Idempotency_Key=uuid4().hex),
    )
    assert response.status_code == 201, response.text
