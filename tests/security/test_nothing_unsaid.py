"""Whatever a command changes, the same transaction says; what never reaches audit cannot happen."""

from collections.abc import Mapping

import pytest
from hypothesis import HealthCheck, Phase, given, settings, strategies as st
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from extent import short_or_full
from street import House, Knock

REQUESTS = short_or_full(40, 1_000)
# Where events stand; audit's own go straight into its log.
SAID = ("outbox", "staged")
# A letter that has arrived is no event of a case.
NO_EVENT = frozenset({"POST /v1/messages/{message_id}/delivery"})
# Bookkeeping that no case knows of: keys of requests, leases, who may come later; an erasure that
# was only asked for, which the event names once it is done.
OF_NO_CASE = frozenset(
    {"idempotency_key", "lease", "sellers", "spare_keys", "keys", "inbox_subject", "erasures"}
)

Written = Mapping[str, frozenset[str]]


async def written(engine: AsyncEngine) -> Written:
    """Return, of each table, the transactions (xmin) whose rows stand in it."""
    names = text("select tablename from pg_tables where schemaname = 'public' order by 1")
    async with engine.connect() as connection:
        tables = (await connection.execute(names)).scalars().all()
        found = {}
        for table in tables:
            query = text(f'select distinct xmin::text from "{table}"')  # noqa: S608 - a name out of the catalogue
            found[table] = frozenset((await connection.execute(query)).scalars())
        return found


def unsaid(before: Written, after: Written) -> dict[str, frozenset[str]]:
    """Return what transactions have written since, of those that have said nothing."""
    said = frozenset().union(*(after[table] for table in SAID if table in after))
    new = {table: after[table] - before[table] - said for table in after.keys() - OF_NO_CASE}
    return {table: silent for table, silent in new.items() if silent}


class TestACommand:
    @pytest.mark.fault(13)
    async def test_changes_nothing_without_saying_so(self, house: House) -> None:
        """Every route that changes something, in any order, by anybody, as hypothesis draws."""
        knocks = [
            one for one in house.protected() if one.method != "GET" and one.name not in NO_EVENT
        ]
        before, done = await written(house.engine), 0
        for knock, role in drawn(knocks):
            answer = await house.knock(knock, house.harbour(role))

            after = await written(house.engine)
            assert unsaid(before, after) == {}, (knock.name, role, answer.status_code)
            done += answer.is_success
            before = after

        assert done


def drawn(knocks: list[Knock]) -> list[tuple[Knock, str]]:
    """Draw requests: any route, by any role that its action names."""
    calls = [(knock, role) for knock in knocks for role in knock.calling.action.grants]
    chosen: list[tuple[Knock, str]] = []

    @settings(
        max_examples=REQUESTS,
        database=None,
        derandomize=True,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(st.integers(min_value=0, max_value=len(calls) - 1))
    def choose(index: int) -> None:
        chosen.append(calls[index])

    choose()
    return calls + chosen
