"""Checkpoints: the example of the specification, and those that others sign and check."""

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tlog_scales.signing import PlainEd25519Signer, Vkey
from tlog_scales.tlog import Checkpoint

from audit.domain.merkle import Head
from audit.domain.note import checkpoint
from audit_exports import LOG_SIGNER
from verifier.encoding import to_base64
from verifier.note import ForgedNote, UnknownKey, open_checkpoint, read_key, read_note

# c2sp.org/tlog-checkpoint, the example of its introduction.
EXAMPLE = """\
example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
"""  # noqa: E501  one line there, one line here
OURS = LOG_SIGNER.key.verifier_key
THEIRS = PlainEd25519Signer(LOG_SIGNER.name, Ed25519PrivateKey.from_private_bytes(b"\x07" * 32))


class TestTheExample:
    def test_is_read_as_it_is_meant(self) -> None:
        note = read_note(EXAMPLE)

        (signature,) = note.signatures
        assert note.text == EXAMPLE.partition("\n\n")[0] + "\n"
        assert (signature.name, signature.key_id.hex()) == (
            "example.com/behind-the-sofa",
            "033de0ae",
        )
        assert len(signature.raw) == 64

    def test_says_nothing_without_its_key(self) -> None:
        with pytest.raises(UnknownKey):
            open_checkpoint(EXAMPLE, keys=[read_key(OURS)])


class TestACheckpointOfOthers:
    @pytest.mark.parametrize("size", [0, 1, 255, 256, 2**40])
    def test_is_opened(self, size: int) -> None:
        root = bytes(range(32))
        text = Checkpoint.make_signed(LOG_SIGNER.name, size, root, [THEIRS]).serialize()

        opened = open_checkpoint(text, keys=[read_key(OURS)])

        assert (opened.origin, opened.size, opened.root) == (LOG_SIGNER.name, size, root)
        assert text == checkpoint(Head(size, root), signers=[LOG_SIGNER])

    def test_is_forged_for_both_when_a_byte_is_other(self) -> None:
        text = Checkpoint.make_signed(LOG_SIGNER.name, 7, bytes(32), [THEIRS]).serialize()
        forged = text.replace("\n7\n", "\n8\n")

        with pytest.raises(ForgedNote):
            open_checkpoint(forged, keys=[read_key(OURS)])
        with pytest.raises(InvalidSignature):
            Checkpoint.from_text(forged).verify(Vkey.from_string(OURS))


class TestACheckpointOfOurs:
    def test_is_accepted_by_others(self) -> None:
        text = checkpoint(Head(7, bytes(range(32))), signers=[LOG_SIGNER])

        read = Checkpoint.from_text(text)

        read.verify(Vkey.from_string(OURS))
        assert (read.origin, read.size) == (LOG_SIGNER.name, 7)
        assert to_base64(read.root_hash) == text.splitlines()[2]

    def test_has_a_key_that_others_read(self) -> None:
        theirs = Vkey.from_string(OURS)

        assert theirs.name == LOG_SIGNER.name
        assert theirs.key_id.to_bytes(4, "big") == read_key(OURS).id
        assert theirs.pubkey == read_key(OURS).public
