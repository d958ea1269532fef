"""Cases as they were filed, and how far they have come."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson
from sqlalchemy import (
    Boolean,
    Column,
    CompoundSelect,
    DateTime,
    LargeBinary,
    MetaData,
    Select,
    String,
    Table,
    select,
    tuple_,
    union_all,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB

from chassis import ids
from chassis.door import Tx
from chassis.ids import TypeId
from intake.domain.filing import AlreadyFiled, FileCase, FiledCase

metadata = MetaData()
cases = Table(
    "cases",
    metadata,
    Column("marketplace", String, nullable=False),
    Column("id", TypeId("case"), primary_key=True),
    Column("external_ref", String),
    Column("seller", TypeId("sel"), nullable=False),
    Column("issue_type", String, nullable=False),
    Column("subject_tag", LargeBinary),
    Column("status", String, nullable=False),
    Column("open", Boolean, nullable=False),
    Column("playbook", String, nullable=False),
    Column("opened_at", DateTime(timezone=True), nullable=False),
    Column("parent", TypeId("case")),
    Column("marks", JSONB),
    Column("incident", String),
    Column("likeness", LargeBinary),
)
DECLARED: Final = "declared"
LINKED: Final = "linked"
"""Why a case is an incident: its facts say so, or others were put below it."""

# Filing is the hot path: plain SQL on the driver's connection of the same transaction. A seller
# who was erased since it was looked up is no seller any more: nobody could open the case.
_ADD: Final = """
insert into cases
    (marketplace, id, external_ref, seller, issue_type, subject_tag, status, playbook, opened_at,
    parent, marks, incident, likeness)
select $1::text, $2::uuid, $3::text, $4::uuid, $5::text, $6::bytea, $7::text, $8::text,
    $9::timestamptz, $10::uuid, $11::jsonb, $12::text, $13::bytea
from sellers where seller = $4 and ref_tag is not null
    and not exists (select from contacts where marketplace = $1 and external_ref = $3)
on conflict do nothing returning id
"""
# A contact first: the filing of a case that was merged since has become one.
_FIND_FILED: Final = """
select id, seller from (
    select 1 as place, cases.id, cases.seller
    from contacts join cases on cases.id = contacts.case_id
    where contacts.marketplace = $1 and contacts.external_ref = $2
    union all
    select 2, id, seller from cases where marketplace = $1 and external_ref = $2
) as filed order by place limit 1
"""
_contacts = Table(
    "contacts",
    metadata,
    Column("marketplace", String, nullable=False),
    Column("message", TypeId("msg"), primary_key=True),
    Column("case_id", TypeId("case"), nullable=False),
    Column("external_ref", String),
)
SHOWN = (
    cases.c.id,
    cases.c.marketplace,
    cases.c.external_ref,
    cases.c.seller,
    cases.c.issue_type,
    cases.c.status,
    cases.c.playbook,
    cases.c.opened_at,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """
    Which cases a list is about. None: any.

    `external_ref` also finds the case that a repeated contact of that id was merged into.
    """

    marketplaces: Collection[str]
    sellers: Collection[str] | None = None
    external_ref: str | None = None
    status: str | None = None
    issue_type: str | None = None


async def add_if_free(tx: Tx, command: FileCase, *, status: str) -> FiledCase | None:
    """Add a case; None when its reference or its subject is taken, or the seller was erased."""
    opened = command.opened
    connection = await tx.raw()
    added = await connection.fetchval(
        _ADD,
        command.marketplace,
        ids.to_uuid(command.case),
        opened.external_ref,
        ids.to_uuid(opened.seller.id),
        opened.issue_type,
        command.subject_tag,
        status,
        command.playbook,
        tx.now,
        None if opened.parent is None else ids.to_uuid(opened.parent),
        None if command.marks is None else orjson.dumps(command.marks).decode(),
        None if command.declares is None else DECLARED,
        command.likeness,
    )
    return None if added is None else _as_filed(command, status=status, now=tx.now)


def _as_filed(command: FileCase, *, status: str, now: datetime) -> FiledCase:
    return FiledCase(
        id=command.case,
        marketplace=command.marketplace,
        external_ref=command.opened.external_ref,
        seller=command.opened.seller.id,
        issue_type=command.opened.issue_type,
        status=status,
        playbook=command.playbook,
        opened_at=now,
    )


async def find_filed(tx: Tx, marketplace: str, external_ref: str | None) -> AlreadyFiled | None:
    """Find the case that a marketplace's own id stands for, as a filing or a repeated contact."""
    if external_ref is None:
        return None
    connection = await tx.raw()
    found = await connection.fetchrow(_FIND_FILED, marketplace, external_ref)
    if found is None:
        return None
    return AlreadyFiled(
        ids.from_uuid("case", found["id"]), seller=ids.from_uuid("sel", found["seller"])
    )


async def find(tx: Tx, case: str) -> FiledCase | None:
    row = (await tx.execute(select(*SHOWN).where(cases.c.id == case))).one_or_none()
    return None if row is None else to_case(row)


async def find_page(
    tx: Tx, wanted: Wanted, *, after: tuple[datetime, str] | None, limit: int
) -> list[FiledCase]:
    """List cases, newest first, from the one after the key (opened_at, id) on."""
    query = _narrowed(select(*SHOWN), wanted)
    if after is not None:
        query = query.where(tuple_(cases.c.opened_at, cases.c.id) < after)
    newest_first = query.order_by(cases.c.opened_at.desc(), cases.c.id.desc()).limit(limit)
    return [to_case(row) for row in await tx.execute(newest_first)]


def _narrowed(query: Select[Any], wanted: Wanted) -> Select[Any]:
    narrowed = query.where(cases.c.marketplace.in_(sorted(wanted.marketplaces)))
    if wanted.sellers is not None:
        narrowed = narrowed.where(cases.c.seller.in_(sorted(wanted.sellers)))
    if wanted.external_ref is not None:
        narrowed = narrowed.where(cases.c.id.in_(_known_as(wanted, wanted.external_ref)))
    exact = {
        cases.c.status: wanted.status,
        cases.c.issue_type: wanted.issue_type,
    }
    return narrowed.where(*(column == value for column, value in exact.items() if value))


def _known_as(wanted: Wanted, external_ref: str) -> CompoundSelect[Any]:
    """Find ids by both indexes; an `or` over two tables would use neither."""
    places = ((cases, cases.c.id), (_contacts, _contacts.c.case_id))
    marketplaces = sorted(wanted.marketplaces)
    return union_all(
        *(
            select(id_).where(
                table.c.marketplace.in_(marketplaces), table.c.external_ref == external_ref
            )
            for table, id_ in places
        )
    )


async def follow(tx: Tx, case: str, *, status: str, ended: bool) -> None:
    """
    Keep the status of a case, as the fold has it.

    An ended case makes room for a new one on its subject.
    """
    moved = update(cases).where(cases.c.id == case).values(status=status)
    await tx.execute(moved.values(open=False) if ended else moved)


def to_case(row: Any) -> FiledCase:  # noqa: ANN401 - a row of SHOWN, by name
    return FiledCase(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
