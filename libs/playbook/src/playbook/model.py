"""A playbook: its parts, checked and frozen, and how to look something up in it."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Final

from pydantic import Field
from typing_extensions import override

from playbook.assets import (
    Calendars,
    Checklist,
    ContractFile,
    Escalation,
    Guardrails,
    Region,
    Template,
)
from playbook.calendar import Calendar
from playbook.clock_rules import Sla
from playbook.closed import DEFAULT_LANGUAGE, Closed, Code, Words
from playbook.examples import Example, ExampleSet
from playbook.policies import (
    DecisionType,
    EvidenceKind,
    IssueType,
    Queue,
    Routing,
    Severity,
    Silence,
    Taxonomy,
    Team,
    Teams,
    TemplateSet,
)
from playbook.retention import Retention
from playbook.trees import Article, Tree

ANY_OTHER = "*"


class Marketplace(Closed):
    """Who uses this playbook. Only a demonstration marketplace may use the patch `demo`."""

    id: Code
    demonstration: bool = False
    patch: Code | None = None
    default_tier: Code | None = None
    """Of a seller who files without the marketplace and was never named by it; else the first."""
    default_region: Code | None = None
    """The same for the region; else the playbook's."""


class Codes(Closed):
    """The words that commands may give as their reason, each list for one command."""

    evidence_request: tuple[Code, ...]
    evidence_rejected: tuple[Code, ...]
    evidence_waived: tuple[Code, ...]
    checklist_waived: tuple[Code, ...]
    handoff_return: tuple[Code, ...]
    handoff_recall: tuple[Code, ...]
    escalation: tuple[Code, ...]
    escalation_outcome: tuple[Code, ...]
    assignment: tuple[Code, ...]
    release: tuple[Code, ...]
    declination: tuple[Code, ...]
    classification: tuple[Code, ...]
    rerouting: tuple[Code, ...]
    lead_transfer: tuple[Code, ...]
    arbitration: tuple[Code, ...]
    policy_conflict: tuple[Code, ...]
    withdrawal: tuple[Code, ...]
    withdrawal_refused: tuple[Code, ...]
    reopening: tuple[Code, ...]
    reopening_refused: tuple[Code, ...]
    appeal: tuple[Code, ...]
    redress: tuple[Code, ...]
    triage: tuple[Code, ...]
    delivery_failed: tuple[Code, ...]
    template_withdrawn: tuple[Code, ...] = ("policy_change", "wrong", "unlawful", "unclear")
    recontact: tuple[Code, ...] = ("misled", "still_true", "told_otherwise", "no_longer_matters")
    council_outcome: tuple[Code, ...] = ("measure_stands", "measure_undone", "rule_changes")
    council_reason: tuple[Code, ...] = (
        "own_terms_broken",
        "own_terms_kept",
        "rules_contradict",
        "harm_outweighs",
        "same_for_all",
    )
    answer_change: tuple[Code, ...] = ("misheard", "seller_corrected", "new_facts", "mistaken")
    opening_purposes: tuple[Code, ...]
    differing: tuple[Code, ...] = ()
    """What of a paper and an account a letter may compare; each has words."""
    difference_reasons: tuple[Code, ...] = ()
    """Of `evidence_rejected`: what says nothing to a seller without both values."""
    override: tuple[Code, ...] = ()
    linking: tuple[Code, ...] = ()
    unlinking: tuple[Code, ...] = ()
    merging: tuple[Code, ...] = ()
    authority_end: tuple[Code, ...] = ()


class Release(Closed):
    """One entry of the changelog: what changed, and why."""

    version: str
    on: date
    change: str
    rationale: str


class Card(Closed):
    """The content of `playbook.yaml`."""

    id: Code
    version: Annotated[str, Field(pattern=r"^\d+\.\d+\.\d+$")]
    title: str
    owners: tuple[Code, ...]
    approvers: tuple[Code, ...]
    """Who may activate a version."""
    effective_from: date
    review_by: date
    changelog: tuple[Release, ...]
    default_region: Code
    locales: dict[Code, Code]
    """By language: how it writes dates and money."""
    marketplaces: tuple[Marketplace, ...]
    stages: dict[Code, Words]
    """What a seller reads instead of our statuses."""
    stage_of: dict[Code, Code]
    """By status: its stage."""
    history: dict[Code, Words]
    """By event: what a seller reads of it."""
    texts: Annotated[dict[Code, Words], Field(min_length=1)]
    """Words for codes, wherever a letter shows one."""
    codes: Codes


