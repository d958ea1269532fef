import hashlib
import hmac
import os
from base64 import b64decode, b64encode, urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from hypothesis import given, strategies as st

from chassis.vault import (
    CommitmentMismatch,
    NotOfThisKey,
    UnknownClass,
    commitment,
    new_key_pair,
    open_value,
    seal,
    tag,
)
from contracts.sealed import SealedValue

PRIVATE, PUBLIC = new_key_pair()
KEY = "key_01m80000000000000000000000"
CASE = "case_01m8000000000000000000000a"


def sealed(value: object = "My payout was paused.", class_: str = "narrative") -> SealedValue:
    return seal(value, public_key=PUBLIC, key=KEY, class_=class_, subject=CASE)


def by_hand(packed: bytes, claim: str) -> SealedValue:
    """Seal bytes as an attacker would who has the public key, as everyone has."""
    info = rfc8785.dumps({"v": 1, "key": KEY, "class": "narrative", "subject": CASE})
    suite = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
    public = X25519PublicKey.from_public_bytes(b64decode(PUBLIC))
    box = urlsafe_b64encode(suite.encrypt(packed, public, info=info)).rstrip(b"=").decode()
    return SealedValue(sealed=box, key=KEY, class_="narrative", commitment=claim)


class TestSeal:
    @pytest.mark.parametrize(
        "value", ["text", "", "é😀", {"name": "a.pdf", "sha256": "00"}, 7, None]
    )
    def test_opens_to_what_was_sealed(self, value: object) -> None:
        opened = open_value(PRIVATE, sealed(value), subject=CASE)

        assert opened.value == value

    def test_commits_to_the_value_under_the_salt_in_the_box(self) -> None:
        """By the letter of its definition: an auditor recomputes it without our code."""
        value = sealed("é")
        opened = open_value(PRIVATE, value, subject=CASE)

        recomputed = hmac.new(opened.salt, '"é"'.encode(), hashlib.sha256).digest()

        assert value.commitment == b64encode(recomputed).decode()

    def test_shows_nothing(self) -> None:
        shown = sealed("canary").model_dump_json()

        assert "canary" not in shown

    def test_never_looks_the_same_twice(self) -> None:
        first, second = sealed(), sealed()

        assert first.sealed != second.sealed
        assert first.commitment != second.commitment

    @pytest.mark.parametrize("class_", ["contact", "bank", "identity"])
    def test_hides_the_length_of_what_is_short(self, class_: str) -> None:
        lengths = {len(sealed("1" * length, class_).sealed) for length in range(1, 20)}

        assert len(lengths) <= 2

    def test_refuses_a_class_that_does_not_exist(self) -> None:
        with pytest.raises(UnknownClass):
            sealed("x", "secret")


class TestOpenValue:
    @pytest.mark.parametrize(
        "changed",
        [
            {"class_": "message"},
            {"key": "key_01m80000000000000000000001"},
            {"sealed": "AAAA"},
            {"sealed": ""},
        ],
    )
    def test_refuses_what_it_was_not_sealed_as(self, changed: dict[str, str]) -> None:
        with pytest.raises(NotOfThisKey):
            open_value(PRIVATE, sealed().model_copy(update=changed), subject=CASE)

    def test_refuses_a_value_of_another_case(self) -> None:
        with pytest.raises(NotOfThisKey):
            open_value(PRIVATE, sealed(), subject=CASE[:-1] + "b")

    def test_refuses_another_sellers_key(self) -> None:
        with pytest.raises(NotOfThisKey):
            open_value(new_key_pair()[0], sealed(), subject=CASE)

    def test_refuses_a_changed_bit(self) -> None:
        value = sealed()
        box = bytearray(urlsafe_b64decode(value.sealed + "=" * (-len(value.sealed) % 4)))
        box[40] ^= 1
        bent = value.model_copy(update={"sealed": urlsafe_b64encode(box).rstrip(b"=").decode()})

        with pytest.raises(NotOfThisKey):
            open_value(PRIVATE, bent, subject=CASE)

    def test_refuses_a_commitment_to_something_else(self) -> None:
        other = sealed("other").commitment

        with pytest.raises(CommitmentMismatch):
            open_value(PRIVATE, sealed().model_copy(update={"commitment": other}), subject=CASE)

    @pytest.mark.parametrize("length", [0, 31, 33, 64, 65])
    def test_refuses_a_salt_of_another_length(self, length: int) -> None:
        """HMAC hashes long keys and pads short ones, so that two salts could mean one."""
        salt = os.urandom(length)
        packed = rfc8785.dumps({"salt": b64encode(salt).decode(), "value": "x"})

        with pytest.raises(CommitmentMismatch):
            open_value(PRIVATE, by_hand(packed, commitment(salt, "x")), subject=CASE)

    @pytest.mark.parametrize("packed", [b"", b"[]", b"{}", b'{"salt":1,"value":2}', b"\xff"])
    def test_refuses_another_content(self, packed: bytes) -> None:
        with pytest.raises(CommitmentMismatch):
            open_value(PRIVATE, by_hand(packed, "AAAA"), subject=CASE)

    def test_does_not_show_itself_in_a_log(self) -> None:
        assert "paused" not in repr(open_value(PRIVATE, sealed(), subject=CASE))


class TestCommitment:
    @given(st.text())
    def test_is_over_jcs(self, text: str) -> None:
        salt = b"s" * 32

        recomputed = hmac.digest(salt, rfc8785.dumps(text), "sha256")

        assert commitment(salt, text) == b64encode(recomputed).decode()


class TestTag:
    @given(st.text())
    def test_is_over_jcs(self, text: str) -> None:
        parts: list[Any] = [text, {"b": 1, "a": text}, None]

        recomputed = hmac.digest(b"key", rfc8785.dumps(parts), "sha256")

        assert tag(b"key", *parts) == recomputed

    def test_keeps_apart_what_joins_to_the_same_text(self) -> None:
        assert tag(b"k", "harbour", "eu/1") != tag(b"k", "harbour/eu", "1")

    def test_is_the_same_for_the_same_and_another_under_another_key(self) -> None:
        assert tag(b"k", "a", {"b": 1}) == tag(b"k", "a", {"b": 1})
        assert tag(b"k", "a") != tag(b"l", "a")
