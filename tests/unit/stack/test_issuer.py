import time
from pathlib import Path

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from stack.issuer import Issuer, OutsideTheStack, create_app
from stack.keys import make_keys
from stack.seed import IDENTITIES

URL = "http://127.0.0.1:8099"


@pytest.fixture
def issuer(tmp_path: Path) -> Issuer:
    keys = make_keys(tmp_path / "keys", services=[], users=[])
    return Issuer.load(keys.issuer, url=URL)


@pytest.fixture
def client(issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> httpx.AsyncClient:
    monkeypatch.setenv("SELLERWORKS_STACK", "1")
    transport = httpx.ASGITransport(app=create_app(issuer))
    return httpx.AsyncClient(transport=transport, base_url=URL)


def opened(token: str, jwks: dict[str, object]) -> jwt.Token:
    return jwt.decode(token, KeySet.import_key_set(jwks), algorithms=["ES256"])  # type: ignore[arg-type]  # its own JSON type


class TestTokenFor:
    def test_says_who_someone_is(self, issuer: Issuer) -> None:
        token = opened(issuer.token_for("mara"), issuer.jwks())

        assert token.header["typ"] == "at+jwt"
        assert token.claims["iss"] == URL
        assert token.claims["aud"] == "sellerworks"
        assert token.claims["sub"] == "mara"
        assert token.claims["member"] == IDENTITIES["mara"].member
        assert token.claims["roles"] == ["agent"]
        assert token.claims["marketplaces"] == ["harbour", "harbour-demo"]
        assert token.claims["teams"] == ["verification", "seller_care"]
        assert token.claims["authority"] == 2

    def test_is_good_for_ten_minutes_at_most(self, issuer: Issuer) -> None:
        token = opened(issuer.token_for("mara", now=1_000), issuer.jwks())

        assert (token.claims["iat"], token.claims["exp"]) == (1_000, 1_600)

    def test_keeps_its_key_over_a_restart(self, issuer: Issuer, tmp_path: Path) -> None:
        again = Issuer.load(tmp_path / "keys" / "issuer.pem", url=URL)

        assert opened(again.token_for("ivo"), issuer.jwks()).claims["sub"] == "ivo"


class TestCreateApp:
    def test_refuses_outside_the_stack(
        self, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("SELLERWORKS_STACK", raising=False)

        with pytest.raises(OutsideTheStack):
            create_app(issuer)

    async def test_gives_a_token_by_client_credentials(self, client: httpx.AsyncClient) -> None:
        form = {"client_id": "jonas", "grant_type": "client_credentials"}

        answer = await client.post("/token", data=form)

        jwks = (await client.get("/jwks.json")).json()
        claims = opened(answer.json()["access_token"], jwks).claims
        assert claims["sub"] == "jonas"
        assert claims["exp"] > time.time()
        assert answer.json()["expires_in"] == 600

    async def test_knows_nobody_else(self, client: httpx.AsyncClient) -> None:
        form = {"client_id": "mallory", "grant_type": "client_credentials"}

        answer = await client.post("/token", data=form)

        assert answer.status_code == 401

    @pytest.mark.parametrize("grant", ["password", "authorization_code", ""])
    async def test_knows_no_other_grant(self, client: httpx.AsyncClient, grant: str) -> None:
        answer = await client.post("/token", data={"client_id": "mara", "grant_type": grant})

        assert answer.status_code == 422

    async def test_publishes_no_private_key(self, client: httpx.AsyncClient) -> None:
        discovery = (await client.get("/.well-known/openid-configuration")).json()
        jwks = (await client.get("/jwks.json")).json()

        assert discovery["jwks_uri"] == f"{URL}/jwks.json"
        assert discovery["issuer"] == URL
        assert "d" not in jwks["keys"][0]
