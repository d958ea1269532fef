"""May they? One pure function, deny by default (security.md §1)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, Flag, auto
from typing import TypeAlias

from chassis.auth.principals import Principal
from contracts.lifecycle import CaseState


class Scope(Flag):
    """To which resources a role's power over an action reaches. Any that fits is enough."""

    MARKETPLACE = auto()  # all of the principal's marketplaces
    OWN = auto()  # the seller itself
    TEAM = auto()  # one of the principal's teams has it in its queue or leads it
    WORKER = auto()  # the principal is assignee or lead
    PARTNER = auto()  # one of the principal's teams holds a handoff of it
    SELF = auto()  # the resource is the principal, named in `members`
    ANY = auto()  # everything, whatever the marketplace: services and operators only


@dataclass(frozen=True, slots=True)
class Action:
    """What a route does, and who may: role → how far. A role that is not named may not."""

    name: str
    grants: Mapping[str, Scope] = field(hash=False)


PUBLIC = Action("public", {})
"""For pages that anyone may read, without a token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """What an action is about, as far as the decision cares."""

    marketplace: str | None
    seller: str | None = None
    teams: frozenset[str] = frozenset()
    partner_teams: frozenset[str] = frozenset()
    members: frozenset[str] = frozenset()


class Reason(Enum):
    """Why not. Whoever may not even know of the resource is told that there is none."""

    FORBIDDEN = auto()
    UNKNOWN = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Allow:
    """Yes, and the classes of restricted values that may be shown sealed, not masked."""

    classes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Deny:
    reason: Reason


Decision: TypeAlias = Allow | Deny


def decide(principal: Principal, action: Action, resource: Resource) -> Decision:
    """
    Say whether the principal may do this to that, from nothing but these three.

    Another marketplace's or another seller's resource is unknown to the principal; a known one
    that no role reaches is forbidden.
    """
    scopes = [action.grants[role] for role in principal.roles if role in action.grants]
    if not scopes:
        return Deny(Reason.FORBIDDEN)
    if any(Scope.ANY in scope for scope in scopes):
        return Allow(classes=principal.clearances)
    if not _may_know_of(principal, resource):
        return Deny(Reason.UNKNOWN)
    if any(_reaches(principal, scope, resource) for scope in scopes):
        return Allow(classes=principal.clearances)
    return Deny(Reason.FORBIDDEN)


def may_try(principal: Principal, action: Action) -> bool:
    """Say whether any resource at all could be allowed: asked before anything is looked up."""
    return any(role in action.grants for role in principal.roles)


def is_for_workers(principal: Principal, action: Action) -> bool:
    """Say whether a role of the principal's may once, and only once, it works the resource."""
    return any(action.grants.get(role) == Scope.WORKER for role in principal.roles)


def _may_know_of(principal: Principal, resource: Resource) -> bool:
    in_marketplace = resource.marketplace in principal.marketplaces
    foreign = principal.kind == "seller" and not _is_own(principal, resource)
    return in_marketplace and not foreign


def _is_own(principal: Principal, resource: Resource) -> bool:
    return resource.seller is not None and resource.seller in principal.sellers


def _reaches(principal: Principal, scope: Scope, resource: Resource) -> bool:
    fits = {
        Scope.MARKETPLACE: True,
        Scope.OWN: _is_own(principal, resource),
        Scope.TEAM: bool(principal.teams & resource.teams),
        Scope.WORKER: principal.member in resource.members,
        Scope.PARTNER: bool(principal.teams & resource.partner_teams),
        Scope.SELF: principal.member in resource.members,
    }
    return any(fits[one] for one in scope)


def resource_of(state: CaseState) -> Resource:
    """Describe a case to the decision."""
    return Resource(
        marketplace=state.marketplace,
        seller=state.seller.id,
        teams=state.teams,
        partner_teams=state.partner_teams,
        members=state.members,
    )
