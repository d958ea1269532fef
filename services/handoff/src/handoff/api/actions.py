"""What may be done at handoff, and by whom."""

from typing import Final

from chassis.auth import Action, Scope

_WORK: Final = {
    "agent": Scope.WORKER,
    "senior_agent": Scope.WORKER,
    "supervisor": Scope.TEAM | Scope.WORKER,
}

READ_CONTRACTS: Final = Action(
    "contract.read",
    {
        "agent": Scope.MARKETPLACE,
        "senior_agent": Scope.MARKETPLACE,
        "supervisor": Scope.MARKETPLACE,
        "partner": Scope.MARKETPLACE,
        "compliance": Scope.MARKETPLACE,
        "policy_owner": Scope.MARKETPLACE,
    },
)
REQUEST: Final = Action("handoff.request", _WORK)
RECALL: Final = Action("handoff.recall", _WORK)
READ: Final = Action(
    "handoff.read",
    {
        "agent": Scope.TEAM | Scope.WORKER,
        "senior_agent": Scope.TEAM | Scope.WORKER,
        "supervisor": Scope.MARKETPLACE,
        "compliance": Scope.MARKETPLACE,
    },
)
READ_ONE: Final = Action("handoff.read_one", {**READ.grants, "partner": Scope.PARTNER})
LIST_OF_TEAM: Final = Action(
    "handoff.list", {"partner": Scope.MARKETPLACE, "supervisor": Scope.MARKETPLACE}
)
REPLY: Final = Action("handoff.reply", {"partner": Scope.PARTNER})