class Playbook(Closed):
    """All parts of one version. Made by `playbook.load` only, which has checked it."""

    card: Card
    taxonomy: Taxonomy
    teams: Teams
    severity: Severity
    routing: Routing
    sla: Sla
    escalation: Escalation
    calendars: Calendars
    handoffs: tuple[ContractFile, ...]
    checklists: tuple[Checklist, ...]
    templates: tuple[Template, ...]
    guardrails: Guardrails
    regions: tuple[Region, ...]
    retention: Retention
    trees: tuple[Tree, ...] = ()
    knowledge: tuple[Article, ...] = ()
    golden: tuple[Example, ...]
    golden_sets: tuple[ExampleSet, ...] = ()
    digest: str

    @override
    def __repr__(self) -> str:
        # All its parts are a million characters, and asyncio writes a task's result down each time.
        return f"Playbook({self.pin!r})"

    @override
    def __str__(self) -> str:
        return repr(self)

    @property
    def examples(self) -> tuple[Example, ...]:
        """All golden cases, those with a file of their own first."""
        return (*self.golden, *(one for of_set in self.golden_sets for one in of_set.examples))

    @property
    def pin(self) -> str:
        return f"{self.card.id}@{self.card.version}"

    @property
    def codes(self) -> Codes:
        return self.card.codes

    def issue_type(self, code: str | None) -> IssueType | None:
        return next((known for known in self.taxonomy.issue_types if known.code == code), None)

    def marketplace(self, code: str) -> Marketplace | None:
        return next((one for one in self.card.marketplaces if one.id == code), None)

    def patch_for(self, marketplace: str) -> str | None:
        found = self.marketplace(marketplace)
        return found.patch if found else None

    def calendar(self, id_or_pin: str) -> Calendar:
        """Find a calendar by `support-uk` or `support-uk@1`; KeyError if there is none."""
        for calendar in self.calendars.calendars:
            if id_or_pin in {calendar.id, calendar.pin}:
                return calendar
        raise KeyError(id_or_pin)

    def team(self, code: str) -> Team | None:
        return next((one for one in self.teams.teams if one.id == code), None)

    def queue(self, code: str) -> Queue | None:
        return next((one for one in self.teams.queues if one.id == code), None)

    def region(self, code: str | None) -> Region:
        """Find a region; a case from anywhere else is served by the default one."""
        return self._region(code) or self._region(self.card.default_region) or self.regions[0]

    def _region(self, code: str | None) -> Region | None:
        return next((region for region in self.regions if region.region == code), None)

    def language_for(self, language: str, region: str) -> str:
        """Choose the seller's language if letters exist in it, else the region's first."""
        spoken = language.lower().split("-")[0]
        return spoken if spoken in self.card.locales else self.region(region).languages[0]

    def tree(self, code: str) -> Tree | None:
        return next((one for one in self.trees if one.tree == code), None)

    def evidence_kind(self, kind: str) -> EvidenceKind | None:
        return next((known for known in self.taxonomy.evidence_kinds if known.kind == kind), None)

    def checklist(self, issue_type: str) -> Checklist:
        """Find a type's own checklist, else the one for every other type."""
        found = {one.issue_type: one for one in self.checklists}
        return found.get(issue_type, found[ANY_OTHER])

    def decision_types(self, issue_type: str) -> tuple[DecisionType, ...]:
        known = self.issue_type(issue_type)
        return (known and known.decisions) or self.taxonomy.defaults.decisions

    def decision_type(self, issue_type: str, code: str) -> DecisionType | None:
        return next((one for one in self.decision_types(issue_type) if one.type == code), None)

    def root_causes(self, issue_type: str) -> tuple[str, ...]:
        known = self.issue_type(issue_type)
        return (known and known.root_causes) or self.taxonomy.defaults.root_causes

    def templates_for(self, issue_type: str) -> TemplateSet:
        known = self.issue_type(issue_type)
        return (known and known.templates) or self.taxonomy.defaults.templates

    def default_standing(self, marketplace: str) -> tuple[str, str]:
        """Say which tier and region a seller has of whom its marketplace never said any."""
        known = self.marketplace(marketplace)
        tier = (known and known.default_tier) or self.taxonomy.tiers[0]
        return tier, (known and known.default_region) or self.card.default_region

    def silence(self, issue_type: str) -> Silence | None:
        """Tell what silence to the end of a request's window means; None: nothing by itself."""
        known = self.issue_type(issue_type)
        return known.silence if known else None

    def text(self, code: str, language: str = DEFAULT_LANGUAGE) -> str | None:
        """Say a code to a person, if the playbook has words for it."""
        words = self.card.texts.get(code)
        return words.say(language) if words else None


class PlaybookNotLoaded(Exception):
    """A case is pinned to a version that this process has not loaded; `public` names it."""

    what_to_do: Final = (
        "`playbook` is the version that the case is pinned to, and this service does not have it."
        " Operators: put its folder back beside the others, where SELLERWORKS_PLAYBOOKS points,"
        " and restart the service. Nothing of the case is lost meanwhile."
    )

    def __init__(self, pin: str) -> None:
        super().__init__(f"no playbook {pin} here")
        self.public = {"playbook": pin}


def pinned(playbooks: Mapping[str, Playbook], pin: str) -> Playbook:
    """
    Find the version that a case is pinned to: no other one may decide about it.

    Raises:
        PlaybookNotLoaded: It is not here; whoever runs the service must add it.
    """
    found = playbooks.get(pin)
    if found is None:
        raise PlaybookNotLoaded(pin)
    return found


def for_marketplace(playbooks: Mapping[str, Playbook], marketplace: str) -> Playbook | None:
    """Choose the newest version among the playbooks that name a marketplace."""
    naming = [book for book in playbooks.values() if book.marketplace(marketplace)]
    return max(naming, key=_version, default=None)


def _version(playbook: Playbook) -> tuple[int, ...]:
    return tuple(int(part) for part in playbook.card.version.split("."))
