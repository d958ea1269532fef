"""What tables see of a case: the columns by the names that rows use, and the values in them."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

from playbook.case import CaseFacts
from playbook.columns import Column, Kind, Seen
from playbook.facts import read_money
from playbook.model import Playbook
from playbook.questions import FactField

FACT_PREFIX: Final = "facts."
REPEATS: Final = "repeats"
_PERSPECTIVES: Final = ("buyer", "seller", "integrity")
_KINDS: Final[dict[str, Kind]] = {
    "identifier": "given",
    "text": "given",
    "code": "codes",
    "money": "money",
    "date": "date",
    "number": "number",
    "flag": "flag",
}


def filed_columns(playbook: Playbook, issue_types: Sequence[str] = ()) -> dict[str, Column]:
    """
    List what is known of a case as it is filed, with the clear facts of some issue types.

    There is no channel here: it must not decide anything.
    """
    taxonomy, card = playbook.taxonomy, playbook.card
    columns = (
        _words("claimed_issue_type", [one.code for one in taxonomy.issue_types], closed=False),
        _words("marketplace", [one.id for one in card.marketplaces], closed=False, always=True),
        _words("tier", taxonomy.tiers, closed=False, always=True),
        _words("region", [one.region for one in playbook.regions], closed=False, always=True),
        _words("perspective", _PERSPECTIVES, always=True),
        _words("cues", [cue.id for cue in taxonomy.cues], many=True),
        Column(name="amount_at_risk", kind="money"),
        *_fact_columns(playbook, issue_types),
        Column(name=REPEATS, kind="number", always=True),
    )
    return {column.name: column for column in columns}


def signal_columns() -> dict[str, Column]:
    """List what classification says of how bad a case is."""
    columns = (
        *(
            Column(name=name, kind="level", always=True)
            for name in ("financial", "legal", "safety")
        ),
        Column(name="policy_conflict", kind="flag", always=True),
    )
    return {column.name: column for column in columns}


def routing_columns(playbook: Playbook, issue_types: Sequence[str]) -> dict[str, Column]:
    """List all that a route may look at."""
    kinds = [one.kind for one in playbook.taxonomy.evidence_kinds]
    columns = (
        _words("issue_type", issue_types, always=True),
        _words("missing_evidence", kinds, many=True),
        Column(name="severity", kind="level", always=True),
        Column(name="authority_level", kind="number", always=True),
    )
    return {
        **filed_columns(playbook, issue_types),
        **signal_columns(),
        **{column.name: column for column in columns},
    }


def filed_inputs(case: CaseFacts) -> dict[str, Seen]:
    """Show a case as it was filed."""
    return {
        "claimed_issue_type": (case.issue_type,) if case.issue_type else (),
        "marketplace": (case.marketplace,),
        "tier": (case.tier,),
        "region": (case.region,),
        "perspective": (case.perspective,),
        "cues": case.cues,
        "amount_at_risk": case.amount_at_risk or (),
        **dict(_facts(case)),
        REPEATS: (str(case.repeats),),
    }


def _words(
    name: str,
    codes: Sequence[str],
    *,
    closed: bool = True,
    many: bool = False,
    always: bool = False,
) -> Column:
    return Column(
        name=name, kind="codes", codes=tuple(codes), closed=closed, many=many, always=always
    )


def _fact_columns(playbook: Playbook, issue_types: Sequence[str]) -> Iterator[Column]:
    """A sealed fact is no column: nothing may be decided by what is not there in clear."""
    known = [found for code in issue_types if (found := playbook.issue_type(code))]
    fields = [field for one in known for field in one.facts if not field.is_restricted]
    for field in fields:
        same = [one for one in fields if one.name == field.name]
        yield _fact_column(field, tuple(code for one in same for code in one.codes))


def _fact_column(field: FactField, codes: tuple[str, ...]) -> Column:
    kind = _KINDS[field.type]
    return Column(
        name=FACT_PREFIX + field.name,
        kind=kind,
        codes=tuple(dict.fromkeys(codes)) if kind == "codes" else None,
    )


def _facts(case: CaseFacts) -> Iterator[tuple[str, Seen]]:
    for name, value in case.facts.items():
        yield FACT_PREFIX + name, see(value)


def see(value: object) -> Seen:
    """Show the value of a clear fact to a table."""
    if isinstance(value, date | int | str):
        return (str(value).lower() if isinstance(value, bool) else str(value),)
    return read_money(value) or ()
