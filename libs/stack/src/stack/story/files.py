"""What the story's people send: a filing, documents, a decision."""

from typing import Any
from uuid import uuid4

FIRST_DESCRIPTION = "My payout was paused on Monday. I need it by Friday."


def new_filing(marketplace: str = "harbour", **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    """A filing that nobody has sent before."""
    run = uuid4().hex[:8]
    return filing(marketplace, f"HB-{run}", f"PO-{run}") | changes


def filing(
    marketplace: str, external_ref: str, payout_ref: str, *, words: str = FIRST_DESCRIPTION
) -> dict[str, Any]:
    """The ceramics seller's case, as a marketplace's front-end files it."""
    return {
        "marketplace": marketplace,
        "external_ref": external_ref,
        "seller": {"ref": "clay-and-co", "tier": "smb", "region": "UK", "language": "en"},
        "channel": "portal",
        "issue_type": "payout_hold",
        "subject": "Payout paused",
        "description": words,
        "facts": {
            "payout_ref": payout_ref,
            "amount": {"amount_minor": 184050, "currency": "GBP"},
            "hold_code": "verification_expired",
            "hold_since": "2026-11-16",
        },
        "evidence_on_file": [
            {"kind": "identity_document", "valid_until": "2031-04-01"},
            {"kind": "business_registration", "valid_until": "2026-10-31"},
        ],
    }


def document(kind: str, *, words: str = "Clay & Co, Stoke-on-Trent") -> dict[str, Any]:
    """A small PDF of a kind, as a multipart form."""
    content = (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        b"2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"
        b"% " + kind.encode() + b" " + words.encode() + b"\ntrailer<</Root 1 0 R>>\n%%EOF\n"
    )
    return {
        "data": {"kind": kind},
        "files": {"file": (f"{kind}.pdf", content, "application/pdf")},
    }


def handoff(payout_ref: str, *, hold_code: str | None = "verification_expired") -> dict[str, Any]:
    """What mara fills in for finance; without the hold code it is refused."""
    payload: dict[str, Any] = {
        "payout_refs": [payout_ref],
        "amount": {"amount_minor": 184050, "currency": "GBP"},
    }
    if hold_code is not None:
        payload["hold_code"] = hold_code
    return {"team": "finance", "blocking": True, "payload": payload}


def decision(evidence: list[str]) -> dict[str, Any]:
    return {
        "type": "payout_release",
        "outcome": "released",
        "root_cause": "verification_expired",
        "reasons": ["evidence_complete"],
        "evidence": evidence,
        "redress": "appeal",
        "template": "payout_hold.decision.favourable",
        "resolves": True,
    }
