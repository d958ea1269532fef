"""A restricted value as it travels: closed to all but the vault."""

from pydantic import Field

from contracts.event import Part
from contracts.words import Base64, Code, KeyId, Sealed


class SealedValue(Part):
    """
    A value sealed to a seller's public key (RFC 9180), beside a commitment to it.

    Only the vault can open it. The commitment, HMAC-SHA256(salt, JCS(value)), lets whoever was
    given value and salt prove what was sealed, and tells nothing to anyone else.
    """

    sealed: Sealed = Field(description="HPKE box of JCS {salt, value}, base64url.")
    key: KeyId = Field(description="The seller's key pair.")
    class_: Code = Field(
        alias="class",
        description="contact, identity, bank, narrative, message, risk or evidence_file.",
    )
    commitment: Base64 = Field(description="HMAC-SHA256(salt, JCS(value)), base64.")
