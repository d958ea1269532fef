"""Scenarios as golden cases of the playbook tell them, filed today by somebody new."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from time import time
from typing import Any, Final
from uuid import uuid4

import yaml

from playbook.examples import Example, ExampleOnFile
from playbook.load import load_playbook
from playbook.model import Playbook

_ROOT: Final = Path(__file__).parents[1]
_TABLE: Final = _ROOT / "tests" / "journeys" / "scenarios.yaml"
_A_DAY: Final = len("2026-11-23")


@cache
def the_playbook() -> Playbook:
    return load_playbook(_ROOT / "playbooks" / "marketplace-core")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """What a scenario says must come of its filing; `golden` is the case that holds its facts."""

    golden: str
    channel: str
    sub_type: str | None
    queue: str
    team: str
    signals: Mapping[str, str | bool]
    severity: str
    authority: int
    asked: tuple[str, ...]
    letter: str
    clocks: Mapping[str, str]
    """By kind: `4h support-uk`, or `until bank` where the facts name the date."""
    says: Mapping[str, str] = field(default_factory=dict)
    """What whoever writes the letter chooses for it."""
    by_hand: tuple[str, ...] = ()
    """What a person asks for, because only a person can know that it is wanted."""
    by_itself: bool = False
    """The first letter goes out without a person, though it asks for nothing."""
    qualifying: bool = True
    """The first letter answers in substance; not so where letters wait for a proof."""
    called: tuple[str, ...] = ()
    """`trigger role`: who is called at once."""


@cache
def scenarios() -> Mapping[str, Scenario]:
    """Read the table, by the scenario's number."""
    rows = yaml.safe_load(_TABLE.read_text(encoding="utf-8"))
    return {number: _scenario(row) for number, row in rows.items()}


def _scenario(row: Mapping[str, Any]) -> Scenario:
    many = {name: tuple(row.get(name, ())) for name in ("asked", "by_hand", "called")}
    return Scenario(**{**row, **many, "sub_type": row.get("sub_type")})


def example(name: str) -> Example:
    return next(one for one in the_playbook().examples if one.name == name)


def filing(name: str, *, channel: str = "portal", **facts: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    """
    Make the body that a front-end posts for a golden case: its seller and subject are new.

    Days move with the calendar, so that a paper that is fresh in the golden case is fresh today.
    `facts` are put in the place of its own.
    """
    case, run = example(name).case, uuid4().hex[:8]
    shift = datetime.fromtimestamp(time(), UTC).date() - case.opened_at.date()
    seller = {"ref": f"{name}-{run}", "tier": case.tier, "region": case.region}
    given = {fact: _moved(value, shift) for fact, value in case.facts.items()}
    return {
        "marketplace": case.marketplace,
        "external_ref": f"{name}-{run}",
        "seller": seller | {"language": case.language},
        "channel": channel,
        "issue_type": case.issue_type,
        "perspective": case.perspective,
        "subject": case.subject or None,
        "description": case.description or None,
        "facts": given | _new_subject(case.issue_type, given, run) | facts,
        "evidence_on_file": [_on_file(one, shift) for one in case.on_file],
    }


def _new_subject(issue_type: str | None, facts: Mapping[str, Any], run: str) -> dict[str, str]:
    known = the_playbook().issue_type(issue_type)
    named = [one.name for one in known.facts if one.identity and one.name in facts] if known else []
    return {name: f"{facts[name]}-{run}" for name in named}


def _on_file(held: ExampleOnFile, shift: timedelta) -> dict[str, str]:
    days = {"issued_on": held.issued_on, "valid_until": held.valid_until}
    moved = {name: (day + shift).isoformat() for name, day in days.items() if day}
    return {"kind": held.kind} | moved


def _moved(value: object, shift: timedelta) -> object:
    day = _as_day(value)
    return value if day is None else (day + shift).isoformat()


def _as_day(value: object) -> date | None:
    if not isinstance(value, str) or len(value) != _A_DAY:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None
