"""The working view of a case, by allow-list: what is not named here is not shown."""

from datetime import date
from typing import TypeAlias

from pydantic import AwareDatetime, Field

from chassis import http
from contracts.cases import CaseReference
from contracts.money import Money
from contracts.routing import Lead

Fact: TypeAlias = bool | int | str | Money | http.Restricted


class StepOut(http.ResponseModel):
    """A question of the tree that is answered, by the case itself or by whoever works it."""

    node: str = Field(description="The question's code.")
    ask: str = Field(description="The question.")
    answer: str = Field(description="The answer's code.")
    say: str = Field(description="The answer.")
    source: str = Field(description="fact: the case says so; kept: whoever works it answered.")


class PathOut(http.ResponseModel):
    """The one tree for cases like this, and how far what is known leads in it."""

    tree: str = Field(description="Its code; the seller reads the same one.")
    version: int = Field(description="Its version, of the playbook that the case is pinned to.")
    title: str = Field(description="What it helps with.")
    node: str = Field(description="Where the case stands in it.")
    steps: list[StepOut] = Field(description="What is behind it, in order.")
    question: str | None = Field(description="What to ask next; null at an end.")
    advice: str | None = Field(description="The one correct thing to do; null before an end.")
    root_cause: str | None = Field(description="What is behind the case, if it is at an end.")
    outcome: str | None = Field(description="How such a case ends, if the end says so.")
    href: str = Field(description="Where to walk on: a path of `service`.")
    service: str = Field(description="Which service walks it, for agents and sellers alike.")


class NextAction(http.ResponseModel):
    """The one thing to do now to bring the case to its end."""

    verb: str = Field(description="claim, request_evidence, judge_evidence, hand_off, decide …")
    why: str = Field(description="Why this one: a code of the playbook.")
    text: str = Field(description="The same in words.")
    href: str = Field(description="Where to do it: a path of `service`.")
    service: str = Field(description="Which service takes it.")
    team: str | None = Field(default=None, description="For a handoff: to whom.")
    lacks: list[str] = Field(description="What would have to be there first; empty if nothing.")
    path: PathOut | None = Field(
        default=None, description="The way through the decision tree for such cases, if any."
    )


class PointOut(http.ResponseModel):
    """A point of the checklist."""

    item: str = Field(description="Its name in the playbook.")
    text: str = Field(description="What has to be so.")
    kind: str | None = Field(default=None, description="Kind of evidence that does it.")
    required: bool = Field(description="Whether a decision waits for it.")
    decision: str | None = Field(
        default=None, description="A question: a decision of this type answers it, nothing else."
    )
    state: str = Field(description="open, done or waived.")
    reason: str | None = Field(default=None, description="Why it was waived.")
    evidence: str | None = Field(default=None, description="The document that did it.")
    changed_at: AwareDatetime | None = Field(default=None, description="Since when.")


class EvidenceOut(http.ResponseModel):
    """A document, and what we think of it."""

    id: str = Field(description="Our id of it.")
    kind: str = Field(description="Kind of evidence.")
    on_file: bool = Field(description="The marketplace held it when the case was filed.")
    judgement: str | None = Field(default=None, description="accepted, rejected, waived or none.")
    reason: str | None = Field(default=None, description="Why it was rejected or waived.")
    judged_at: AwareDatetime | None = Field(default=None, description="When.")
    judged_by: str | None = Field(default=None, description="By whom, a pseudonym.")
    issued_on: date | None = Field(default=None, description="Read off the document.")
    valid_until: date | None = Field(default=None, description="Read off the document.")
    received_at: AwareDatetime | None = Field(default=None, description="When it arrived.")
    item: str | None = Field(default=None, description="The request's item that it answers.")
    size: int | None = Field(default=None, description="Bytes.")
    media_type: str | None = Field(default=None, description="By magic bytes.")
    file: http.Restricted = Field(default=None, description="Name, SHA-256 and key, sealed.")


class RequestOut(http.ResponseModel):
    """A document that was asked for."""

    item: str = Field(description="Our id of it; an upload may name it.")
    request: str = Field(description="The request it was last asked in.")
    kind: str = Field(description="Kind of evidence.")
    standard: str = Field(description="What will be accepted.")
    why: str = Field(description="Why it is needed: a point of the checklist.")
    due_at: AwareDatetime = Field(description="Until when the seller may answer.")
    open: bool = Field(description="Nothing came yet, or what came will not do.")


class HandoffOut(http.ResponseModel):
    """A handoff to a partner team."""

    id: str = Field(description="Our id of it.")
    team: str = Field(description="To whom.")
    contract: str = Field(description="Under which contract.")
    blocking: bool = Field(description="Whether the case waits for it.")
    state: str = Field(description="requested, accepted, completed, returned, lapsed, recalled.")
    requested_at: AwareDatetime = Field(description="Since when.")
    due_by: AwareDatetime = Field(description="Until when the team should complete.")
    reason: str | None = Field(default=None, description="Why it was returned or recalled.")
    result: dict[str, object] | None = Field(default=None, description="As the contract says.")


class MessageOut(http.ResponseModel):
    """A letter to the seller; its body is read at /v1/messages/{id}."""

    id: str = Field(description="Our id of it.")
    kind: str = Field(description="first_response, evidence_request, update, decision …")
    template: str = Field(description="Template and version.")
    qualifying: bool = Field(description="Asks for what is missing or decides, with a date.")
    sent_at: AwareDatetime = Field(description="When.")
    update_by: AwareDatetime | None = Field(default=None, description="The next date promised.")
    expected_by: AwareDatetime | None = Field(default=None, description="The outcome expected.")


