"""Who asks, and whether they may: tokens, principals and the one decision about them."""

from chassis.auth.decide import (
    PUBLIC,
    Action,
    Allow,
    Deny,
    Reason,
    Resource,
    Scope,
    decide,
    resource_of,
)
from chassis.auth.issuers import Issuer, IssuerUnavailable, KeyRing
from chassis.auth.principals import Principal, UnusableIdentity, principal_of
from chassis.auth.service_tokens import ServiceTokens, TokenUnavailable
from chassis.auth.verifier import InvalidToken, Verifier

__all__ = [
    "PUBLIC",
    "Action",
    "Allow",
    "Deny",
    "InvalidToken",
    "Issuer",
    "IssuerUnavailable",
    "KeyRing",
    "Principal",
    "Reason",
    "Resource",
    "Scope",
    "ServiceTokens",
    "TokenUnavailable",
    "UnusableIdentity",
    "Verifier",
    "decide",
    "principal_of",
    "resource_of",
]
