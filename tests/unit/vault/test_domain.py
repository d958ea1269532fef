"""Key pairs: wrapped, bound, refused."""

from dataclasses import replace

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from vault.domain.keys import (
    Binding,
    ClassNotCleared,
    KeyDestroyed,
    KeyForeign,
    KeyPair,
    KeyState,
    MasterKeyUnusable,
    check_classes,
    check_key,
    check_master_key,
    decide_binding,
    unwrap,
    wrap,
)

MASTER = bytes(32)


def a_pair(**changes: object) -> KeyPair:
    given = {"key": "key_1", "public_key": "pub", "wrapped": b"", **changes}
    return KeyPair(**given)  # type: ignore[arg-type]  # changes are of the fields' types


BOUND = a_pair(state=KeyState.BOUND, marketplace="harbour", seller="sel_1")


class TestWrap:
    def test_gives_the_key_back_under_the_same_master_and_name(self) -> None:
        private = X25519PrivateKey.generate()

        wrapped = wrap(private, master=MASTER, key="key_1")

        again = unwrap(wrapped, master=MASTER, key="key_1")
        assert again.private_bytes_raw() == private.private_bytes_raw()
        assert private.private_bytes_raw() not in wrapped

    @pytest.mark.parametrize(("master", "key"), [(b"x" * 32, "key_1"), (MASTER, "key_2")])
    def test_keeps_it_from_another_master_and_name(self, master: bytes, key: str) -> None:
        wrapped = wrap(X25519PrivateKey.generate(), master=MASTER, key="key_1")

        with pytest.raises(InvalidTag):
            unwrap(wrapped, master=master, key=key)


class TestCheckMasterKey:
    def test_wants_32_bytes(self) -> None:
        assert check_master_key(MASTER) == MASTER
        with pytest.raises(MasterKeyUnusable):
            check_master_key(b"short")


class TestDecideBinding:
    @pytest.mark.parametrize(
        ("pair", "public", "binding"),
        [
            (None, "pub", Binding.FOREIGN),
            (a_pair(), "other", Binding.FOREIGN),
            (a_pair(), "pub", Binding.DONE),
            (BOUND, "pub", Binding.DONE),
            (a_pair(state=KeyState.BOUND, marketplace="bazaar", seller="sel_1"), "pub",
             Binding.FOREIGN),
            (a_pair(state=KeyState.BOUND, marketplace="harbour", seller="sel_2"), "pub",
             Binding.FOREIGN),
        ],
    )  # fmt: skip
    def test_gives_a_key_to_one_seller_of_one_marketplace(
        self, pair: KeyPair | None, public: str, binding: Binding
    ) -> None:
        decided = decide_binding(pair, marketplace="harbour", seller="sel_1", public=public)

        assert decided is binding


class TestCheckKey:
    def test_returns_the_sellers_own(self) -> None:
        assert check_key(BOUND, marketplace="harbour", seller="sel_1") == BOUND.wrapped

    @pytest.mark.parametrize("pair", [None, a_pair()])
    def test_refuses_any_other(self, pair: KeyPair | None) -> None:
        with pytest.raises(KeyForeign):
            check_key(pair, marketplace="harbour", seller="sel_1")

    def test_says_when_it_was_destroyed(self) -> None:
        gone = replace(BOUND, state=KeyState.DESTROYED, wrapped=None)

        with pytest.raises(KeyDestroyed):
            check_key(gone, marketplace="harbour", seller="sel_1")


class TestCheckClasses:
    def test_allows_what_the_caller_is_cleared_for(self) -> None:
        check_classes(frozenset({"bank"}), cleared=frozenset({"bank", "risk"}), role="compliance")

    @pytest.mark.parametrize(
        ("asked", "cleared", "role"),
        [("bank", {"narrative"}, "agent"), ("bank", {"bank"}, "front_end")],
    )
    def test_refuses_the_rest(self, asked: str, cleared: set[str], role: str) -> None:
        with pytest.raises(ClassNotCleared):
            check_classes(frozenset({asked}), cleared=frozenset(cleared), role=role)
