"""What a filing says of the incident that it belongs to, or is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from chassis.vault import tag
from contracts.cases import ActingParty, IncidentMatch
from intake.domain.incidents import Marked, find_matches, parent_of
from intake.store.sellers import Windows
from playbook.facts import FactsVerdict
from playbook.incidents import incident_rule, is_incident, marks_of
from playbook.model import Playbook
from playbook.questions import IncidentMarks
from playbook.repeats import repeat_marks, repeat_window


@dataclass(frozen=True, slots=True, kw_only=True)
class Belonging:
    """By what the playbook tells incidents of the declared type, and what the filing has of it."""

    playbook: Playbook
    issue_type: str
    facts: FactsVerdict

    @property
    def rule(self) -> IncidentMarks | None:
        return incident_rule(self.playbook, self.issue_type)

    @property
    def marks(self) -> Mapping[str, str] | None:
        return None if self.rule is None else marks_of(self.rule, self.facts.clear)

    def windows(self, *, looks: bool) -> Windows:
        """Say how far back to look; `looks` for an incident, since the filing names none."""
        known = self.playbook.issue_type(self.issue_type)
        windows = Windows(
            repeats=(known and known.repeat_window) or timedelta(),
            alike=repeat_window(self.playbook, self.issue_type),
        )
        if self.rule is None or not looks:
            return windows
        return replace(windows, incidents=self.rule.within, issue_type=self.issue_type)

    def likeness(self, tag_key: bytes) -> bytes | None:
        """Mark what makes the case a repeat on whatever subject; None: it is none of any."""
        marks = repeat_marks(self.playbook, self.issue_type, self.facts.clear)
        return None if marks is None else tag(tag_key, "repeat", self.issue_type, *marks)

    def matches(self, known: Iterable[Marked]) -> tuple[IncidentMatch, ...]:
        return () if self.rule is None else find_matches(self.rule, self.marks or {}, known)

    def parent(self, matches: Iterable[IncidentMatch], actor: ActingParty) -> str | None:
        """
        Name the incident that the case is put below by itself.

        None if the case is an incident too: whether two are one, a person says, and whoever has
        just filed it may file others below it.
        """
        return None if self.declares(actor) else parent_of(matches)

    def declares(self, actor: ActingParty) -> IncidentMarks | None:
        """Take from the marketplace that many are hit; a seller knows of itself only."""
        rule, believed = self.rule, (actor.assurance, actor.authority) == ("front_end", "verified")
        return rule if believed and rule and is_incident(rule, self.facts.clear) else None
