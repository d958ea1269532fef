"""Decision tables: rows of typed conditions, read from the top, each able to explain itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Self, TypeAlias

from pydantic import model_validator

from playbook.case import Money
from playbook.closed import Closed, Code

LEVELS = ("none", "low", "medium", "high", "critical")

Seen: TypeAlias = tuple[str, ...] | Money
"""What a table sees of a case: codes, or money. Text is never among it."""

Inputs: TypeAlias = Mapping[str, Seen]


class Condition(Closed):
    """
    One cell: an input and exactly one test.

    `known`: is there a value at all · `any_of`: is one of these among the values ·
    `at_least`: is the level this or higher · `at_least_money`: is the amount this or more,
    in its own currency (smallest unit).
    """

    input: Code
    known: bool | None = None
    any_of: tuple[Code, ...] | None = None
    at_least: Literal["low", "medium", "high", "critical"] | None = None
    at_least_money: dict[Code, int] | None = None

    @model_validator(mode="after")
    def _one_test(self) -> Self:
        if len(self._tests()) != 1:
            raise ValueError("exactly one of known, any_of, at_least, at_least_money")
        return self

    @property
    def op(self) -> str:
        return self._tests()[0]

    def _tests(self) -> list[str]:
        names = ("known", "any_of", "at_least", "at_least_money")
        return [name for name in names if getattr(self, name) is not None]


class Row(Closed):
    """Holds when every condition does; a row without conditions always holds."""

    rule: Code
    when: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Predicate:
    """One condition that was looked at, in words fit for an event."""

    field: str
    op: str
    expected: tuple[str, ...]
    seen: tuple[str, ...]
    held: bool


def look(condition: Condition, inputs: Inputs) -> Predicate:
    """Try one condition against a case, and say what was there."""
    seen = inputs.get(condition.input, ())
    return Predicate(
        field=condition.input,
        op=condition.op,
        expected=_expected(condition),
        seen=show(seen),
        held=_holds(condition, seen),
    )


def look_at(row: Row, inputs: Inputs) -> tuple[Predicate, ...]:
    return tuple(look(condition, inputs) for condition in row.when)


def all_held(predicates: Sequence[Predicate]) -> bool:
    return all(predicate.held for predicate in predicates)


def show(seen: Seen) -> tuple[str, ...]:
    """Write what a table saw as references: `184050:GBP`."""
    return (f"{seen.amount_minor}:{seen.currency}",) if isinstance(seen, Money) else seen


def _expected(condition: Condition) -> tuple[str, ...]:
    if condition.at_least_money is not None:
        return tuple(f"{least}:{code}" for code, least in condition.at_least_money.items())
    if condition.any_of is not None:
        return condition.any_of
    return (condition.at_least or str(condition.known).lower(),)


def _holds(condition: Condition, seen: Seen) -> bool:
    if condition.known is not None:
        return bool(seen) is condition.known
    if isinstance(seen, Money):
        least = (condition.at_least_money or {}).get(seen.currency)
        return least is not None and seen.amount_minor >= least
    if condition.any_of is not None:
        return not set(condition.any_of).isdisjoint(seen)
    return condition.at_least is not None and any(
        LEVELS.index(level) >= LEVELS.index(condition.at_least) for level in seen
    )
