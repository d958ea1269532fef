"""What a marketplace says to have on file, as the case says it."""

from datetime import datetime

from chassis import ids
from contracts.cases import EvidenceOnFile
from intake.api.bodies import NewCase


def papers_on_file(body: NewCase, now: datetime) -> tuple[EvidenceOnFile, ...]:
    return tuple(
        EvidenceOnFile(
            evidence=ids.new_id("evd", now),
            kind=item.kind,
            issued_on=item.issued_on,
            valid_until=item.valid_until,
        )
        for item in body.evidence_on_file
    )
