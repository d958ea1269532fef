"""Hold every checkpoint that was published against the log: two truths are kept as evidence."""

from base64 import b64decode
from collections.abc import Sequence
from typing import Final

import structlog
from prometheus_client import Counter
from pydantic import ValidationError

from audit.domain.note import NotOurs, SignedHead, open_note
from audit.store import checkpoints, log, split_views
from audit.store.split_views import SplitView
from chassis import quarantine
from chassis.cloudevents import RawRecord
from chassis.door import Tx
from contracts.audit import CheckpointSigned

AHEAD: Final = "the log is shorter than this checkpoint: its database was restored or cut"
SPLIT: Final = "the log has another root of this size: it was rewritten, or somebody has its key"
_SPLIT = Counter("audit_split_views", "Signed checkpoints that contradict the log: an alarm.")
_log = structlog.get_logger()


async def watch_checkpoints(records: Sequence[RawRecord], /, *, tx: Tx) -> None:
    """
    Compare published checkpoints with the log; keep both sides of a contradiction.

    What no key of this log has signed proves nothing and goes to the quarantine.
    """
    keys = await checkpoints.list_keys(tx)
    strangers = list[tuple[RawRecord, str]]()
    for record in records:
        try:
            note = _note_in(record)
            seen = open_note(note, keys=keys)
        except (NotOurs, ValidationError) as error:
            strangers.append((record, f"checkpoint: {type(error).__name__}"))
        else:
            await _compare(tx, seen, note)
    await quarantine.keep(tx, strangers)


def _note_in(record: RawRecord) -> str:
    fact = CheckpointSigned.model_validate_json(record.value or b"")
    try:
        return b64decode(fact.note, validate=True).decode()
    except ValueError as error:
        raise NotOurs("the note is no base64 of a text") from error


async def _compare(tx: Tx, seen: SignedHead, note: str) -> None:
    ours = await checkpoints.find_of_size(tx, seen.head.size)
    our_root = ours.head.root if ours else await log.root_at(tx, seen.head.size)
    if our_root == seen.head.root:
        return
    view = SplitView(
        seen=seen,
        note=note,
        why=SPLIT if our_root else AHEAD,
        our_root=our_root,
        our_note=ours.note if ours else None,
        seen_at=tx.now,
    )
    if await split_views.add(tx, view):
        _SPLIT.inc()
        _log.error("audit_split_view", size=seen.head.size, why=view.why)
