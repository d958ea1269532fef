"""Which results of a new check a case takes."""

from datetime import datetime

from contracts.cases import RecheckReported
from contracts.lifecycle import CaseState


class CaseTakesNoRecheck(Exception):
    """The case has ended."""

    def __init__(self, status: str) -> None:
        super().__init__(status)
        self.public = {"case_status": status, "allowed": []}


class RecheckUnfit(Exception):
    """A check of something else, or of another time: where it stands, and what would do."""

    def __init__(self, pointer: str, detail: str) -> None:
        super().__init__(pointer)
        self.pointer = pointer
        self.detail = detail


def check_recheck(
    state: CaseState, report: RecheckReported, *, since: datetime, now: datetime
) -> None:
    """
    Take what was checked since the filing, of something that the case is about.

    Raises:
        CaseTakesNoRecheck: The case has ended.
        RecheckUnfit: It is of something else, or of another time.
    """
    if state.has_ended:
        raise CaseTakesNoRecheck(state.status)
    if report.reference not in {one.ref for one in state.references}:
        raise RecheckUnfit("/reference", "one of the case's references, as it was filed")
    if not since <= report.checked_at <= now:
        raise RecheckUnfit("/checked_at", "after the case was filed, and not in the future")
