"""A document as it is sent and as it is shown."""

from datetime import date
from typing import Any, Final

from pydantic import AwareDatetime, Field

from chassis import http

FORM: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["kind", "file"],
                    "properties": {
                        "kind": {
                            "type": "string",
                            "description": "Kind of evidence, a code of the playbook.",
                            "examples": ["business_registration"],
                        },
                        "file": {
                            "type": "string",
                            "contentMediaType": "application/octet-stream",
                            "description": "A pdf, jpeg or png, declared as what it is; ≤ 20 MiB.",
                        },
                        "item": {
                            "type": "string",
                            "description": "The requested item that it answers, `itm_…`.",
                        },
                    },
                }
            }
        },
    }
}


class ReceivedEvidence(http.ResponseModel):
    id: str = Field(description="Our id of it.")
    kind: str = Field(description="Kind of evidence.")
    item: str | None = Field(description="The requested item that it answers.")
    size: int | None = Field(description="Bytes of the file.")
    media_type: str | None = Field(description="By its first bytes.")
    received_at: AwareDatetime | None = Field(description="When it came.")
    replayed: bool = Field(description="True when this document was on file already.")


class EvidenceItem(http.ResponseModel):
    id: str = Field(description="Our id of it.")
    kind: str = Field(description="Kind of evidence.")
    state: str = Field(
        description="on_file (at the marketplace), received, accepted, rejected or waived."
    )
    reason: str | None = Field(default=None, description="Why, a code of the playbook.")
    item: str | None = Field(default=None, description="The requested item that it answers.")
    size: int | None = Field(default=None, description="Bytes of the file.")
    media_type: str | None = Field(default=None, description="By its first bytes.")
    provenance: str | None = Field(default=None, description="Who sent it.")
    received_at: AwareDatetime | None = Field(default=None, description="When it came.")
    issued_on: date | None = Field(default=None, description="When it was issued, if known.")
    valid_until: date | None = Field(default=None, description="Last day of validity, if any.")
    file: http.Restricted = Field(
        default=None, description="Name and digest of the file; class evidence_file."
    )


class EvidenceList(http.ResponseModel):
    items: list[EvidenceItem] = Field(description="All documents of the case.")
