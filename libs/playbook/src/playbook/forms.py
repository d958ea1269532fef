"""Guided forms: what to ask for an issue type, and why."""

from typing import Any, TypeAlias

from playbook.evidence import required_kinds
from playbook.model import Playbook
from playbook.policies import IssueType
from playbook.questions import Deferral, FactField

Form: TypeAlias = dict[str, Any]


def form(playbook: Playbook, issue_type: str, *, region: str, language: str) -> Form | None:
    """
    Make the form of an issue type, ready for JSON; None when there is no such type.

    Required is what every case of it needs; what some facts ask for besides, the case asks later.
    """
    known = playbook.issue_type(issue_type)
    if known is None:
        return None
    spoken = playbook.language_for(language, region)
    needed = required_kinds(playbook, issue_type, {})
    return {
        **_head(known, spoken),
        "language": spoken,
        "region": playbook.region(region).region,
        "playbook": playbook.pin,
        "fields": [_field(playbook, field, spoken) for field in known.facts],
        "evidence": [
            _evidence(playbook, kind, spoken, required=kind in needed) for kind in known.evidence
        ],
        "typical_duration": known.typical_path.duration.say(spoken) if known.typical_path else None,
    }


def issue_types(playbook: Playbook, language: str) -> list[Form]:
    """List the types that a seller can choose from."""
    spoken = playbook.language_for(language, playbook.card.default_region)
    return [_head(known, spoken) for known in playbook.taxonomy.issue_types]


def _head(known: IssueType, language: str) -> Form:
    return {
        "issue_type": known.code,
        "family": known.family,
        "name": known.name.say(language),
        "perspectives": list(known.perspectives),
    }


def _field(playbook: Playbook, field: FactField, language: str) -> Form:
    return {
        "name": field.name,
        "type": field.type,
        "required": field.required,
        "question": field.question.say(language),
        "why": field.why.say(language) if field.why else None,
        "examples": list(field.examples),
        "default": field.default,
        "defer": _deferral(playbook, field.defer, language) if field.defer else None,
        "codes": list(field.codes),
        "restricted": field.is_restricted,
    }


def _deferral(playbook: Playbook, defer: Deferral, language: str) -> Form:
    return {
        "reasons": [
            {"reason": code, "text": playbook.text(code, language) or code}
            for code in defer.reasons
        ],
        "within_seconds": int(defer.within.total_seconds()),
    }


def _evidence(playbook: Playbook, kind: str, language: str, *, required: bool) -> Form:
    known = next(one for one in playbook.taxonomy.evidence_kinds if one.kind == kind)
    return {
        "kind": known.kind,
        "required": required,
        "name": known.name.say(language),
        "why": known.why.say(language),
        "standard": known.text.say(language),
        "media_types": list(known.media_types),
    }


def ask_for(playbook: Playbook, named: str, language: str) -> dict[str, str] | None:
    """Say the question of a fact (`payout_hold.amount`), and why; None: no such fact."""
    issue_type, _, fact = named.partition(".")
    known = playbook.issue_type(issue_type)
    field = known.fact(fact) if known else None
    if field is None:
        return None
    return {
        "question": field.question.say(language),
        "why": field.why.say(language) if field.why else "",
    }
