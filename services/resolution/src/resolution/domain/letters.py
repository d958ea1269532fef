"""What a letter to the seller says: its template, and the parameters that we know ourselves."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from contracts.lifecycle import CaseState
from playbook import letters, templates
from playbook.case import Problem
from playbook.knowledge import find_article
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


def stand_ins(playbook: Playbook, state: CaseState, instead: str | None) -> tuple[str, ...]:
    """List what may ask in the place of a withdrawn request: what it names, then its own kind."""
    region = playbook.patch_for(state.marketplace) or state.seller.region
    language = playbook.language_for(state.seller.language, region)
    fitting = (
        one.id
        for one in playbook.templates
        if one.kind == "evidence_request" or one.id == instead
        if letters.is_for(one, state.issue_type)
        if one.language == language and (not one.regions or region in one.regions)
    )
    return tuple(sorted(dict.fromkeys(fitting), key=lambda id_: id_ != instead))


def can_fill(playbook: Playbook, template: str, known: Mapping[str, object]) -> bool:
    """Say whether a letter needs nothing that is not known, for instance a fact put off."""
    needed = templates.parameters(playbook, template).items()
    return all(name in known or kind.endswith("?") for name, kind in needed)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Untranslated:
    """An article that does not exist in the seller's language, and the one it is given in."""

    article: str
    language: str
    given: str


def untranslated(
    playbook: Playbook, state: CaseState, parameters: Mapping[str, object], *, template: str
) -> Iterator[Untranslated]:
    """
    List the articles of a letter that the seller's own language lacks.

    A letter itself may be in the region's language, where letters do not exist in the seller's.
    """
    spoken = state.seller.language
    region = playbook.patch_for(state.marketplace) or state.seller.region
    written = playbook.language_for(spoken, region)
    for name, kind in templates.parameters(playbook, template).items():
        named = str(parameters.get(name)) if kind == "article" else ""
        wanted, given = (find_article(playbook, named, one) for one in (spoken, written))
        if wanted is not None and given is not None and not wanted.is_translated:
            yield Untranslated(article=named, language=wanted.asked, given=given.got)


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
