"""A case that repeats an older one of the same seller: what may be merged, and what it brings."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from contracts.cases import EvidenceReceived, FactValue, SellerMessageReceived
from contracts.lifecycle import CaseState
from contracts.sealed import SealedValue


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeCase:
    """Somebody says that a case repeats an older one, into which it goes."""

    case: str
    into: str
    reason: str


class NoSuchOriginal(Exception):
    """The case that is named is none that this one could repeat."""


class NoDuplicate(Exception):
    """The case cannot end by being merged now."""

    def __init__(self, state: CaseState) -> None:
        super().__init__(state.status)
        open_handoffs = [id_ for id_, one in state.handoffs.items() if one.is_open]
        self.public = {
            "case_status": state.status,
            "open_handoffs": open_handoffs,
            "allowed": ["recall"] if open_handoffs else [],
        }


def check_original(original: CaseState | None, *, case: CaseState) -> CaseState:
    """
    Return the case that goes on: open, of the same seller, and the older of the two.

    So the oldest place in a queue is kept, whoever merges what.

    Raises:
        NoSuchOriginal: Any of these does not hold: who asks learns no more than that.
    """
    if (
        original is None
        or original.case_id == case.case_id
        or original.seller.id != case.seller.id
        or original.has_ended
        or (original.opened_at, original.case_id) > (case.opened_at, case.case_id)
    ):
        raise NoSuchOriginal
    return original


def check_duplicate(case: CaseState, *, has_children: bool) -> None:
    """
    Refuse a case that has ended, that others belong to, or that a team has in its hands.

    Raises:
        NoDuplicate: Any of these; it names the open handoffs.
    """
    if case.has_ended or has_children or any(one.is_open for one in case.handoffs.values()):
        raise NoDuplicate(case)


def contact_of(case: CaseState, *, original: CaseState, message: str) -> SellerMessageReceived:
    """
    Say the filing of a merged case as what it is: a repeated contact about the older one.

    Its text is sealed for the merged case, and is read there.
    """
    brought = _brought(case, original)
    return SellerMessageReceived(
        message=message,
        channel=case.channel,
        repeated_contact=True,
        external_ref=case.external_ref,
        text_signals=case.text_signals,
        facts=brought or None,
        amount_at_risk=case.amount_at_risk if brought and not original.amount_at_risk else None,
        merged_case=case.case_id,
    )


def _brought(case: CaseState, original: CaseState) -> dict[str, FactValue]:
    """
    Return the facts of a merged case for which the older one waits; a sealed one cannot be moved.

    As with a repeated contact they count only from whoever may speak for the seller; and a fact of
    another issue type is another fact, whatever its name.
    """
    if case.acting_party.authority != "verified" or case.declared_type != original.declared_type:
        return {}
    wanted = {one.fact for one in original.open_facts}
    return {
        name: value
        for name, value in case.facts.items()
        if name in wanted and not isinstance(value, SealedValue)
    }


def documents_of(case: CaseState, *, senders: Mapping[str, str]) -> Iterator[EvidenceReceived]:
    """
    Say of each document of a merged case, whose senders are given, that the older one has it.

    A rejected one stays where it was judged: it would answer anew what the older case asks for.
    """
    for evidence, document in case.evidence.items():
        if document.file and document.media_type and document.judgement != "rejected":
            yield EvidenceReceived(
                evidence=evidence,
                kind=document.kind,
                size=document.size or 0,
                media_type=document.media_type,
                provenance=senders[evidence],
                file=document.file,
                sealed_for=document.sealed_for or case.case_id,
            )
