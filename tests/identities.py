"""Identities of tests: an issuer in memory, its tokens, and a verifier that believes them."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey

from chassis.auth import Issuer, KeyRing, Verifier

ISSUER = "http://issuer.test"
AUDIENCE = "sellerworks"
MEMBERS = {
    name: f"mem_01m8{number:022d}"
    for number, name in enumerate(
        ("mara", "jonas", "sofia", "ines", "ivo", "olga", "oskar", "boris", "finance-desk", "petra")
    )
}
_HARBOUR = {"marketplaces": ["harbour", "harbour-demo"]}
_AGENT = ["identity", "narrative", "message", "evidence_file"]
_ALL = [*_AGENT, "bank", "contact", "risk"]
WHO: Mapping[str, Mapping[str, Any]] = {
    "harbour-front-end": {"roles": ["front_end"], **_HARBOUR},
    "bazaar-front-end": {"roles": ["front_end"], "marketplaces": ["bazaar"]},
    "seller-clay-and-co": {"roles": ["seller"], "seller_ref": "clay-and-co", **_HARBOUR},
    "seller-bazaar-one": {
        "roles": ["seller"],
        "seller_ref": "bazaar-one",
        "marketplaces": ["bazaar"],
    },
    "mara": {
        "roles": ["agent"],
        "teams": ["verification", "seller_care"],
        "authority": 2,
        "clearances": _AGENT,
        **_HARBOUR,
    },
    "jonas": {
        "roles": ["senior_agent"],
        "teams": ["verification", "seller_care"],
        "authority": 3,
        "clearances": [*_AGENT, "bank", "contact"],
        **_HARBOUR,
    },
    "sofia": {
        "roles": ["supervisor"],
        "teams": ["verification", "seller_care"],
        "authority": 3,
        "clearances": _AGENT,
        **_HARBOUR,
    },
    "boris": {
        "roles": ["agent"],
        "teams": ["verification"],
        "authority": 2,
        "clearances": _AGENT,
        "marketplaces": ["bazaar"],
    },
    "finance-desk": {
        "roles": ["partner"],
        "teams": ["finance"],
        "clearances": ["narrative", "evidence_file"],
        **_HARBOUR,
    },
    "ines": {"roles": ["compliance"], "clearances": _ALL, **_HARBOUR},
    "ivo": {"roles": ["compliance"], "clearances": _ALL, **_HARBOUR},
    "petra": {"roles": ["policy_owner"], **_HARBOUR},
    "olga": {"roles": ["operator"]},
    "oskar": {"roles": ["operator"]},
    "service-router": {"roles": ["service"], "service": "router"},
    "service-intake": {"roles": ["service"], "service": "intake"},
    "service-vault": {"roles": ["service"], "service": "vault"},
    "service-audit": {"roles": ["service"], "service": "audit"},
}


@dataclass(slots=True)
class Identities:
    """An issuer of its own for one test: whom it names is who asks."""

    key: ECKey = field(
        default_factory=lambda: ECKey.generate_key("P-256", {"kid": "test-1", "use": "sig"})
    )

    def verifier(self) -> Verifier:
        async def fetch() -> object:
            return {"keys": [self.key.as_dict(private=False)]}

        return Verifier(Issuer(url=ISSUER, audience=AUDIENCE), KeyRing(fetch))

    def token(self, name: str, **changed: object) -> str:
        """Return a token of a demo identity, with claims changed (None removes one)."""
        claims = claims_of(name) | changed
        present = {claim: value for claim, value in claims.items() if value is not None}
        header = {"alg": "ES256", "kid": self.key.kid, "typ": "at+jwt"}
        return jwt.encode(header, present, self.key, algorithms=["ES256"])

    def headers(self, name: str, **changed: object) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token(name, **changed)}"}


def claims_of(name: str) -> dict[str, Any]:
    now = int(time.time())
    who = {"member": MEMBERS[name]} if name in MEMBERS else {}
    times = {"iat": now, "exp": now + 600}
    return {"iss": ISSUER, "aud": AUDIENCE, "sub": name, **times, **who, **WHO[name]}
