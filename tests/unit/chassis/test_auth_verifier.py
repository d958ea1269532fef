import hmac
import json
import time
from base64 import urlsafe_b64encode
from typing import Any

import pytest
from joserfc import jws, jwt
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

from chassis.auth import InvalidToken, Issuer, IssuerUnavailable, KeyRing, Verifier
from chassis.auth.issuers import LIFETIME
from chassis.auth.verifier import MOST_REMEMBERED
from identities import AUDIENCE, ISSUER, claims_of

RSA = RSAKey.generate_key(2048, {"kid": "rsa", "use": "sig"})
EC = ECKey.generate_key("P-256", {"kid": "ec", "use": "sig"})
ED = OKPKey.generate_key("Ed25519", {"kid": "ed", "use": "sig"})
P384 = ECKey.generate_key("P-384", {"kid": "p384", "use": "sig"})
THEIRS = RSAKey.generate_key(2048, {"kid": "rsa", "use": "sig"})
KEYS = {"keys": [key.as_dict(private=False) for key in (RSA, EC, ED, P384)]}


async def published() -> object:
    return KEYS


def verifier() -> Verifier:
    return Verifier(Issuer(url=ISSUER, audience=AUDIENCE), KeyRing(published))


def token(
    header: dict[str, Any] | None = None, *, key: Key = RSA, alg: str = "RS256", **claims: object
) -> str:
    head = {"alg": alg, "kid": key.kid or "rsa", "typ": "at+jwt"} | (header or {})
    present = {k: v for k, v in (claims_of("mara") | claims).items() if v is not None}
    signed = b".".join(encoded(json.dumps(part).encode()).encode() for part in (head, present))
    signature = jws.JWSRegistry.algorithms[alg].sign(signed, key)
    return f"{signed.decode()}.{encoded(signature)}"


def encoded(part: bytes) -> str:
    return urlsafe_b64encode(part).rstrip(b"=").decode()


def forged(header: bytes, payload: bytes | None = None, signature: bytes = b"x") -> str:
    body = json.dumps(claims_of("mara")).encode() if payload is None else payload
    return ".".join(map(encoded, (header, body, signature)))


def signed_with_the_public_key() -> str:
    """Take the public key for a shared secret, as a careless library would."""
    header = json.dumps({"alg": "HS256", "kid": "rsa", "typ": "at+jwt"}).encode()
    signed = f"{encoded(header)}.{encoded(json.dumps(claims_of('mara')).encode())}"
    secret = RSA.as_pem(private=False)
    return f"{signed}.{encoded(hmac.digest(secret, signed.encode(), 'sha256'))}"


# Made when tests are collected, which may be long before they run.
FAR_AHEAD = int(time.time()) + 10 * 24 * 3600


