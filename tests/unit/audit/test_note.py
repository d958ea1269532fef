"""Signed notes against the known example of Go's sumdb/note, and read back by the verifier."""

from base64 import b64decode

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.domain.merkle import EMPTY_HEAD, Head
from audit.domain.note import NoteSigner, checkpoint, origin, sign
from audit_exports import LOG_SIGNER
from verifier.note import (
    ForgedNote,
    MalformedKey,
    MalformedNote,
    UnknownKey,
    open_checkpoint,
    read_key,
    read_note,
)

PETER = NoteSigner(
    name="PeterNeumann",
    private=Ed25519PrivateKey.from_private_bytes(
        b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
    ),
)
PETERS_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETERS_TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
PETERS_NOTE = (
    f"{PETERS_TEXT}\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFY"
    "C2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
NEXT = NoteSigner(name=LOG_SIGNER.name, private=Ed25519PrivateKey.from_private_bytes(b"\x08" * 32))
HEAD = Head(9, b"\x03" * 32)
OLD_KEY, NEW_KEY = read_key(LOG_SIGNER.key.verifier_key), read_key(NEXT.key.verifier_key)


class TestANote:
    def test_is_the_known_one(self) -> None:
        assert sign(PETERS_TEXT, signers=[PETER]) == PETERS_NOTE
        assert PETER.key.verifier_key == PETERS_KEY

    def test_is_taken_apart_at_its_last_empty_line(self) -> None:
        note = read_note(sign("first\n\nsecond\n", signers=[PETER]))

        assert note.text == "first\n\nsecond\n"
        assert [signature.name for signature in note.signatures] == ["PeterNeumann"]

    @pytest.mark.parametrize(
        "broken",
        [
            "",
            PETERS_TEXT,
            PETERS_NOTE.rstrip("\n"),
            PETERS_NOTE.replace("—", "-"),
            PETERS_NOTE.replace("answer", "ans\twer"),
            PETERS_NOTE + "— two names AAAAAAA=\n",
            PETERS_NOTE + "— short AAAA\n",
            PETERS_NOTE + "— crooked AAAAAAB=\n",
            PETERS_TEXT + "\n" + "— name AAAAAAA=\n" * 65,
        ],
    )
    def test_that_is_none_is_refused(self, broken: str) -> None:
        with pytest.raises(MalformedNote):
            read_note(broken)


class TestAKeyLine:
    @pytest.mark.parametrize(
        "line",
        [
            "",
            PETERS_KEY.replace("c74f20a3", "c74f20a4"),
            PETERS_KEY.replace("PeterNeumann", "Peter Neumann"),
            PETERS_KEY.replace("+AR", "+AQ"),
            PETERS_KEY.replace("+AR", "+BR"),
            PETERS_KEY + "AAAA",
            PETERS_KEY[:-1],
        ],
    )
    def test_with_a_typing_error_is_refused(self, line: str) -> None:
        with pytest.raises(MalformedKey):
            read_key(line)


class TestACheckpoint:
    def test_comes_back_as_it_was_signed(self) -> None:
        opened = open_checkpoint(checkpoint(HEAD, signers=[LOG_SIGNER]), keys=[OLD_KEY])

        assert (opened.origin, opened.size, opened.root) == (LOG_SIGNER.name, 9, HEAD.root)

    def test_of_the_empty_log_is_one_too(self) -> None:
        opened = open_checkpoint(checkpoint(EMPTY_HEAD, signers=[LOG_SIGNER]), keys=[OLD_KEY])

        assert opened.size == 0

    @pytest.mark.parametrize("known", [[OLD_KEY], [NEW_KEY], [OLD_KEY, NEW_KEY]])
    def test_of_a_rotation_is_read_with_either_key(self, known: list[object]) -> None:
        keys = [key for key in (OLD_KEY, NEW_KEY) if key in known]

        opened = open_checkpoint(checkpoint(HEAD, signers=[LOG_SIGNER, NEXT]), keys=keys)

        assert len(opened.signed_by) == len(keys)

    def test_is_forged_when_one_known_signature_is_bad(self) -> None:
        """A good one beside it does not help: somebody has tampered."""
        good = checkpoint(HEAD, signers=[LOG_SIGNER]).splitlines(keepends=True)
        other = checkpoint(Head(8, HEAD.root), signers=[NEXT]).splitlines(keepends=True)

        with pytest.raises(ForgedNote):
            open_checkpoint("".join([*good, other[-1]]), keys=[OLD_KEY, NEW_KEY])

    def test_says_nothing_when_the_key_is_unknown(self) -> None:
        with pytest.raises(UnknownKey):
            open_checkpoint(checkpoint(HEAD, signers=[NEXT]), keys=[OLD_KEY])

    def test_of_one_log_cannot_be_signed_by_the_key_of_another(self) -> None:
        text = f"other.test/audit/main/0\n9\n{'A' * 43}=\n"

        with pytest.raises(UnknownKey):
            open_checkpoint(sign(text, signers=[LOG_SIGNER]), keys=[OLD_KEY])

    @pytest.mark.parametrize("size", ["09", "-1", "+9", "9 ", "", "9.0", "٩"])
    def test_with_a_crooked_size_is_refused(self, size: str) -> None:
        text = f"{LOG_SIGNER.name}\n{size}\n{'A' * 43}=\n"

        with pytest.raises(MalformedNote):
            open_checkpoint(sign(text, signers=[LOG_SIGNER]), keys=[OLD_KEY])

    def test_carries_no_further_line(self) -> None:
        text = f"{LOG_SIGNER.name}\n9\n{'A' * 43}=\nextension\n"

        with pytest.raises(MalformedNote):
            open_checkpoint(sign(text, signers=[LOG_SIGNER]), keys=[OLD_KEY])


class TestOrigin:
    def test_names_host_log_and_epoch(self) -> None:
        assert origin(host="audit.test", log="main", epoch=0) == LOG_SIGNER.name
