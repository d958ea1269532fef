"""What a reviewer says of an appeal, and the decisions that it comes to. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from playbook.case import Problem
from resolution.domain.decisions import Draft

INVALID: Final = "invalid-body"


@dataclass(frozen=True, slots=True, kw_only=True)
class Instead:
    """What is decided in place of a decision. Without `type` or `reasons`: those of the rest."""

    decision: str
    outcome: str
    type: str | None = None
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """
    An appeal's answer. Decisions that `instead` does not name stand, and are made again.

    Without a root cause or redress: those of the decision that is reviewed.
    """

    outcome: Literal["upheld", "overturned", "partly"]
    instead: tuple[Instead, ...]
    reasons: tuple[str, ...]
    root_cause: str | None
    evidence: tuple[str, ...]
    redress: str | None
    template: str
    authority: int


class Reviewed(Protocol):
    """A decision that the appeal is against."""

    @property
    def id(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def outcome(self) -> str: ...
    @property
    def root_cause(self) -> str: ...
    @property
    def redress(self) -> str | None: ...


def check_review(review: Review, against: Sequence[Reviewed]) -> tuple[Problem, ...]:
    """Return all that does not fit in a review of these decisions; nothing if it holds."""
    known = {one.id: one for one in against}
    return (*_misplaced(review, known), *_unlike(review, known))


def _misplaced(review: Review, known: Mapping[str, Reviewed]) -> Iterator[Problem]:
    """Point at what stands in place of no decision of the appeal, or changes nothing."""
    seen: set[str] = set()
    for place, one in enumerate(review.instead):
        old = known.get(one.decision)
        if old is None or one.decision in seen:
            detail = f"each of these once: {', '.join(known)}"
            yield _wrong(f"/instead/{place}/decision", detail)
        elif (one.type or old.type, one.outcome) == (old.type, old.outcome):
            yield _wrong(f"/instead/{place}/outcome", "that is what was decided before")
        seen.add(one.decision)


def _unlike(review: Review, known: Mapping[str, Reviewed]) -> Iterator[Problem]:
    """Hold the outcome to what is decided: `upheld` changes nothing, `overturned` all."""
    left = [id_ for id_ in known if id_ not in {one.decision for one in review.instead}]
    match review.outcome:
        case "upheld" if review.instead:
            yield _wrong("/instead", "upheld: what was decided stands; leave this out")
        case "overturned" if left:
            detail = f"overturned: say what is decided in place of {', '.join(left)} as well"
            yield _wrong("/instead", detail)
        case "partly" if not review.instead:
            yield _wrong("/instead", "partly: say what is decided in place of which decision")
        case _:
            return


def _wrong(pointer: str, detail: str) -> Problem:
    return Problem(pointer=pointer, code=INVALID, detail=detail)


def drafts_of(review: Review, against: Sequence[Reviewed]) -> tuple[Draft, ...]:
    """Write what is decided on each question that the appeal is against, in their order."""
    instead = {one.decision: (place, one) for place, one in enumerate(review.instead)}
    return tuple(_draft(review, old, instead.get(old.id)) for old in against)


def _draft(review: Review, old: Reviewed, instead: tuple[int, Instead] | None) -> Draft:
    place, new = instead or (None, Instead(decision=old.id, outcome=old.outcome))
    own = ("type", "outcome", *(("reasons",) if new.reasons else ()))
    return Draft(
        type=new.type or old.type,
        outcome=new.outcome,
        root_cause=review.root_cause or old.root_cause,
        reasons=new.reasons or review.reasons,
        evidence=review.evidence,
        redress=review.redress or old.redress,
        template=review.template,
        by_person=True,
        authority=review.authority,
        places={} if place is None else {name: f"/instead/{place}/{name}" for name in own},
        of_appeal=review.outcome,
    )
