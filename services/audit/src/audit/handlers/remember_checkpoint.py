"""Give a signer that lost its memory the last checkpoint back: what somebody else has kept."""

from pathlib import Path

from audit.domain.note import NotOurs, SignedHead, open_note
from audit.store import checkpoints, log, signer_state
from audit.store.signer_state import LastSigned
from chassis.door import Tx


class RemembersOtherwise(Exception):
    """The signer has a memory already. It is evidence: nothing is written over it."""


class NotOfThisLog(Exception):
    """No key of this log has signed it, or the log as it stands does not begin with it."""


async def remember_checkpoint(tx: Tx, note: str, *, state: Path) -> SignedHead:
    """
    Write what the signer signed last, from a checkpoint that was kept apart from the database.

    Raises:
        RemembersOtherwise: Its memory is there.
        NotOfThisLog: The checkpoint is a stranger's, or the log does not continue it.
    """
    if signer_state.read(state) is not None:
        raise RemembersOtherwise(state.name)
    try:
        seen = open_note(note, keys=await checkpoints.list_keys(tx))
    except NotOurs as error:
        raise NotOfThisLog(str(error)) from error
    if await log.root_at(tx, seen.head.size) != seen.head.root:
        raise NotOfThisLog("the log as it stands does not begin with it")
    signer_state.write(state, LastSigned(head=seen.head, note=note))
    return seen
