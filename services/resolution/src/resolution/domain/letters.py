"""What a letter to the seller says: its template, and the parameters that we know ourselves."""

from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime

from contracts.lifecycle import CaseState
from playbook import letters, templates
from playbook.case import Problem
from playbook.model import Playbook
from resolution.domain.filed import clear_facts
from resolution.domain.promises import Dates

_REFUSED = "refused"


def has_first_response(state: CaseState) -> bool:
    """Say whether the seller was ever answered in substance: asked for what lacks, or decided."""
    return any(message.qualifying for message in state.messages.values())


def is_for(playbook: Playbook, template: str, issue_type: str) -> bool:
    """Say whether a template may be used in cases of an issue type: never across types."""
    return any(one.id == template and letters.is_for(one, issue_type) for one in playbook.templates)


def request_template(playbook: Playbook, state: CaseState) -> str | None:
    """Choose the letter that asks for documents, if there is one."""
    return letters.request_letter(playbook, state.issue_type, answered=has_first_response(state))


def writable_request(
    playbook: Playbook, state: CaseState, known: Mapping[str, object]
) -> str | None:
    """Choose the letter that asks for documents; the general one where a fact was put off."""
    general = (
        one.id
        for one in playbook.templates
        if one.kind == "evidence_request" and not one.issue_types
    )
    for name in (request_template(playbook, state), *general):
        if name is not None and not _lacks(playbook, name, known):
            return name
    return None


def _lacks(playbook: Playbook, template: str, known: Mapping[str, object]) -> bool:
    needed = templates.parameters(playbook, template).items()
    return any(name not in known and not kind.endswith("?") for name, kind in needed)


def known_parameters(
    state: CaseState,
    dates: Dates,
    *,
    missing: Collection[str] = (),
    refused: Collection[str] = (),
) -> dict[str, object]:
    """Collect what we can say without being told: clear facts, dates, what is missing."""
    return clear_facts(state) | {
        letters.MISSING: list(missing),
        _REFUSED: list(refused),
        "reply_by": dates.reply_by,
        "update_by": dates.update_by,
        "expected_by": dates.expected_by,
        "appeal_by": dates.appeal_by,
    }


def contradictions(
    state: CaseState, wanted: Collection[str], given: Mapping[str, object]
) -> Iterator[Problem]:
    """Point at what would tell the seller something else than their case says."""
    facts = clear_facts(state)
    for name in given:
        if name in wanted and name in facts and _plain(given[name]) != _plain(facts[name]):
            detail = "the case says something else, and that is what is written: leave this out"
            yield Problem(pointer=f"/parameters/{name}", code="fact-of-the-case", detail=detail)


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value


def fill(
    wanted: Collection[str], known: Mapping[str, object], given: Mapping[str, object]
) -> dict[str, object]:
    """
    Fill a template's parameters: what the caller gave wins; a stray name stays, to be told.

    That it is nothing else than the case's own facts is to be seen before: `contradictions`.
    """
    return {name: value for name, value in known.items() if name in wanted} | dict(given)


def promised_date(parameters: Mapping[str, object]) -> datetime | None:
    """Read the next date out of a letter's parameters, as an instant with its offset."""
    value = parameters.get("update_by")
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment if moment.tzinfo else None
