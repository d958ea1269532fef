"""The part of a handoff that every team gets, as JSON Schema; the platform fills it."""

from typing import Any, TypeAlias

Schema: TypeAlias = dict[str, Any]

IDENTIFIER = "^[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}$"
REFERENCE = "^[A-Za-z0-9][A-Za-z0-9._:/@#,+*-]{0,119}$"
CURRENCY = "^[A-Z]{3}$"

REQUIRED = (
    "why_it_matters",
    "already_checked",
    "next_action_required",
    "evidence",
    "case_history",
    "policy_refs",
    "due_by",
)


def common_properties(actions: tuple[str, ...]) -> dict[str, Schema]:
    """Describe the common fields. `what_happened` is missing when a seller wrote nothing."""
    return {
        "what_happened": {"description": "The seller's words, sealed, copied.", **_sealed()},
        "why_it_matters": {"description": "What is at stake and until when.", **_stake()},
        "already_checked": {
            "description": "What nobody has to look at again.",
            **_list(_step(required=("step", "result"), result=_reference())),
        },
        "next_action_required": {"description": "What to do now.", "enum": list(actions)},
        "evidence": {
            "description": "Every document collected, by id and commitment.",
            **_list(
                _record(
                    required=("kind", "id"),
                    kind=_reference(),
                    id=_reference(),
                    commitment={"type": "string", "pattern": "^[A-Za-z0-9+/_=-]{1,128}$"},
                )
            ),
        },
        "case_history": {
            "description": "Who started the case and which steps were taken.",
            **_list(_step(required=("step", "at"))),
        },
        "policy_refs": {"description": "Policies that apply.", **_list(_reference())},
        "due_by": {"description": "Until when to answer.", **_instant()},
    }


def money() -> Schema:
    return _record(
        required=("amount_minor", "currency"),
        amount_minor={"type": "integer", "minimum": 0},
        currency={"type": "string", "pattern": CURRENCY},
    )


def _stake() -> Schema:
    return _record(
        required=("severity", "due_by"),
        severity={"enum": ["low", "medium", "high", "critical"]},
        due_by=_instant(),
        amount_at_risk=money(),
    )


def _step(*, required: tuple[str, ...], **more: Schema) -> Schema:
    return _record(required=required, step=_reference(), by=_reference(), at=_instant(), **more)


def _sealed() -> Schema:
    text = {"type": "string", "minLength": 1}
    fields = ("sealed", "key", "class", "commitment")
    return _record(required=fields, **dict.fromkeys(fields, text))


def _record(*, required: tuple[str, ...], **properties: Schema) -> Schema:
    return {
        "type": "object",
        "required": list(required),
        "properties": properties,
        "additionalProperties": False,
    }


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items, "maxItems": 200}


def _reference() -> Schema:
    return {"type": "string", "pattern": REFERENCE}


def _instant() -> Schema:
    return {"type": "string", "format": "date-time"}
