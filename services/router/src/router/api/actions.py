"""What may be done at the router, and by whom."""

from typing import Final

from chassis.auth import Action, Scope

LIST_QUEUES: Final = Action(
    "queue.list",
    {
        "agent": Scope.MARKETPLACE,
        "senior_agent": Scope.MARKETPLACE,
        "supervisor": Scope.MARKETPLACE,
        "compliance": Scope.MARKETPLACE,
    },
)
LIST_WORK: Final = Action(
    "queue.read",
    {
        "agent": Scope.TEAM,
        "senior_agent": Scope.TEAM,
        "supervisor": Scope.MARKETPLACE,
        "compliance": Scope.MARKETPLACE,
    },
)
LIST_OWN_WORK: Final = Action(
    "member.work",
    {
        "agent": Scope.SELF,
        "senior_agent": Scope.SELF,
        "supervisor": Scope.MARKETPLACE,
        "compliance": Scope.MARKETPLACE,
    },
)
READ_ROUTING: Final = Action(
    "routing.read",
    {
        "agent": Scope.TEAM | Scope.WORKER,
        "senior_agent": Scope.TEAM | Scope.WORKER,
        "supervisor": Scope.MARKETPLACE,
        "compliance": Scope.MARKETPLACE,
    },
)
CLASSIFY: Final = Action(
    "case.classify",
    {
        "agent": Scope.TEAM | Scope.WORKER,
        "senior_agent": Scope.TEAM | Scope.WORKER,
        "supervisor": Scope.MARKETPLACE,
    },
)
ASSIGN: Final = Action(
    "case.assign",
    {
        "agent": Scope.TEAM,
        "senior_agent": Scope.TEAM,
        "supervisor": Scope.MARKETPLACE,
    },
)
TAKE: Final = Action(
    "queue.take",
    {
        "agent": Scope.TEAM,
        "senior_agent": Scope.TEAM,
        "supervisor": Scope.MARKETPLACE,
    },
)
ANSWER_OFFER: Final = Action(
    "assignment.answer",
    {
        "agent": Scope.MARKETPLACE,  # whom it was offered to is the handler's to see
        "senior_agent": Scope.MARKETPLACE,
        "supervisor": Scope.MARKETPLACE,
    },
)
RELEASE: Final = Action(
    "assignment.release",
    {
        "agent": Scope.WORKER,
        "senior_agent": Scope.WORKER,
        "supervisor": Scope.MARKETPLACE,
    },
)
LIST_MEMBERS: Final = Action("member.list", {"supervisor": Scope.MARKETPLACE})
PRESENCE: Final = Action(
    "member.presence",
    {
        "agent": Scope.SELF,
        "senior_agent": Scope.SELF,
        "supervisor": Scope.MARKETPLACE,
    },
)
REROUTE: Final = Action("case.reroute", {"supervisor": Scope.MARKETPLACE})
TRANSFER_LEAD: Final = Action(
    "case.transfer_lead",
    {
        "agent": Scope.WORKER,
        "senior_agent": Scope.WORKER,
        "supervisor": Scope.MARKETPLACE,
    },
)
ARBITRATE: Final = Action(
    "case.arbitrate",
    {"supervisor": Scope.MARKETPLACE, "council": Scope.MARKETPLACE},
)
LIST_DEFECTS: Final = Action(
    "routing.defects",
    {
        "supervisor": Scope.MARKETPLACE,
        "compliance": Scope.MARKETPLACE,
        "policy_owner": Scope.MARKETPLACE,
        "council": Scope.MARKETPLACE,
    },
)
