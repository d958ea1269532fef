"""No single bit of a proof or a checkpoint can change and still be accepted."""

from base64 import b64encode
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings, strategies as st

from audit.domain.merkle import Head
from audit.domain.note import checkpoint, sign
from audit.domain.proof import tlog_proof
from audit.domain.tiles import inclusion_proof
from audit_exports import LOG_SIGNER, log_of
from extent import short_or_full
from verifier.cli import main
from verifier.report import Verdict

REFUSED = {Verdict.TAMPERED.value, Verdict.UNDECIDED.value}
THOROUGH = settings(
    derandomize=True,
    deadline=None,
    max_examples=short_or_full(500, 10_000),
    # The folder is only where the file under test is written, anew in each example.
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
SIZE, INDEX = 11, 6


def flipped(raw: bytes, bit: int) -> bytes:
    position = bit % (len(raw) * 8)
    changed = bytearray(raw)
    changed[position // 8] ^= 1 << position % 8
    return bytes(changed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """A proof before it is written down; `signed` is the head that the log has signed."""

    leaf: bytes
    index: int
    path: tuple[bytes, ...]
    signed: Head
    shown: Head

    def written(self) -> bytes:
        good = checkpoint(self.signed, signers=[LOG_SIGNER])
        text = checkpoint(self.shown, signers=[LOG_SIGNER]).partition("\n\n")[0]
        note = f"{text}\n\n{good.partition(chr(10) * 2)[2]}"
        return tlog_proof(self.leaf, index=self.index, path=self.path, checkpoint=note).encode()


def parts() -> Parts:
    log = log_of(SIZE)
    path = inclusion_proof(INDEX, size=SIZE, tiles=log.tiles)
    head = Head(SIZE, log.root)
    return Parts(
        leaf=log.entries[INDEX].leaf, index=INDEX, path=tuple(path), signed=head, shown=head
    )


def with_flip(good: Parts, part: str, bit: int) -> Parts:
    if part == "leaf":
        return replace(good, leaf=flipped(good.leaf, bit))
    if part == "index":
        return replace(good, index=good.index ^ 1 << bit % 40)
    if part == "path":
        at = bit % len(good.path)
        path = [flipped(h, bit // 8) if i == at else h for i, h in enumerate(good.path)]
        return replace(good, path=tuple(path))
    size = good.shown.size ^ (1 << bit % 40 if part == "size" else 0)
    root = flipped(good.shown.root, bit) if part == "root" else good.shown.root
    return replace(good, shown=Head(size, root))


def verdict_on_event(folder: Path, proof: bytes) -> int:
    file = folder / "event.tlog-proof"
    file.write_bytes(proof)
    return main(["event", str(file), "--key", LOG_SIGNER.key.verifier_key])


@pytest.mark.usefixtures("capsys")
class TestAProof:
    def test_is_accepted_as_it_was_made(self, tmp_path: Path) -> None:
        assert verdict_on_event(tmp_path, parts().written()) == Verdict.OK.value

    @pytest.mark.fault(65)
    @THOROUGH
    @given(
        part=st.sampled_from(["leaf", "index", "path", "size", "root"]), bit=st.integers(0, 8191)
    )
    def test_is_refused_when_a_bit_of_a_part_is_other(
        self, tmp_path: Path, part: str, bit: int
    ) -> None:
        changed = with_flip(parts(), part, bit).written()

        assert verdict_on_event(tmp_path, changed) in REFUSED

    @pytest.mark.fault(65)
    @THOROUGH
    @given(bit=st.integers(0, 2**20))
    @example(bit=0)
    def test_is_refused_when_a_bit_of_the_file_is_other(self, tmp_path: Path, bit: int) -> None:
        changed = flipped(parts().written(), bit)

        assert verdict_on_event(tmp_path, changed) in REFUSED

    @pytest.mark.fault(65)
    @THOROUGH
    @given(bit=st.integers(0, 64 * 8 - 1))
    def test_is_refused_when_a_bit_of_the_signature_is_other(
        self, tmp_path: Path, bit: int
    ) -> None:
        text = f"{LOG_SIGNER.name}\n{SIZE}\n{b64encode(log_of(SIZE).root).decode()}\n"
        signature = flipped(LOG_SIGNER.private.sign(text.encode()), bit)
        line = b64encode(LOG_SIGNER.key.id + signature).decode()
        proof = parts().written().decode().partition("\n\n")[0]
        forged = f"{proof}\n\n{text}\n— {LOG_SIGNER.name} {line}\n"

        assert verdict_on_event(tmp_path, forged.encode()) == Verdict.TAMPERED.value


@pytest.mark.usefixtures("capsys")
class TestACheckpoint:
    @pytest.mark.fault(65)
    @THOROUGH
    @given(bit=st.integers(0, 2**16))
    def test_is_refused_when_a_bit_is_other(self, tmp_path: Path, bit: int) -> None:
        good = checkpoint(Head(SIZE, log_of(SIZE).root), signers=[LOG_SIGNER]).encode()
        file = tmp_path / "checkpoint.txt"
        file.write_bytes(flipped(good, bit))

        code = main(["checkpoint", str(file), "--key", LOG_SIGNER.key.verifier_key])

        assert code in REFUSED

    def test_is_accepted_as_it_was_signed(self, tmp_path: Path) -> None:
        file = tmp_path / "checkpoint.txt"
        file.write_text(sign(f"{LOG_SIGNER.name}\n0\n{'A' * 43}=\n", signers=[LOG_SIGNER]))

        code = main(["checkpoint", str(file), "--key", LOG_SIGNER.key.verifier_key])

        assert code == Verdict.OK.value
