"""The fold of each case as this service has it, and the lock under which it changes."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final
from uuid import UUID

from pydantic import ValidationError

from chassis import ids
from contracts.catalogue import CASES, CONTRACTS
from contracts.event import Contract, Event
from contracts.lifecycle import CaseState

if TYPE_CHECKING:
    from chassis.door import Fold, Tx

FOLDED_TOPIC: Final = CASES
OPENING: Final = "case.opened.v1"
OPENER: Final = CONTRACTS[OPENING].producer

# As text: Pydantic reads it itself, and SQLAlchemy's codec would have parsed it once before.
_LOCK = """
select case_id, state::text, version from case_view
where case_id = any($1) order by case_id for update
"""
WRITE: Final = """
insert into case_view (case_id, marketplace, playbook, lifecycle_version, state, version)
select * from unnest($1::uuid[], $2::text[], $3::text[], $4::int[], $5::jsonb[], $6::int[])
on conflict (case_id) do update
    set state = excluded.state, version = excluded.version, playbook = excluded.playbook
"""
_COLUMNS: Final = 6


class CaseNotFound(Exception):
    """This service has not seen the case; a young id may still be on its way."""

    def __init__(self, case_id: str) -> None:
        super().__init__(case_id)
        self.case_id = case_id


class CaseView:
    """
    A case, locked until the transaction ends.

    Its row is read when somebody looks at the state: one that cannot be read is the trouble of
    its case, and of no other that was locked with it.

    `version` counts changes of slots and of own rows, not neutral events: the ETag. `changed`: a
    slot or an own row changed, so the version grows by one at the flush. `folded`: the state is
    newer than the row.
    """

    __slots__ = ("_row", "_state", "changed", "folded", "version")

    def __init__(
        self, *, version: int, state: CaseState | None = None, row: str | None = None
    ) -> None:
        self.version = version
        self.changed = self.folded = False
        self._state, self._row = state, row

    @property
    def state(self) -> CaseState:
        """
        Return the case as it is now.

        Raises:
            ValidationError: The row cannot be read. `refold` makes it anew.
        """
        if self._state is None:
            self._state = CaseState.model_validate_json(self._row or b"")
        return self._state

    @state.setter
    def state(self, state: CaseState) -> None:
        self._state = state

    def holds(self, state: CaseState) -> bool:
        """Tell whether the case is like this; one that cannot be read is not."""
        try:
            return self.state == state
        except ValidationError:
            return False


async def lock(tx: "Tx", case_id: str) -> CaseView:
    """
    Lock a case's view until the transaction ends; once a transaction.

    Raises:
        CaseNotFound: This service does not know the case, or it is no case's id.
    """
    view = (await lock_many(tx, [case_id])).get(case_id)
    if view is None:
        raise CaseNotFound(case_id)
    return view


async def lock_many(tx: "Tx", case_ids: Iterable[str]) -> dict[str, CaseView]:
    """Lock the views of those cases that this service knows, in the order of their ids."""
    asked = set(case_ids)
    wanted = sorted(asked - tx.views.keys())
    if numbers := {number: id_ for id_ in wanted if (number := _number(id_))}:
        connection = await tx.raw()
        for row in await connection.fetch(_LOCK, list(numbers)):
            view = CaseView(row=row["state"], version=row["version"])
            tx.views[numbers[row["case_id"]]] = view
    return {case_id: tx.views[case_id] for case_id in asked if case_id in tx.views}


def is_unopened(tx: "Tx", subject: str) -> bool:
    """Say whether a locked subject is a case that this service has not heard the opening of."""
    return subject not in tx.views and _number(subject) is not None


def _number(case_id: str) -> UUID | None:
    try:
        return ids.to_uuid(case_id, prefix="case")
    except ids.NotAnId:
        return None


async def find(tx: "Tx", case_id: str) -> CaseState | None:
    """Read a case without locking it."""
    if view := tx.views.get(case_id):
        return view.state
    if (number := _number(case_id)) is None:
        return None
    connection = await tx.raw()
    state = await connection.fetchval(
        "select state::text from case_view where case_id = $1", number
    )
    return None if state is None else CaseState.model_validate_json(state)


async def find_version(tx: "Tx", case_id: str) -> tuple[CaseState, int] | None:
    """Read a case and its version (the ETag) without locking it."""
    if view := tx.views.get(case_id):
        return view.state, view.version
    if (number := _number(case_id)) is None:
        return None
    connection = await tx.raw()
    row = await connection.fetchrow(
        "select state::text, version from case_view where case_id = $1", number
    )
    return None if row is None else (CaseState.model_validate_json(row["state"]), row["version"])


def touch(view: CaseView) -> None:
    """Say that an own row of the case changed."""
    view.changed = True


def project(tx: "Tx", event: Event[Contract], fold: "Fold") -> None:
    """
    Fold an event into the locked view of its subject; the first one makes the view.

    Raises:
        NotAnId: The subject is no case.
        CaseNotOpened: The first event of a case must open it.
    """
    view = tx.views.get(event.subject)
    if view is None:
        ids.to_uuid(event.subject, prefix="case")
    folded = fold(view.state if view else None, event)
    if view is None:
        view = tx.views[event.subject] = CaseView(state=folded.state, version=0)
    view.folded = view.folded or folded.state is not view.state or view.version == 0
    view.state = folded.state
    view.changed = view.changed or folded.changed


async def write_back(tx: "Tx") -> None:
    """Write the views that changed, in one statement."""
    columns = take_changed(tx)
    if columns[0]:
        connection = await tx.raw()
        await connection.execute(WRITE, *columns)


def take_changed(tx: "Tx") -> list[list[object]]:
    """Return what `WRITE` takes: a list a column, a place a view that changed; maybe none."""
    changed = {id_: view for id_, view in tx.views.items() if view.changed or view.folded}
    for view in changed.values():
        view.version += view.changed
        view.changed = view.folded = False
    rows = [
        (ids.to_uuid(id_), state.marketplace, state.playbook, state.lifecycle, _dump(state), v)
        for id_, view in sorted(changed.items())
        for state, v in [(view.state, view.version)]
    ]
    return [[row[n] for row in rows] for n in range(_COLUMNS)]


def _dump(state: CaseState) -> str:
    return state.model_dump_json(by_alias=True)
