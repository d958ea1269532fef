"""What would change for cases if one playbook took the place of another: exact, with examples."""

from collections.abc import Iterator
from dataclasses import dataclass

from playbook.compiled import Route, compiled
from playbook.coverage import TooWide, Witness, cover
from playbook.inputs import routing_columns
from playbook.judgement import Judgement, judge
from playbook.model import Playbook
from playbook.tables import compile_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """Cases of a type that go elsewhere, by the rows that send them, with one of them."""

    issue_type: str
    rule_before: str
    queue_before: str
    rule_after: str
    queue_after: str
    example: Witness


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """An example of the older playbook that the newer one judges otherwise."""

    name: str
    before: str
    after: str


def moved_cases(before: Playbook, after: Playbook) -> Iterator[Moved]:
    """
    Find every pair of rows between which cases move, over all cases that there can be.

    Raises:
        TooWide: A column names too many codes together to look at all sets of them.
    """
    types = [one.code for one in before.taxonomy.issue_types if after.issue_type(one.code)]
    for issue_type in types:
        yield from _moved(before, after, issue_type)


def _moved(before: Playbook, after: Playbook, issue_type: str) -> Iterator[Moved]:
    old, new = _route(before, issue_type), _route(after, issue_type)
    columns = routing_columns(before, (issue_type,)) | routing_columns(after, (issue_type,))
    table, _ = compile_rows((*old.rows, *new.rows), columns)
    coverage = cover(table)
    for one, was in enumerate(old.rows):
        for other, now in enumerate(new.rows):
            if was.queue == now.queue:
                continue
            example = coverage.first_of_both(one, len(old.rows) + other, len(old.rows))
            if example is not None:
                yield Moved(
                    issue_type=issue_type,
                    rule_before=was.rule,
                    queue_before=was.queue,
                    rule_after=now.rule,
                    queue_after=now.queue,
                    example=example,
                )


def _route(playbook: Playbook, issue_type: str) -> Route:
    tables = compiled(playbook)
    return tables.by_type.get(issue_type, tables.otherwise)


def changed_examples(before: Playbook, after: Playbook) -> Iterator[Changed]:
    """Judge the examples of both by both."""
    examples = {one.name: one for one in (*before.examples, *after.examples)}
    for example in examples.values():
        was, now = (_short(judge(book, example.case)) for book in (before, after))
        if was != now:
            yield Changed(name=example.name, before=was, after=now)


def _short(found: Judgement) -> str:
    seen = found.seen
    missing = ", ".join(found.missing) or "nothing"
    return (
        f"{seen.issue_type or 'unknown type'}, {seen.severity}, to {found.queue}, "
        f"missing {missing}, next {found.next_action.verb}"
    )


def only_in(one: Playbook, other: Playbook) -> tuple[str, ...]:
    """List the issue types that only the first has."""
    known = {known.code for known in other.taxonomy.issue_types}
    return tuple(mine.code for mine in one.taxonomy.issue_types if mine.code not in known)


__all__ = ["Changed", "Moved", "TooWide", "changed_examples", "moved_cases", "only_in"]
