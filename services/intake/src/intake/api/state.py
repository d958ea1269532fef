"""What main hands to the endpoints."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends

from chassis import http, idempotency
from chassis.auth import Action, Scope
from chassis.vault_client import VaultClient
from intake.store.files import Files
from playbook.model import Playbook
from playbook.text_model import TextModel

READ: Final = Action(
    "case.read",
    {
        "front_end": Scope.MARKETPLACE,
        "seller": Scope.OWN,
        "agent": Scope.TEAM | Scope.WORKER,
        "senior_agent": Scope.TEAM | Scope.WORKER,
        "supervisor": Scope.MARKETPLACE,
        "compliance": Scope.MARKETPLACE,
    },
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kit:
    """The playbooks by pin, the folder of files, the way to the vault, a text model if wished."""

    playbooks: Mapping[str, Playbook]
    files: Files
    vault: VaultClient
    text_model: TextModel | None = None


GivenKit = Annotated[Kit, Depends(http.from_state("kit"))]


def require_key(call: http.Call) -> None:
    """
    Want the Idempotency-Key before anything slow is done for the request.

    Raises:
        IdempotencyKeyMissing: Not there, or unusable.
    """
    idempotency.read_key(call.request.headers.get(idempotency.HEADER), required=True)
