"""Who gets which of many cases: what no table of the playbook can tell apart is judged once."""

from bisect import bisect_right
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date
from typing import Final, NamedTuple, TypeAlias

from playbook.case import Money, OnFile
from playbook.classify import glance
from playbook.compiled import Compiled, compiled
from playbook.evidence import is_current
from playbook.examples import ExampleCase, ExampleOnFile
from playbook.facts import read_money
from playbook.indexes import RangeIndex
from playbook.inputs import FACT_PREFIX, REPEATS, see
from playbook.judgement import case_facts
from playbook.model import Playbook
from playbook.policies import IssueType
from playbook.route import glance_route, triage_queue
from playbook.signals import find_cues
from playbook.tables import Seen, Table

_AMOUNT: Final = "amount_at_risk"
_KEPT: Final = 100_000
_OTHER: Final = "*"


class Sorted(NamedTuple):
    """Where a case goes and as what. `needs_person`: why it waits for one, if it does."""

    queue: str
    issue_type: str | None
    severity: str
    needs_person: str | None


@dataclass(frozen=True, slots=True)
class _Lens:
    """What the tables can see of an input: codes that some cell names, and steps of amounts."""

    codes: set[str] = field(default_factory=set)
    cuts: dict[str, list[int]] = field(default_factory=dict)

    def blur(self, seen: Seen) -> Hashable:
        """Make one thing of all that no cell tells apart."""
        if isinstance(seen, Money):
            return seen.currency, bisect_right(self.cuts.get(seen.currency, ()), seen.amount_minor)
        if self.cuts:
            return seen
        return tuple(code if code in self.codes else _OTHER for code in seen)


_Lenses: TypeAlias = dict[str, _Lens]


class Sorter:
    """Sorts cases under one playbook as `judge` does, without the reasons."""

    def __init__(self, playbook: Playbook) -> None:
        self._playbook = playbook
        self._known: dict[Hashable, Sorted] = {}
        self._papers: dict[Hashable, bool] = {}
        self._lenses = _lenses(compiled(playbook))
        types = playbook.taxonomy.issue_types
        self._facts = {known.code: list(_seen_facts(known, self._lenses)) for known in types}
        self._amounts = {
            known.code: [one.name for one in known.facts if one.amount_at_risk] for known in types
        }

    def sort(self, filed: ExampleCase) -> Sorted:
        key = (
            filed.issue_type,
            filed.marketplace,
            filed.tier,
            filed.region,
            filed.perspective,
            filed.acting_authority,
            find_cues(self._playbook, subject=filed.subject, description=filed.description),
            self._amount(filed),
            self._repeats(filed),
            self._current(filed),
            *self._clear(filed),
        )
        known = self._known.get(key)
        if known is None:
            known = _judge(self._playbook, filed)
            if len(self._known) < _KEPT:
                self._known[key] = known
        return known

    def _clear(self, filed: ExampleCase) -> Iterator[Hashable]:
        """Show the facts that tables look at; an order number is none of them."""
        for name, lens in self._facts.get(filed.issue_type or "", ()):
            yield lens.blur(see(filed.facts.get(name)))

    def _amount(self, filed: ExampleCase) -> Hashable:
        lens = self._lenses.get(_AMOUNT)
        for name in self._amounts.get(filed.issue_type or "", ()) if lens else ():
            money = read_money(filed.facts.get(name))
            if lens and money:
                return lens.blur(money)
        return None

    def _repeats(self, filed: ExampleCase) -> Hashable:
        lens = self._lenses.get(REPEATS)
        return lens.blur(see(filed.repeats)) if lens else None

    def _current(self, filed: ExampleCase) -> Hashable:
        """Show which kinds of evidence count on the day, which is all that a table sees of it."""
        if not filed.on_file:
            return None
        at = filed.opened_at.astimezone(UTC).date()
        return frozenset(one.kind for one in filed.on_file if self._counts(one, at))

    def _counts(self, one: ExampleOnFile, at: date) -> bool:
        key = (one.kind, one.issued_on, one.valid_until, at)
        known = self._papers.get(key)
        if known is None:
            paper = OnFile(kind=one.kind, issued_on=one.issued_on, valid_until=one.valid_until)
            known = self._papers[key] = is_current(self._playbook, paper, at)
        return known


def _judge(playbook: Playbook, filed: ExampleCase) -> Sorted:
    case = case_facts(playbook, filed)
    seen = glance(playbook, case)
    waits = seen.needs_person
    queue = triage_queue(playbook) if waits else glance_route(playbook, case, seen)
    return Sorted(queue, seen.issue_type, seen.severity, waits)


def _seen_facts(known: IssueType, lenses: _Lenses) -> Iterator[tuple[str, _Lens]]:
    for one in known.facts:
        lens = lenses.get(FACT_PREFIX + one.name)
        if lens is not None and not one.is_restricted:
            yield one.name, lens


def _lenses(tables: Compiled) -> _Lenses:
    """Put together, for each input, what all tables can see of it."""
    found: _Lenses = {}
    for table in _every(tables):
        for name, _, index in table.indexes:
            lens = found.setdefault(name, _Lens())
            if isinstance(index, RangeIndex):
                for unit, (cuts, _) in index.units.items():
                    lens.cuts[unit] = sorted({*lens.cuts.get(unit, ()), *cuts})
            else:
                lens.codes.update(index.among, index.not_among)
    return found


def _every(tables: Compiled) -> Iterable[Table]:
    yield from tables.rules.values()
    yield from tables.lists.values()
    yield from tables.checklists.values()
    yield from (route.table for route in (*tables.routes, tables.otherwise))
