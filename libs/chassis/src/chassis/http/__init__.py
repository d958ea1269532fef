"""Door 1: what services build their endpoints with."""

from chassis.auth import PUBLIC
from chassis.http.calls import Call, Calling, calling
from chassis.http.desk import Check, Desk, open_desk
from chassis.http.install import (
    NestedRouter,
    RouteWithoutAction,
    check_actions,
    fastapi_options,
    install,
)
from chassis.http.models import CaseId, Masked, Reply, RequestModel, ResponseModel, Restricted
from chassis.http.state import from_state
from chassis.paging import Page, PageWanted
from chassis.problems import Forbidden, NotFound

__all__ = [
    "PUBLIC",
    "Call",
    "Calling",
    "CaseId",
    "Check",
    "Desk",
    "Forbidden",
    "Masked",
    "NestedRouter",
    "NotFound",
    "Page",
    "PageWanted",
    "Reply",
    "RequestModel",
    "ResponseModel",
    "Restricted",
    "RouteWithoutAction",
    "calling",
    "check_actions",
    "fastapi_options",
    "from_state",
    "install",
    "open_desk",
]
