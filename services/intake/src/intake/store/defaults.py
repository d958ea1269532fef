"""Facts that came filled in, and what sellers made of them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from chassis import ids
from chassis.door import Tx
from contracts.cases import DefaultUse
from intake.domain.filing import FiledCase

_ADD: Final = """
insert into default_uses
    (marketplace, case_id, issue_type, fact, source, overridden, reason, filed_at)
select $1, $2, $3, fact, source, overridden, reason, $4
from unnest($5::text[], $6::text[], $7::bool[], $8::text[])
    as use (fact, source, overridden, reason)
"""
_COUNT: Final = """
select issue_type, fact, source, overridden, reason, count(*) as cases
from default_uses
where marketplace = any($1) and filed_at >= $2 and filed_at < $3
group by issue_type, fact, source, overridden, reason
order by issue_type, fact, source, overridden, reason
"""


@dataclass(slots=True, kw_only=True)
class Tally:
    """How often a fact of a type came filled in, was changed, and why."""

    issue_type: str
    fact: str
    source: str
    filled: int = 0
    overridden: int = 0
    reasons: dict[str, int] = field(default_factory=dict)


async def add(tx: Tx, case: FiledCase, uses: Collection[DefaultUse]) -> None:
    connection = await tx.raw()
    await connection.execute(
        _ADD,
        case.marketplace,
        ids.to_uuid(case.id),
        case.issue_type,
        tx.now,
        [use.fact for use in uses],
        [use.source for use in uses],
        [use.overridden for use in uses],
        [use.reason for use in uses],
    )


async def count(
    tx: Tx, marketplaces: Collection[str], *, since: datetime, until: datetime
) -> Sequence[Tally]:
    """Count by type, fact and source over the cases that were filed in a time."""
    connection = await tx.raw()
    tallies: dict[tuple[str, str, str], Tally] = {}
    for row in await connection.fetch(_COUNT, sorted(marketplaces), since, until):
        name = row["issue_type"], row["fact"], row["source"]
        tally = tallies.setdefault(name, Tally(issue_type=name[0], fact=name[1], source=name[2]))
        tally.filled += row["cases"]
        if row["overridden"]:
            tally.overridden += row["cases"]
            tally.reasons[row["reason"]] = row["cases"]
    return [*tallies.values()]
