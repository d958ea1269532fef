"""A plausible example of any contract, made from the types of its fields."""

import types
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Final, Union, get_args, get_origin

from annotated_types import Ge
from pydantic import AwareDatetime, StringConstraints
from pydantic.fields import FieldInfo

from contracts.event import Contract, Part
from contracts.words import OneOf

_ID = "01k9qd2v00e8m9t3yzj5q7w4xn"
_B64 = "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA="
_WORDS: Final = {
    r"^[A-Z]{3}$": "GBP",
    r"^[0-9a-f]{64}$": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    r"^[A-Za-z0-9+/_=-]*$": _B64,
    r"^[A-Za-z0-9_-]{16,64}$": "pX0m9sQ2vT7rK4yB8wZ1aA",
    r"^[a-z]+/[a-z0-9.+-]{1,60}$": "application/pdf",
    r"^(/[A-Za-z0-9_.~-]{1,64}){1,12}$": "/payload/hold_code",
    r"^[a-z_]+:[A-Za-z0-9._/-]{1,96}$": f"agent:mem_{_ID}",
}
_NAMED: Final = {
    "external_ref": "HB-20931",
    "channel": "portal",
    "tier": "smb",
    "region": "UK",
    "language": "en",
    "class_": "narrative",
    "playbook": "marketplace-core@1.0.0",
    "cues": "payout_paused",
    "issue_type": "payout_hold",
    "kind": "business_registration",
    "ref": "PO-88121",
    "queue": "verification",
    "team": "verification",
    "rule": "missing_verification_evidence",
    "template": "payout_hold.first_response@1.0.0",
    "contract": "finance@1.0.0",
    "calendar": "support-uk@2026.1",
    "ladder": "standard@1.0.0",
    "outcome": "released",
    "root_cause": "verification_expired",
    "reason": "evidence_complete",
    "purpose": "work_case",
    "target_role": "senior_reviewer",
}
_SIMPLE: Final[Mapping[Any, Any]] = {
    bool: True,
    int: 1,
    float: 0.95,
    date: "2026-11-16",
    AwareDatetime: "2026-11-22T12:00:00.000Z",
    Any: "release_payout",
}


def sample_of(contract: type[Contract] | type[Part]) -> dict[str, Any]:
    """Return the contract's payload as JSON values, every field filled."""
    return {
        field.alias or name: _of_field(name, field) for name, field in contract.model_fields.items()
    }


def _of_field(name: str, field: FieldInfo) -> Any:  # noqa: ANN401 - any JSON value
    if words := next((m for m in field.metadata if isinstance(m, OneOf)), None):
        return min(words.words)
    if pattern := next((p for m in field.metadata if (p := _pattern(m))), None):
        return _of_pattern(pattern, name)
    if least := next((m.ge for m in field.metadata if isinstance(m, Ge)), None):
        return least
    return _of_type(field.annotation, name)


def _pattern(metadata: object) -> str | None:
    if isinstance(metadata, StringConstraints) or type(metadata).__name__.startswith("_Pydantic"):
        pattern = getattr(metadata, "pattern", None)
        return str(pattern) if pattern else None
    return None


def _of_pattern(pattern: str, name: str) -> str:
    if pattern.endswith("{25}$"):
        return f"{pattern[1 : pattern.index('_')]}_{_ID}"
    return _WORDS.get(pattern) or _NAMED.get(name, name)


def _of_type(annotation: Any, name: str) -> Any:  # noqa: ANN401 - any JSON value
    if annotation in _SIMPLE:
        return _SIMPLE[annotation]
    if isinstance(annotation, type) and issubclass(annotation, Part):
        return sample_of(annotation)
    return _of_generic(get_origin(annotation), get_args(annotation), name)


def _of_generic(origin: Any, arguments: tuple[Any, ...], name: str) -> Any:  # noqa: ANN401 - any JSON value
    if origin is Annotated:
        return _of_annotated(arguments, name)
    if origin is tuple:
        return [_of_type(arguments[0], name)]
    if origin is dict:
        return {"hold_code": _of_type(arguments[1], "verification_expired")}
    if origin in {Union, types.UnionType}:
        return _of_type(arguments[0], name)
    raise TypeError(f"no sample for {name}: {origin}")


def _of_annotated(arguments: tuple[Any, ...], name: str) -> Any:  # noqa: ANN401 - any JSON value
    if words := next((a for a in arguments if isinstance(a, OneOf)), None):
        return min(words.words)
    if pattern := next((p for a in arguments if (p := _pattern(a))), None):
        return _of_pattern(pattern, name)
    return _of_type(arguments[0], name)
