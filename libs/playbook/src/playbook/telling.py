"""A decision told in plain lines, for whoever wants to know why."""

from collections.abc import Iterator

from playbook.columns import in_words
from playbook.judgement import Judgement
from playbook.model import Playbook
from playbook.tables import Predicate

_NAMES = {
    "any_of": "is one of",
    "none_of": "is none of",
    "at_least": "is at least",
    "below": "is below",
    "between": "lies in",
}


def tell(playbook: Playbook, found: Judgement) -> Iterator[str]:
    """Tell what the case is, where it goes and why, what is missing, and what comes next."""
    seen = found.seen
    yield f"Playbook {playbook.pin}"
    yield from _tell_strangers(playbook, found)
    yield (
        f"Type: {seen.issue_type or 'unknown'} (confidence {seen.confidence:.2f}, {seen.method}); "
        f"severity {seen.severity}, authority level {seen.authority_level}"
    )
    for predicate in seen.predicates:
        yield f"  {_mark(predicate)} {say(predicate)}"
    if seen.needs_person:
        yield f"A person classifies it first: {seen.needs_person}"
    yield f"Queue: {found.queue}" + (f" (team {found.route.team})" if found.route else "")
    yield from _tell_route(found)
    yield f"Missing: {', '.join(found.missing) or 'nothing'}"
    yield from (f"  {item.state:5} {item.text.say('en')}" for item in found.checklist)
    action = found.next_action
    yield f"Next: {action.verb}: {action.why_text.say('en')}"


def _tell_strangers(playbook: Playbook, found: Judgement) -> Iterator[str]:
    """Tell of names that the playbook does not know: no fault, but perhaps a slip."""
    case, served = found.case, playbook.region(found.case.region).region
    if served != case.region:
        yield f"Region {case.region} is not known here: served as {served}"
    if playbook.marketplace(case.marketplace) is None:
        known = ", ".join(one.id for one in playbook.card.marketplaces)
        yield f"Marketplace {case.marketplace} is not known here; known are: {known}"
    if case.issue_type and playbook.issue_type(case.issue_type) is None:
        yield f"Issue type {case.issue_type} is not known here: a person classifies the case"


def _tell_route(found: Judgement) -> Iterator[str]:
    if found.route is None:
        return
    yield f"  by the row {found.route.rule}"
    for predicate in found.route.predicates:
        yield f"    {_mark(predicate)} {say(predicate)}"
    for near in found.route.rejected:
        because = say(near.because) if near.because else "it comes later"
        yield f"  not {near.rule} ({near.queue}): {because}"


def _mark(predicate: Predicate) -> str:
    return "yes" if predicate.held else "no "


def say(predicate: Predicate) -> str:
    """Say a cell in words: `financial is at least high: medium seen`."""
    seen = ", ".join(map(in_words, predicate.seen)) or "nothing"
    if predicate.op == "known":
        asked = "is there" if predicate.expected == ("true",) else "is not there"
        return f"{predicate.field} {asked}: {seen} seen"
    asked = ", ".join(map(in_words, predicate.expected))
    return f"{predicate.field} {_NAMES[predicate.op]} {asked}: {seen} seen"
