"""What a check found, and the one verdict that follows from all of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    NOTE = "note"
    UNDECIDED = "undecided"
    TAMPERED = "tampered"


class Verdict(Enum):
    """The exit codes; 2 is the one for wrong usage."""

    OK = 0
    TAMPERED = 1
    UNDECIDED = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """`where` names file, event and index; `what` is one sentence."""

    kind: Kind
    where: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """`shown` says what has been proven, as label and value, in the order to be read."""

    checked: str
    shown: tuple[tuple[str, str], ...]
    findings: tuple[Finding, ...]

    @property
    def verdict(self) -> Verdict:
        return verdict_of(self.findings)


def verdict_of(findings: Iterable[Finding]) -> Verdict:
    """One proof of tampering outweighs everything; one open question forbids a yes."""
    kinds = {finding.kind for finding in findings}
    if Kind.TAMPERED in kinds:
        return Verdict.TAMPERED
    return Verdict.UNDECIDED if Kind.UNDECIDED in kinds else Verdict.OK


def tampered(where: str, what: str) -> Finding:
    return Finding(Kind.TAMPERED, where, what)


def undecided(where: str, what: str) -> Finding:
    return Finding(Kind.UNDECIDED, where, what)


def note(where: str, what: str) -> Finding:
    return Finding(Kind.NOTE, where, what)
