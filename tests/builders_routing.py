"""What the router says of a case that becomes another type's, or another team's."""

from builders_contracts import MARA, a_classification, a_route
from contracts import routing
from contracts.routing import Lead


def reclassified(
    issue_type: str, *, previous: str = "payout_hold", **changes: object
) -> routing.CaseReclassified:
    known = dict(a_classification()) | {"issue_type": issue_type, "reason": "wrong_type"}
    return routing.CaseReclassified(**(known | changes), previous=previous)


def rerouted(queue: str, *, previous: str = "verification") -> routing.CaseRerouted:
    return routing.CaseRerouted(
        **dict(a_route(queue=queue, team=queue, lead=Lead(team=queue))),
        previous_queue=previous,
        previous_team=previous,
        reason="wrong_queue",
    )


def frozen(*trail: str, arbiter: str | None = None) -> routing.RoutingFrozen:
    return routing.RoutingFrozen(
        reason="ping_pong",
        trail=trail or ("verification", "seller_care", "verification"),
        arbiter=arbiter,
        arbiter_role="supervisor" if arbiter else "council",
    )


def unfrozen(team: str) -> routing.RoutingUnfrozen:
    return routing.RoutingUnfrozen(team=team, member=MARA, reason="ping_pong")
