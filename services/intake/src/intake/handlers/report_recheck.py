"""A marketplace looked anew at what a case is about."""

from chassis import outbox
from chassis.door import Tx
from contracts.cases import RecheckReported
from intake.domain.rechecks import check_recheck
from intake.store import cases


async def report_recheck(tx: Tx, case: str, report: RecheckReported) -> None:
    """
    Put the result on the record of the case; what follows from it is resolution's word.

    Raises:
        CaseTakesNoRecheck: The case has ended.
        RecheckUnfit: It is of something else, or of another time.
    """
    filed = await cases.find(tx, case)
    state = tx.views[case].state
    check_recheck(state, report, since=filed.opened_at if filed else state.opened_at, now=tx.now)

    outbox.announce(tx, report, subject=case)
