"""Signatures of events."""

import base64
from pathlib import Path

import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, strategies as st

from chassis.signing import (
    BadSignature,
    Signer,
    load_public_keys,
    sign_headers,
    signed_bytes,
    verify,
    write_new_key,
)

SIGNER = Signer.of(Ed25519PrivateKey.from_private_bytes(bytes(32)), service="router")
KEYS = {SIGNER.key_id: SIGNER.public_key}
HEADERS = {"ce_id": "1", "ce_source": "/sellerworks/router", "content-type": "application/json"}
names = st.from_regex(r"ce_[a-z]{1,12}", fullmatch=True)


class TestSignedBytes:
    @given(st.dictionaries(names, st.text(st.characters(exclude_categories=["Cs"]))), st.binary())
    def test_are_canonical_json(self, headers: dict[str, str], payload: bytes) -> None:
        written = signed_bytes(headers, payload)

        digest = signed_bytes({}, payload).decode().removeprefix('{"payload":"').removesuffix('"}')
        signed = {name: value for name, value in headers.items() if name != "ce_signature"}
        assert written == rfc8785.dumps({**signed, "payload": digest})


class TestVerify:
    def test_takes_what_was_signed(self) -> None:
        verify(sign_headers(HEADERS, b"{}", SIGNER), b"{}", KEYS)

    def test_does_not_care_for_headers_outside_of_the_event(self) -> None:
        signed = sign_headers(HEADERS, b"{}", SIGNER)

        verify({**signed, "traceparent": "00-1"}, b"{}", KEYS)

    @pytest.mark.parametrize(
        ("changed", "payload"),
        [
            ({"ce_id": "2"}, b"{}"),
            ({"ce_marketplace": "harbour"}, b"{}"),
            ({"ce_source": "/sellerworks/intake"}, b"{}"),
            ({"ce_keyid": "router-00000000"}, b"{}"),
            ({"ce_signature": "AAAA"}, b"{}"),
            ({"ce_signature": "not base64"}, b"{}"),
            ({}, b"{ }"),
        ],
    )
    def test_refuses_what_was_changed(self, changed: dict[str, str], payload: bytes) -> None:
        signed = sign_headers(HEADERS, b"{}", SIGNER)

        with pytest.raises(BadSignature):
            verify({**signed, **changed}, payload, KEYS)

    def test_refuses_another_services_key(self) -> None:
        intake = Signer.of(SIGNER.key, service="intake")
        forged = sign_headers(HEADERS, b"{}", intake)

        with pytest.raises(BadSignature, match="producer"):
            verify(forged, b"{}", {intake.key_id: intake.public_key})


class TestSigner:
    def test_is_kept_in_a_file_that_only_we_can_read(self, tmp_path: Path) -> None:
        path = tmp_path / "router.pem"

        public_key = write_new_key(path)

        assert path.stat().st_mode & 0o777 == 0o600
        loaded = Signer.load(path, "router")
        assert loaded.public_key == public_key
        assert loaded.key_id.startswith("router-")

    def test_is_known_by_its_public_key(self, tmp_path: Path) -> None:
        raw = base64.b64encode(SIGNER.public_key.public_bytes_raw()).decode()
        (tmp_path / "keys.json").write_text(f'{{"{SIGNER.key_id}": "{raw}"}}')

        assert load_public_keys(tmp_path / "keys.json") == KEYS
