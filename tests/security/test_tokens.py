"""No route believes a token that is not the issuer's, for us, now; nor a role that may not."""

import hmac
import json
import re
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping

import pytest
from joserfc import jwt

from identities import AUDIENCE, ISSUER, Identities, claims_of
from street import HARBOUR, House

PUBLIC_PAGES = ("/docs", "/openapi.json", "/healthz", "/readyz", "/metrics", "/version")
ALWAYS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}


def part(value: Mapping[str, object]) -> str:
    return urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def forged(house: House, who: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Name what is wrong, and the headers that are."""
    now, ours = int(time.time()), house.identities
    claims = claims_of(who)
    stranger = Identities()
    changed: Mapping[str, Mapping[str, object]] = {
        "expired": {"iat": now - 900, "exp": now - 300},
        "not yet": {"nbf": now + 600},
        "foreign issuer": {"iss": "http://evil.test"},
        "our issuer and more": {"iss": f"{ISSUER}.evil.test"},
        "another's audience": {"aud": "another"},
        "almost our audience": {"aud": f"{AUDIENCE}-2"},
        "no audience": {"aud": None},
        "no end": {"exp": None},
        "nobody": {"sub": None},
    }
    for what, claim in changed.items():
        yield what, ours.headers(who, **claim)
    yield "another's signature", stranger.headers(who)
    bare = part({"alg": "none", "typ": "at+jwt", "kid": ours.key.kid})
    for what, token in {
        "no algorithm": f"{bare}.{part(claims)}.",
        "HS256 with our public key": hs256(ours, claims),
        "an ID token": jwt.encode(
            {"alg": "ES256", "kid": ours.key.kid, "typ": "JWT"}, claims, ours.key
        ),
        "nothing": "",
        "too long": "a." * 5000,
    }.items():
        yield what, {"authorization": f"Bearer {token}"}
    yield "another scheme", {"authorization": "Basic bWFyYTptYXJh"}
    yield "no header", {}


def hs256(ours: Identities, claims: Mapping[str, object]) -> str:
    header = {"alg": "HS256", "typ": "at+jwt", "kid": ours.key.kid}
    signed = f"{part(header)}.{part(claims)}"
    public = ours.key.as_pem(private=False)
    mac = hmac.new(public, signed.encode(), "sha256").digest()
    return f"{signed}.{urlsafe_b64encode(mac).rstrip(b'=').decode()}"


class TestTokens:
    @pytest.mark.covers("SE-6")
    async def test_that_are_not_good_are_good_for_nothing(self, house: House) -> None:
        before = await house.remains()

        for knock in house.protected():
            who = HARBOUR.get(knock.a_role, "jonas")
            for what, headers in forged(house, who):
                answer = await house.knock(knock, headers)

                seen = (answer.status_code, answer.json()["code"])
                assert seen == (401, "unauthenticated"), (knock.name, what)
                assert answer.headers["www-authenticate"].startswith("Bearer")
        assert await house.remains() == before

    async def test_of_persons_say_which_member(self, house: House) -> None:
        for knock in house.protected():
            for role in set(knock.calling.action.grants) - {"front_end", "seller", "service"}:
                answer = await house.knock(knock, house.harbour(role, member=None))

                assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), knock.name

    @pytest.mark.covers("SE-5")
    async def test_of_other_roles_are_refused(self, house: House) -> None:
        before = await house.remains()

        for knock in house.protected():
            others = {*HARBOUR, "visitor", "policy_owner"} - set(knock.calling.action.grants)
            for role in others:
                answer = await house.knock(knock, house.harbour(role))

                seen = (answer.status_code, answer.json()["code"])
                assert seen == (403, "forbidden"), (knock.name, role)
        assert await house.remains() == before


class TestPages:
    async def test_are_for_everyone_and_tell_nothing(self, house: House) -> None:
        secret = {one for one in house.ids.values() if re.search("_[0-9a-z]{26}$", one)}

        for page in PUBLIC_PAGES:
            answer = await house.client.get(page)

            good = {200, 503} if page == "/readyz" else {200}  # nothing works behind this door
            assert answer.status_code in good, page
            assert not [one for one in secret if one in answer.text], page
            assert answer.headers.items() >= ALWAYS.items(), page
            assert "frame-ancestors 'none'" in answer.headers["content-security-policy"], page

    async def test_of_operations_are_for_operators(self, house: House) -> None:
        for knock in (one for one in house.protected() if one.path.startswith("/ops/")):
            assert set(knock.calling.action.grants) <= {"operator", "service"}, knock.name
            if "service" in knock.calling.action.grants:
                assert "/outbox/" in knock.path

    async def test_have_the_headers_when_they_refuse_too(self, house: House) -> None:
        for path in ("/nowhere", "/v1/cases/x/y/z", "/ops/parked"):
            answer = await house.ask("GET", path)

            assert answer.headers.items() >= ALWAYS.items(), path
