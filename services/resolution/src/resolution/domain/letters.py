"""What a letter to the seller says: its template, and the parameters that we know ourselves."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from contracts.lifecycle import CaseState
from contracts.money import Money
from contracts.sealed import SealedValue
from playbook import letters
from playbook.model import Playbook
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


def known_parameters(
    state: CaseState,
    dates: Dates,
    *,
    missing: Collection[str] = (),
    refused: Collection[str] = (),
) -> dict[str, object]:
    """Collect what we can say without being told: clear facts, dates, what is missing."""
    return _clear_facts(state) | {
        letters.MISSING: list(missing),
        _REFUSED: list(refused),
        "reply_by": dates.reply_by,
        "update_by": dates.update_by,
        "expected_by": dates.expected_by,
        "appeal_by": dates.appeal_by,
    }


def _clear_facts(state: CaseState) -> dict[str, object]:
    return {
        name: value.model_dump() if isinstance(value, Money) else value
        for name, value in state.facts.items()
        if not isinstance(value, SealedValue)
    }


def fill(
    wanted: Collection[str], known: Mapping[str, object], given: Mapping[str, object]
) -> dict[str, object]:
    """Fill a template's parameters: what the caller gave wins; a stray name stays, to be told."""
    return {name: value for name, value in known.items() if name in wanted} | dict(given)


def answers(decided: Iterable[tuple[str, str, Sequence[str]]]) -> list[dict[str, object]]:
    """List what was decided as a letter tells it: (type, outcome, reasons) each."""
    return [
        {"question": type_, "outcome": outcome, "reasons": list(reasons)}
        for type_, outcome, reasons in decided
    ]


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
