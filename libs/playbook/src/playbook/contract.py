"""Handoff contracts: what a team needs before it accepts, and what it may answer."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

import jsonschema_rs

from playbook.assets import ContractFile
from playbook.case import Problem
from playbook.common_payload import REQUIRED, Schema, common_properties
from playbook.facts import INVALID
from playbook.model import Playbook

UNMET = "handoff-contract-unmet"


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoffContract:
    """What is agreed with a team; `digest` covers all of it."""

    team: str
    id: str
    version: str
    digest: str
    payload_schema: Schema
    own_schema: Schema
    result_schema: Schema
    own_fields: tuple[str, ...]
    issue_types: tuple[str, ...]
    accept_within: timedelta
    turnaround: timedelta
    return_reasons: tuple[str, ...]
    actions: tuple[str, ...]
    party: str
    owner: str
    redaction: tuple[str, ...]

    @property
    def pin(self) -> str:
        return f"{self.team}@{self.version}"


def contract(playbook: Playbook, team: str) -> HandoffContract | None:
    """Find the contract with a team; None when there is none, so nothing may be sent there."""
    return next((one for one in contracts(playbook) if one.team == team), None)


def contracts(playbook: Playbook) -> tuple[HandoffContract, ...]:
    return tuple(_contract(file) for file in playbook.handoffs)


def check_payload(contract: HandoffContract, payload: Mapping[str, object]) -> tuple[Problem, ...]:
    """Hold a whole payload against the contract: a pointer for each missing or wrong path."""
    return tuple(_problems(contract.payload_schema, payload, "/payload", UNMET))


def check_own(contract: HandoffContract, payload: Mapping[str, object]) -> tuple[Problem, ...]:
    """The same for what the caller sends, before the common fields are filled in."""
    return tuple(_problems(contract.own_schema, payload, "/payload", UNMET))


def check_result(contract: HandoffContract, result: object) -> tuple[Problem, ...]:
    """Hold a partner's answer against the contract: codes, never words."""
    return tuple(_problems(contract.result_schema, result, "/result", INVALID))


def _contract(file: ContractFile) -> HandoffContract:
    own = {"$schema": "https://json-schema.org/draft/2020-12/schema", **file.payload}
    return HandoffContract(
        team=file.team,
        id=f"{file.team}@{file.version.split('.')[0]}",
        version=file.version,
        digest=_digest(file),
        payload_schema=_whole(own, file.actions),
        own_schema={**own, "additionalProperties": False},
        result_schema=file.result,
        own_fields=tuple(_properties(own)),
        issue_types=file.issue_types,
        accept_within=file.accept_within,
        turnaround=file.turnaround,
        return_reasons=file.return_reasons,
        actions=file.actions,
        party=file.party,
        owner=file.owner,
        redaction=file.redaction,
    )


def _whole(own: Schema, actions: tuple[str, ...]) -> Schema:
    return {
        **own,
        "required": [*own.get("required", ()), *REQUIRED],
        "properties": {**_properties(own), **common_properties(actions)},
        "additionalProperties": False,
    }


def _properties(schema: Schema) -> Schema:
    properties: Schema = schema.get("properties", {})
    return properties


def _digest(file: ContractFile) -> str:
    content = file.model_dump(mode="json")
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _problems(schema: Schema, value: object, root: str, code: str) -> Iterator[Problem]:
    validator = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
    for error in validator.iter_errors(value):
        here = root + "".join(f"/{_escaped(step)}" for step in error.instance_path)
        for pointer, detail in _told(error, here):
            yield Problem(pointer=pointer, code=code, detail=detail)


def _told(error: jsonschema_rs.ValidationError, here: str) -> Iterator[tuple[str, str]]:
    """Say what is wrong without a word of what was sent."""
    match error.kind:
        case jsonschema_rs.ValidationErrorKind.Required(property=name):
            yield f"{here}/{_escaped(name)}", "needed and missing"
        case jsonschema_rs.ValidationErrorKind.AdditionalProperties(unexpected=names):
            for name in names:
                yield f"{here}/{_escaped(name)}", "not part of the contract"
        case jsonschema_rs.ValidationErrorKind.Enum(options=options):
            yield here, f"one of: {', '.join(str(option) for option in options)}"
        case kind:
            yield here, f"does not meet `{kind.name}`"


def _escaped(step: str | int) -> str:
    return str(step).replace("~", "~0").replace("/", "~1")
