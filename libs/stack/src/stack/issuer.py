"""The development issuer: gives a token to whoever names a demonstration identity."""

import os
import time
from pathlib import Path
from typing import Annotated, Literal
from uuid import uuid4

import uvicorn
from fastapi import FastAPI, Form
from fastapi.responses import JSONResponse, Response
from joserfc import jwt
from joserfc.jwk import ECKey

from stack.seed import IDENTITIES, Identity, claims_of
from stack.services import AUDIENCE

LIFETIME_SECONDS = 600

_ALGORITHM = "ES256"


class OutsideTheStack(Exception):
    """The development issuer trusts everybody: it runs inside the embedded stack only."""


class Issuer:
    """What signs tokens, under the address that verifiers expect as `iss`."""

    def __init__(self, *, url: str, key: ECKey) -> None:
        self.url = url
        self._key = key

    @classmethod
    def load(cls, path: Path, *, url: str) -> "Issuer":
        """Read the key that `stack.keys` made; its id is the RFC 7638 thumbprint."""
        key = ECKey.import_key(path.read_bytes(), {"use": "sig", "alg": _ALGORITHM})
        key.ensure_kid()
        return cls(url=url, key=key)

    def token_for(self, identity: Identity | str, *, now: float | None = None) -> str:
        """
        Sign a bearer token, valid for ten minutes.

        Args:
            identity: A login of the seed, or anybody a test makes up.
            now: Seconds since 1970; the host's clock unless given.

        Raises:
            KeyError: The seed has no such login.
        """
        someone = IDENTITIES[identity] if isinstance(identity, str) else identity
        issued_at = int(time.time() if now is None else now)
        claims = {
            "iss": self.url,
            "aud": AUDIENCE,
            "sub": someone.login,
            "iat": issued_at,
            "exp": issued_at + LIFETIME_SECONDS,
            "jti": uuid4().hex,
            **claims_of(someone),
        }
        header = {"alg": _ALGORITHM, "typ": "at+jwt", "kid": self._key.kid}
        return jwt.encode(header, claims, self._key)

    def jwks(self) -> dict[str, object]:
        return {"keys": [self._key.as_dict(private=False)]}


def create_app(issuer: Issuer) -> FastAPI:
    """
    Serve OIDC discovery, the keys and `POST /token`.

    Raises:
        OutsideTheStack: `SELLERWORKS_STACK` is not 1.
    """
    if os.environ.get("SELLERWORKS_STACK") != "1":
        raise OutsideTheStack
    app = FastAPI(title="SellerWorks development issuer", docs_url=None, redoc_url=None)

    @app.get("/readyz")
    async def ready() -> dict[str, str]:
        return {"status": "ready"}

    @app.get("/.well-known/openid-configuration")
    async def discovery() -> dict[str, object]:
        return {
            "issuer": issuer.url,
            "jwks_uri": f"{issuer.url}/jwks.json",
            "token_endpoint": f"{issuer.url}/token",
            "grant_types_supported": ["client_credentials"],
            "token_endpoint_auth_methods_supported": ["none"],
            "id_token_signing_alg_values_supported": [_ALGORITHM],
        }

    @app.get("/jwks.json")
    async def jwks() -> dict[str, object]:
        return issuer.jwks()

    @app.post("/token")
    async def token(
        client_id: Annotated[str, Form()],
        grant_type: Annotated[Literal["client_credentials"], Form()],  # noqa: ARG001 - asked, never used
    ) -> Response:
        if client_id not in IDENTITIES:
            return JSONResponse({"error": "invalid_client"}, status_code=401)
        return _token_response(issuer.token_for(client_id))

    return app


def _token_response(token: str) -> Response:
    answer = {"access_token": token, "token_type": "Bearer", "expires_in": LIFETIME_SECONDS}
    return JSONResponse(answer, headers={"Cache-Control": "no-store"})


def main() -> None:
    """Serve on SELLERWORKS_PORT with the key of SELLERWORKS_ISSUER_KEY_FILE."""
    key = Path(os.environ["SELLERWORKS_ISSUER_KEY_FILE"])
    issuer = Issuer.load(key, url=os.environ["SELLERWORKS_ISSUER"])
    port = int(os.environ["SELLERWORKS_PORT"])
    uvicorn.run(create_app(issuer), host="127.0.0.1", port=port, log_level="warning")


if __name__ == "__main__":
    main()
