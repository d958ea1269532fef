import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from joserfc.jwk import ECKey, RSAKey

from chassis.auth import IssuerUnavailable, KeyRing
from chassis.auth.issuers import LIFETIME, PATIENCE, read_keys

EC = {
    name: ECKey.generate_key("P-256", {"kid": name, "use": "sig"}).as_dict(private=False)
    for name in ("old", "new")
}


@dataclass(slots=True)
class FakeIssuer:
    """An issuer whose answers and clock a test chooses."""

    answer: Callable[[], Any]
    fetches: int = 0
    now: float = 1000.0
    hold: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.hold.set()

    async def fetch(self) -> object:
        self.fetches += 1
        await self.hold.wait()
        return self.answer()

    def ring(self) -> KeyRing:
        return KeyRing(self.fetch, clock=lambda: self.now)


def keys(*names: str) -> Callable[[], Any]:
    return lambda: {"keys": [EC[name] for name in names]}


def away() -> object:
    raise httpx.ConnectError("away")


async def settle() -> None:
    """Let a fetch that runs beside the request end."""
    for _ in range(5):
        await asyncio.sleep(0)


class TestKeyRing:
    async def test_follows_a_rotation(self) -> None:
        """#84: the new key after one fetch, the old one until the issuer drops it."""
        issuer = FakeIssuer(keys("old"))
        ring = issuer.ring()
        assert await ring.find("old")
        issuer.answer, issuer.now = keys("old", "new"), issuer.now + PATIENCE

        assert await ring.find("new")
        assert await ring.find("old")

        issuer.answer, issuer.now = keys("new"), issuer.now + LIFETIME + 1
        await ring.find("old")
        await settle()
        assert await ring.find("old") is None
        assert await ring.find("new")

    async def test_is_not_driven_by_unknown_ids(self) -> None:
        """#85: 1,000 random ids in 30 s lead to one fetch, and known keys go on answering."""
        issuer = FakeIssuer(keys("old"))
        ring = issuer.ring()
        assert await ring.find("old")
        issuer.now += PATIENCE

        for number in range(1000):
            issuer.now += PATIENCE / 2000
            assert await ring.find(f"random-{number}") is None
            assert await ring.find("old")

        assert issuer.fetches == 2

    async def test_asks_once_for_all_who_wait(self) -> None:
        issuer = FakeIssuer(keys("old"))
        issuer.hold.clear()
        ring = issuer.ring()
        waiting = [asyncio.create_task(ring.find("old")) for _ in range(20)]
        await settle()
        issuer.hold.set()

        found = await asyncio.gather(*waiting)

        assert all(found)
        assert issuer.fetches == 1

    @pytest.mark.parametrize(
        "answer",
        [
            pytest.param(away, id="away"),
            pytest.param(lambda: "garbage", id="garbage"),
            pytest.param(lambda: {"keys": []}, id="no keys"),
            pytest.param(lambda: {"keys": [{"kty": "oct"}]}, id="no usable key"),
        ],
    )
    async def test_keeps_good_keys_when_the_issuer_fails(self, answer: Callable[[], Any]) -> None:
        """#86: a fetch that fails or makes no sense costs nothing that is known."""
        issuer = FakeIssuer(keys("old"))
        ring = issuer.ring()
        assert await ring.find("old")
        issuer.answer, issuer.now = answer, issuer.now + LIFETIME + 1

        assert await ring.find("old")
        await settle()
        assert await ring.find("old")
        assert await ring.find("unknown") is None
        assert issuer.fetches == 2

    async def test_does_not_wait_for_a_slow_issuer_with_a_key_in_hand(self) -> None:
        issuer = FakeIssuer(keys("old"))
        ring = issuer.ring()
        assert await ring.find("old")
        issuer.now += LIFETIME + 1
        issuer.hold.clear()

        found = await asyncio.wait_for(ring.find("old"), timeout=1)

        assert found
        issuer.hold.set()
        await settle()

    async def test_knows_nothing_before_the_first_answer(self) -> None:
        issuer = FakeIssuer(away)
        ring = issuer.ring()

        with pytest.raises(IssuerUnavailable):
            await ring.find("old")

        issuer.answer, issuer.now = keys("old"), issuer.now + 1
        assert await ring.find("old")


class TestReadKeys:
    @pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
    def test_leaves_out_what_it_cannot_use(self) -> None:
        weak = RSAKey.generate_key(1024, {"kid": "weak", "use": "sig"}).as_dict(private=False)
        listed = [
            EC["old"],
            weak,
            EC["new"] | {"use": "enc"},
            EC["new"] | {"kid": "es384", "alg": "ES384"},
            EC["new"] | {"kid": "bent", "x": "AAAA"},
            {"kty": "oct", "kid": "shared", "k": "c2VjcmV0"},
            "not a key",
        ]

        assert set(read_keys({"keys": listed})) == {"old"}
