"""Ask the seller for documents, each once, with one letter."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import structlog

from chassis.door import Tx
from chassis.ids import new_id
from chassis.outbox import announce
from chassis.problems import AlreadyOnFile
from contracts.lifecycle import CaseState
from contracts.resolution import EvidenceRequested, RequestedItem
from contracts.sealed import SealedValue
from playbook import templates
from playbook.checklist import item_for
from playbook.differing import DIFFERENCES
from playbook.model import Playbook
from resolution.domain.evidence import find_existing, unknown_kinds
from resolution.domain.filed import as_filed
from resolution.domain.letters import fill, known_parameters
from resolution.domain.promises import promise_dates
from resolution.handlers.guards import refuse_if_any, require_code, require_open
from resolution.handlers.letters_in_force import LetterInvalidated, find_request_letter
from resolution.handlers.write_letter import Letter, write_letter
from resolution.store.notes import add_note

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestEvidence:
    """Ask for kinds of documents. `reason` is of the playbook's list evidence_request."""

    case: str
    kinds: tuple[str, ...]
    reason: str | None = None
    note: SealedValue | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was asked for, and with which letter, if a template says it."""

    request: EvidenceRequested
    message: str | None


async def request_evidence(tx: Tx, command: RequestEvidence, *, playbook: Playbook) -> Asked:
    """
    Ask, unless one of the kinds was asked for or is on file.

    Raises:
        AlreadyOnFile: Names the existing item: the open request's, or the document.
        Invalid: A kind that the playbook does not know, or a reason not on its list.
        NotAllowedNow: The case has ended.
        LetterInvalidated: The letter that asks was withdrawn, and nothing stands in for it.
    """
    state = tx.views[command.case].state
    _check(playbook, command)
    require_open(state)
    for kind in command.kinds:
        existing = find_existing(playbook, state, kind, tx.now.date())
        if existing is not None:
            raise AlreadyOnFile(existing)

    asked = await ask(tx, state, Wanted(kinds=command.kinds), playbook=playbook)
    if command.note is not None:
        await add_note(tx, state, about=asked.request.request, body=command.note)
    return asked


def _check(playbook: Playbook, command: RequestEvidence) -> None:
    refuse_if_any(unknown_kinds(playbook, command.kinds))
    if command.reason is not None:
        codes = playbook.codes.evidence_request
        require_code(command.reason, codes, pointer="/reason", of="evidence_request")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """
    Kinds to ask for; `items` names the items that are opened again.

    `refused`: why a document that came will not do, of the playbook's list evidence_rejected.
    `differences`: what in it differs from the account; only the letter has them, sealed.
    """

    kinds: Sequence[str]
    refused: Sequence[str] = ()
    items: dict[str, str] = field(default_factory=dict)
    differences: Sequence[Mapping[str, str]] = ()


async def ask(tx: Tx, state: CaseState, wanted: Wanted, *, playbook: Playbook) -> Asked:
    """
    Announce a request and write its letter, if there is a template for it.

    Raises:
        LetterInvalidated: Its letter was withdrawn, and nothing stands in for it.
    """
    letter = await find_request_letter(tx, state, playbook=playbook)
    if letter.stopped is not None:
        raise LetterInvalidated(letter.stopped)
    return await ask_by(tx, state, wanted, template=letter.template, playbook=playbook)


async def ask_if_in_force(tx: Tx, state: CaseState, wanted: Wanted, *, playbook: Playbook) -> None:
    """
    Ask as the playbook does by itself; not at all when the letter was withdrawn.

    Nobody is waited for who was not told: the person who works the case sees it as next to do.
    """
    letter = await find_request_letter(tx, state, playbook=playbook)
    if letter.stopped is not None:
        _log.warning("letter_invalidated", case=state.case_id, asset=letter.stopped.asset)
        return
    await ask_by(tx, state, wanted, template=letter.template, playbook=playbook)


async def ask_by(
    tx: Tx, state: CaseState, wanted: Wanted, *, template: str | None, playbook: Playbook
) -> Asked:
    """Announce a request, and write it by a letter that is in force."""
    dates = promise_dates(playbook, state, tx.now)
    request = EvidenceRequested(
        request=new_id("req", tx.now),
        items=tuple(_item(tx, state, kind, wanted, playbook) for kind in wanted.kinds),
        due_at=dates.reply_by,
    )
    announce(tx, request, subject=state.case_id)

    if template is None:
        return Asked(request=request, message=None)
    known = known_parameters(state, dates, missing=wanted.kinds, refused=wanted.refused)
    known |= {DIFFERENCES: list(wanted.differences)}
    letter = Letter(
        template=template,
        parameters=fill(templates.parameters(playbook, template), known, {}),
        update_by=dates.update_by,
        expected_by=dates.expected_by,
    )
    written = await write_letter(tx, state, letter, playbook=playbook)
    return Asked(request=request, message=written.id)


def _item(tx: Tx, state: CaseState, kind: str, wanted: Wanted, playbook: Playbook) -> RequestedItem:
    return RequestedItem(
        item=wanted.items.get(kind) or new_id("itm", tx.now),
        kind=kind,
        standard=kind,
        why=item_for(playbook, state.issue_type, kind, as_filed(state)) or kind,
    )