class TestVerifier:
    @pytest.mark.parametrize(("key", "alg"), [(RSA, "RS256"), (EC, "ES256"), (ED, "EdDSA")])
    async def test_believes_the_algorithms_of_the_issuer(self, key: Key, alg: str) -> None:
        claims = await verifier().verify(token(key=key, alg=alg))

        assert claims["sub"] == "mara"

    async def test_refuses_another_algorithm_than_the_keys(self) -> None:
        """#80: none, HS256 over the public key, RS512, an EC key under RS256, a wrong curve."""
        tokens = [
            forged(b'{"alg":"none","kid":"rsa","typ":"at+jwt"}'),
            forged(b'{"alg":"none","kid":"rsa","typ":"at+jwt"}', signature=b" "),
            forged(b'{"alg":"None","kid":"rsa","typ":"at+jwt"}'),
            forged(b'{"kid":"rsa","typ":"at+jwt"}'),
            signed_with_the_public_key(),
            token(alg="RS512"),
            token(alg="PS256"),
            token({"kid": "ec"}, alg="RS256"),
            token(key=P384, alg="ES384"),
            token({"alg": "ES256"}, key=P384, alg="ES384"),
        ]

        refused = [await refusal(each) for each in tokens]

        assert all(refused)

    @pytest.mark.parametrize(
        "claims",
        [
            {"iss": ISSUER + "/"},
            {"iss": ISSUER[:-1]},
            {"iss": ISSUER.upper()},
            {"iss": None},
            {"aud": None},
            {"aud": "sellerworks2"},
            {"aud": ["x", "sellerwork"]},
            {"aud": {"sellerworks": 1}},
            {"exp": None},
            {"exp": int(time.time()) - 61},
            {"exp": "2099"},
            {"exp": True},
            {"nbf": FAR_AHEAD},
            {"nbf": "soon"},
            {"iat": None},
            {"iat": FAR_AHEAD},
            {"sub": None},
            {"sub": ""},
            {"sub": 7},
        ],
        ids=range(19),
    )
    async def test_refuses_claims_that_are_not_for_us_now(self, claims: dict[str, Any]) -> None:
        assert await refusal(token(None, **claims))

    @pytest.mark.parametrize("typ", ["JWT", "jwt", "", None, 3, "id+jwt"])
    async def test_refuses_other_kinds_of_token(self, typ: object) -> None:
        """ID tokens say who someone is to a client, not what they may do here."""
        assert await refusal(token({"typ": typ})) == "type"

    @pytest.mark.parametrize("audience", [AUDIENCE, ["other", AUDIENCE]])
    async def test_takes_one_audience_or_several(self, audience: object) -> None:
        claims = await verifier().verify(token(None, aud=audience))

        assert claims["aud"] == audience

    async def test_allows_for_a_minute_between_clocks(self) -> None:
        now = int(time.time())

        claims = await verifier().verify(token(None, exp=now - 50, nbf=now + 50, iat=now + 50))

        assert claims["exp"] == now - 50

    @pytest.mark.parametrize(
        "header",
        [
            {"jku": "http://127.0.0.1:1/keys"},
            {"x5u": "http://127.0.0.1:1/chain"},
            {"jwk": THEIRS.as_dict(private=False)},
            {"x5c": ["MIIB"]},
            {"crit": ["exp"]},
        ],
        ids=["jku", "x5u", "jwk", "x5c", "crit"],
    )
    async def test_refuses_headers_that_point_to_keys(self, header: dict[str, Any]) -> None:
        """#82: signed by the attacker's key or by ours, and nothing is fetched."""
        fetched: list[str] = []

        async def fetch() -> object:
            fetched.append("keys")
            return KEYS

        keen = Verifier(Issuer(url=ISSUER, audience=AUDIENCE), KeyRing(fetch))
        reasons = [await refusal(token(header, key=key), keen) for key in (THEIRS, RSA)]

        assert reasons == ["header", "header"]
        assert fetched == []

    async def test_refuses_anothers_signature(self) -> None:
        assert await refusal(token(key=THEIRS)) == "signature"

    @pytest.mark.parametrize("part", [0, 1, 2])
    async def test_refuses_a_changed_part(self, part: int) -> None:
        parts = token().split(".")
        sign = parts[part][5]
        parts[part] = parts[part][:5] + ("A" if sign != "A" else "B") + parts[part][6:]

        assert await refusal(".".join(parts))

    async def test_refuses_odd_forms_at_once(self) -> None:
        """#83: 9 KiB, claims twice, no JSON, a nested or encrypted token, in 5 ms each."""
        good = b'{"alg":"RS256","kid":"rsa","typ":"at+jwt"}'
        forms = [
            token(None, padding="x" * 9 * 1024),
            forged(good, b'{"sub":"mara","sub":"ines"}'),
            forged(b'{"alg":"RS256","alg":"none","kid":"rsa","typ":"at+jwt"}'),
            forged(good, b"not json"),
            forged(good, b"[]"),
            forged(b"[]"),
            forged(good, jwt.encode({"alg": "RS256"}, {}, RSA).encode()),
            "a.b.c.d.e",
            "",
            "..",
            "a.b",
            "a.b.c d",
            "é.b.c",
            token() + "=",
        ]
        one = verifier()

        started = time.perf_counter()
        reasons = [await refusal(each, one) for each in forms]
        took = time.perf_counter() - started

        assert all(reasons)
        assert took < 0.005 * len(forms)

    async def test_says_that_it_cannot_know_before_the_issuer_answered(self) -> None:
        async def fetch() -> object:
            raise ConnectionRefusedError

        lonely = Verifier(Issuer(url=ISSUER, audience=AUDIENCE), KeyRing(fetch))

        with pytest.raises(IssuerUnavailable):
            await lonely.verify(token())


async def refusal(text: str, by: Verifier | None = None) -> str | None:
    """Return why a token is refused, or None if it is believed."""
    try:
        await (by or verifier()).verify(text)
    except InvalidToken as error:
        return error.reason
    return None


class TestRememberedToken:
    async def test_expires_all_the_same(self) -> None:
        now = [time.time()]
        one = Verifier(
            Issuer(url=ISSUER, audience=AUDIENCE), KeyRing(published), clock=lambda: now[0]
        )
        said = token()
        await one.verify(said)
        now[0] += 24 * 3600

        with pytest.raises(InvalidToken, match="expired"):
            await one.verify(said)

    async def test_is_worth_nothing_once_its_key_is_withdrawn(self) -> None:
        keys: list[Key] = [RSA, EC]
        now = [0.0]

        async def fetch() -> object:
            return {"keys": [key.as_dict(private=False) for key in keys]}

        ring = KeyRing(fetch, clock=lambda: now[0])
        one = Verifier(Issuer(url=ISSUER, audience=AUDIENCE), ring)
        said = token()
        await one.verify(said)
        keys.remove(RSA)
        now[0] += LIFETIME + 1
        await refusal(token({"kid": "another"}), one)  # which makes it fetch the keys, and wait

        with pytest.raises(InvalidToken, match="key"):
            await one.verify(said)

    async def test_is_told_from_one_that_only_looks_like_it(self) -> None:
        one, said = verifier(), token()
        await one.verify(said)

        with pytest.raises(InvalidToken, match="signature"):
            await one.verify(f"{said.rpartition('.')[0]}.{encoded(bytes(256))}")

    async def test_is_forgotten_when_there_are_too_many(self) -> None:
        one = verifier()
        for n in range(MOST_REMEMBERED + 2):
            await one.verify(token(key=ED, alg="EdDSA", jti=str(n)))

        assert len(one._proven) == MOST_REMEMBERED  # noqa: SLF001 - memory shows nowhere else