class RecontactOut(http.ResponseModel):
    """A letter of the case that was withdrawn afterwards, and what was decided about it."""

    invalidation: str = Field(description="The withdrawal; a decision names it.")
    template: str = Field(description="Template and version.")
    withdrawn_for: str = Field(description="Why it was withdrawn, a code of the playbook.")
    asked: bool = Field(description="Whether somebody has to decide about writing again.")
    outcome: str | None = Field(default=None, description="contact_again, no_contact or none yet.")
    reason: str | None = Field(default=None, description="Why it was decided so.")
    decided_by: str | None = Field(default=None, description="By whom, a pseudonym.")
    decided_at: AwareDatetime | None = Field(default=None, description="When.")


class DecisionOut(http.ResponseModel):
    """A decision of the case."""

    id: str = Field(description="Our id of it.")
    type: str = Field(description="What was decided.")
    outcome: str = Field(description="How.")
    adverse: bool = Field(description="Whether it goes against the seller.")
    question: str | None = Field(default=None, description="What it answers, one of several.")
    superseded_by: str | None = Field(
        default=None, description="The decision in its place, since an appeal; null if it stands."
    )
    at: AwareDatetime = Field(description="When.")
    actor: str | None = Field(default=None, description="By whom, a pseudonym.")


class AppealOut(http.ResponseModel):
    """What the seller appeals against."""

    id: str = Field(description="Our id of it.")
    decisions: list[str] = Field(description="The decisions that it is against.")
    ground: str = Field(description="What we got wrong, as the seller says.")
    filed_at: AwareDatetime = Field(description="When.")
    not_for: list[str] = Field(
        description="Who decided what is appealed, and so does not decide it again."
    )
    outcome: str | None = Field(
        default=None, description="upheld, overturned or partly; null while it waits."
    )


class Passed(http.ResponseModel):
    """Something that happened on the way."""

    at: AwareDatetime = Field(description="When.")
    what: str = Field(description="Type of the event, without its version.")
    about: str | None = Field(default=None, description="The object's id or code.")


class SellerOut(http.ResponseModel):
    """The seller by pseudonym."""

    id: str = Field(description="Pseudonym.")
    tier: str = Field(description="smb, mid, strategic …")
    region: str = Field(description="UK, DE …")
    language: str = Field(description="Language of letters.")


class Dates(http.ResponseModel):
    """What was promised and what happened, in time."""

    opened_at: AwareDatetime = Field(description="Filed.")
    reply_by: AwareDatetime | None = Field(default=None, description="The seller's answer is due.")
    update_by: AwareDatetime | None = Field(default=None, description="The next letter promised.")
    expected_by: AwareDatetime | None = Field(default=None, description="The outcome expected.")
    resolved_at: AwareDatetime | None = Field(default=None, description="Resolved.")
    reopen_until: AwareDatetime | None = Field(default=None, description="End of that window.")
    closed_at: AwareDatetime | None = Field(default=None, description="Closed.")


class CaseOut(http.ResponseModel):
    """A case, for whoever works it."""

    id: str = Field(description="Our id of it.")
    marketplace: str = Field(description="Where.")
    external_ref: str | None = Field(default=None, description="The marketplace's own id.")
    playbook: str = Field(description="The version that the case is pinned to.")
    status: str = Field(description="As derived from what happened.")
    waiting_on: str = Field(description="seller, partner, third_party, platform or none.")
    episode: int = Field(description="0, and one more for each reopening.")
    issue_type: str = Field(description="As classified, else as declared.")
    severity: str | None = Field(default=None, description="low, medium, high or critical.")
    authority_level: int = Field(description="Authority that a decision needs.")
    outcome: str | None = Field(default=None, description="How it ended.")
    root_cause: str | None = Field(default=None, description="What was behind it.")
    seller: SellerOut = Field(description="Whose case it is.")
    lead: Lead | None = Field(default=None, description="Who answers for it.")
    assignee: str | None = Field(default=None, description="Who works it.")
    routing_frozen: bool = Field(
        description="It went to and fro: nobody hands it on before an arbiter has decided."
    )
    handle: http.Restricted = Field(default=None, description="The seller's own reference.")
    subject: http.Restricted = Field(default=None, description="Subject line.")
    description: http.Restricted = Field(default=None, description="What happened, in words.")
    facts: dict[str, Fact] = Field(description="Typed facts; restricted ones sealed or masked.")
    amount_at_risk: Money | None = Field(default=None, description="What the seller may lose.")
    references: list[CaseReference] = Field(description="Numbers it is about.")
    next_best_action: NextAction = Field(description="What to do now.")
    allowed_actions: list[str] = Field(description="Verbs that lack nothing.")
    checklist: list[PointOut] = Field(description="In the playbook's order.")
    requests: list[RequestOut] = Field(description="What was asked for.")
    evidence: list[EvidenceOut] = Field(description="What is there, on file first.")
    policy_refs: list[str] = Field(description="Policies of this type of issue.")
    path: list[Passed] = Field(description="What happened so far, oldest first.")
    handoffs: list[HandoffOut] = Field(description="Oldest first.")
    messages: list[MessageOut] = Field(description="Oldest first.")
    decisions: list[DecisionOut] = Field(description="Oldest first.")
    recontacts: list[RecontactOut] = Field(description="Letters withdrawn after they were sent.")
    appeals: list[AppealOut] = Field(description="Oldest first.")
    dates: Dates = Field(description="What was promised and what happened, in time.")
