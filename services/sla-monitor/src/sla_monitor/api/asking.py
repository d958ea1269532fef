"""What endpoints share: the rules, which rows a list shows, behind which one a page starts."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, TypeAlias

from fastapi import Depends

from chassis import http, ids
from chassis.auth import Principal
from chassis.problems import FieldError, Invalid
from sla_monitor.domain.following import Rules

WithRules: TypeAlias = Annotated[Rules, Depends(http.from_state("rules"))]
"""The playbooks that main has loaded."""

_SEE_ALL = frozenset({"supervisor", "compliance"})


def teams_shown(principal: Principal, team: str | None = None) -> frozenset[str] | None:
    """Narrow a list to a team; without power over the marketplace, to one's own. None: all."""
    own = None if _SEE_ALL & set(principal.roles) else frozenset(principal.teams)
    if team is None:
        return own
    return frozenset({team}) if own is None else own & {team}


def read_key(key: Sequence[object] | None, *, prefix: str) -> tuple[datetime, str] | None:
    """
    Read a cursor's time and id. None on the first page.

    Raises:
        Invalid: It is the cursor of another list.
    """
    match key:
        case None:
            return None
        case [str(at), str(id_)]:
            return _moment(at), _checked(id_, prefix)
        case _:
            raise _unknown()


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise _unknown() from error


def _checked(id_: str, prefix: str) -> str:
    try:
        ids.to_uuid(id_, prefix=prefix)
    except ids.NotAnId as error:
        raise _unknown() from error
    return id_


def _unknown() -> Invalid:
    return Invalid([FieldError("/query/cursor", "cursor", "use `next` of the page before")])
