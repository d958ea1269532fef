"""What partner teams ask for, and promise."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import Field
from starlette.responses import Response

from chassis import http
from chassis.door import Tx
from chassis.problems import NotFound
from chassis.words import Code
from contracts.words import Reference, Sha256
from handoff.api.actions import READ_CONTRACTS
from handoff.api.paths import Team
from playbook.contract import HandoffContract, contracts
from playbook.model import Playbook, for_marketplace

router = APIRouter(prefix="/v1/contracts", tags=["contracts"])

Caller = Annotated[http.Call, Depends(http.calling(READ_CONTRACTS))]
Playbooks = Annotated[Mapping[str, Playbook], Depends(http.from_state("playbooks"))]


class ContractOut(http.ResponseModel):
    team: Code = Field(description="The team.")
    contract: Reference = Field(description="Contract and version, `finance@1.0.0`.")
    digest: Sha256 = Field(description="Of its bytes.")
    owner: Code = Field(description="Who keeps it.")
    issue_types: tuple[Code, ...] = Field(description="What it takes.")
    own_fields: tuple[Code, ...] = Field(
        description="What the sender fills; the rest comes from the case."
    )
    payload_schema: dict[str, Any] = Field(description="JSON Schema of the whole payload.")
    result_schema: dict[str, Any] = Field(description="JSON Schema of the result.")
    actions: tuple[Code, ...] = Field(description="What may be asked of it.")
    return_reasons: tuple[Code, ...] = Field(description="Why it may give a case back.")
    party: Code = Field(description="partner, or third_party: then the seller's clock stops.")
    accept_within_seconds: int = Field(description="Business time to accept.")
    turnaround_seconds: int = Field(description="Business time to complete.")


class ContractsOut(http.ResponseModel):
    items: tuple[ContractOut, ...] = Field(description="By team.")


@router.get("", response_model=ContractsOut, summary="List the partner contracts in force")
async def list_contracts(call: Caller, playbooks: Playbooks) -> Response:
    async def work(_tx: Tx) -> ContractsOut:
        known = _in_force(playbooks, call.principal.marketplaces)
        return ContractsOut(items=tuple(_out(known[team]) for team in sorted(known)))

    return await call.read(work)


@router.get("/{team}", response_model=ContractOut, summary="Read a team's contract")
async def get_contract(team: Team, call: Caller, playbooks: Playbooks) -> Response:
    """The schema tells a sender, before sending, what would be refused."""

    async def work(_tx: Tx) -> ContractOut:
        known = _in_force(playbooks, call.principal.marketplaces)
        if team not in known:
            raise NotFound
        return _out(known[team])

    return await call.read(work)


def _in_force(
    playbooks: Mapping[str, Playbook], marketplaces: frozenset[str]
) -> dict[str, HandoffContract]:
    books = [book for name in sorted(marketplaces) if (book := for_marketplace(playbooks, name))]
    return {one.team: one for book in books for one in contracts(book)}


def _out(contract: HandoffContract) -> ContractOut:
    return ContractOut(
        team=contract.team,
        contract=contract.pin,
        digest=contract.digest,
        owner=contract.owner,
        issue_types=contract.issue_types,
        own_fields=contract.own_fields,
        payload_schema=contract.payload_schema,
        result_schema=contract.result_schema,
        actions=contract.actions,
        return_reasons=contract.return_reasons,
        party=contract.party,
        accept_within_seconds=int(contract.accept_within.total_seconds()),
        turnaround_seconds=int(contract.turnaround.total_seconds()),
    )
