"""Open sealed values for someone who may, and leave a trace of each."""

from collections.abc import Sequence
from dataclasses import dataclass

from chassis import ids
from chassis.door import Tx
from chassis.outbox import announce
from chassis.vault import CommitmentMismatch, Opened, open_value
from contracts.lifecycle import CaseState
from contracts.sealed import SealedValue
from contracts.vault import SealedValueMismatched, SealedValueOpened
from vault.domain.keys import check_key, unwrap
from vault.store import keys as key_rows, openings


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenValues:
    """What is to be opened, out of which case, and why."""

    case_id: str
    values: Sequence[SealedValue]
    purpose: str


async def open_values(
    command: OpenValues, *, tx: Tx, master: bytes
) -> list[tuple[SealedValue, Opened]] | None:
    """
    Open the values of a locked case; each opening is an event of the case.

    None if one does not hold what its commitment says: that is announced, and nothing is told.

    Raises:
        KeyForeign: A value is another seller's.
        KeyDestroyed: The seller was erased.
        NotOfThisKey: A value is of another case, or was changed.
    """
    state = tx.views[command.case_id].state
    pairs = await key_rows.find(tx, {value.key for value in command.values})
    opened: list[tuple[SealedValue, Opened]] = []

    for value in command.values:
        wrapped = check_key(
            pairs.get(value.key), marketplace=state.marketplace, seller=state.seller.id
        )
        private = unwrap(wrapped, master=master, key=value.key)
        try:
            bound_to = _bound_to(value, state)
            opened.append((value, open_value(private, value, subject=bound_to)))
        except CommitmentMismatch:
            _announce_mismatch(tx, value, command.case_id)
            return None

    await _announce_openings(tx, command, state)
    return opened


def _bound_to(value: SealedValue, state: CaseState) -> str:
    """
    Name the case that a value was sealed for: another one, if its document came with a merging.

    That is intake's word, in the fold of the case that has the document now.
    """
    merged = (one.sealed_for for one in state.evidence.values() if one.file == value)
    return next((case for case in merged if case), state.case_id)


def _announce_mismatch(tx: Tx, value: SealedValue, case_id: str) -> None:
    fact = SealedValueMismatched(commitment=value.commitment, class_=value.class_)
    announce(tx, fact, subject=case_id)


async def _announce_openings(tx: Tx, command: OpenValues, state: CaseState) -> None:
    facts = [
        SealedValueOpened(
            opening=ids.new_id("opn", tx.now),
            commitment=value.commitment,
            class_=value.class_,
            purpose=command.purpose,
            opened_by=tx.journey.actor,
        )
        for value in command.values
    ]
    await openings.add(tx, facts, marketplace=state.marketplace, case_id=command.case_id)
    for fact in facts:
        announce(tx, fact, subject=command.case_id)
