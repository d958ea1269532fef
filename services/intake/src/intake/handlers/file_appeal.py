"""A seller objects to what was decided."""

from dataclasses import dataclass
from datetime import datetime

from chassis import ids, outbox, views
from chassis.door import Tx
from chassis.problems import FieldError, Invalid
from contracts.cases import AppealFiled
from contracts.sealed import SealedValue
from intake.domain.appeals import check_appeal, strangers
from playbook.model import Playbook


@dataclass(frozen=True, slots=True, kw_only=True)
class FileAppeal:
    """An appeal has come: its words are sealed."""

    case: str
    decisions: tuple[str, ...]
    ground: str
    body: SealedValue | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """An appeal as it was filed, and until when it could be."""

    appeal: str
    appeal_by: datetime


async def file_appeal(tx: Tx, command: FileAppeal, *, playbook: Playbook) -> Filed:
    """
    File an appeal; resolution opens the case again when it hears of it.

    Raises:
        NothingToAppeal, AppealPending, AppealTooLate: The case takes none now.
        Invalid: A decision that is none of the case's, or not the last about its question.
    """
    state = (await views.lock(tx, command.case)).state
    appeal_by = check_appeal(state, playbook, tx.now)
    if wrong := strangers(state, command.decisions):
        detail = "a decision of this case that `appeal` of its status names"
        raise Invalid([FieldError(f"/decisions/{at}", "unknown-decision", detail) for at in wrong])

    appeal = ids.new_id("apl", tx.now)
    filed = AppealFiled(
        appeal=appeal,
        decisions=command.decisions,
        ground=command.ground,
        appeal_by=appeal_by,
        body=command.body,
    )
    outbox.announce(tx, filed, subject=command.case)
    return Filed(appeal=appeal, appeal_by=appeal_by)
