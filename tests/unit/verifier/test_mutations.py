"""Whatever is changed in an export, at random and with cunning, it never verifies again."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from random import Random

import pytest
import rfc8785
from hypothesis import assume, given, settings, strategies as st

from audit.domain.bundle import seal, zipped
from audit_exports import EXPORTER, LOG_SIGNER, SALT, SERVICES, commitment, export
from extent import short_or_full
from range_exports import books
from verifier.archive import UnreadableBundle, unzip
from verifier.bundle import Asked, verify_bundle
from verifier.encoding import to_base64
from verifier.openings import Opening
from verifier.policy import read_policy
from verifier.report import Verdict

Files = Mapping[str, bytes]
MANIFEST, SEAL, KEYS = "manifest.json", "manifest.sig", "keys.json"
CASES = short_or_full(500, 10_000)
MANY = settings(derandomize=True, deadline=None, max_examples=CASES)
POLICY = read_policy(
    json.dumps(
        {
            "log_keys": [LOG_SIGNER.key.verifier_key],
            "event_keys": [
                {
                    "service": name,
                    "keyid": f"{name}-1",
                    "public_key": to_base64(key.public_key().public_bytes_raw()),
                }
                for name, key in SERVICES.items()
            ],
        }
    ).encode(),
    source="policy.json",
)
EXPORTS = [
    export().zipped({}),
    books(9).export(),
    books(9).export(2, 7, withheld={3, 5}),
]


def flip_a_bit(raw: bytes, random: Random) -> bytes:
    at = random.randrange(len(raw) * 8)
    changed = bytearray(raw)
    changed[at // 8] ^= 1 << at % 8
    return bytes(changed)


def cut(raw: bytes, random: Random) -> bytes:
    begin, end = sorted(random.randrange(len(raw) + 1) for _ in range(2))
    return raw[:begin] + raw[end:]


def put_in(raw: bytes, random: Random) -> bytes:
    at = random.randrange(len(raw) + 1)
    more = random.choice([b" ", b"\n", b"0", b"A", b"=", random.randbytes(random.randrange(1, 9))])
    return raw[:at] + more + raw[at:]


def repeat_a_line(raw: bytes, random: Random) -> bytes:
    lines = raw.splitlines(keepends=True)
    at = random.randrange(len(lines))
    return b"".join([*lines[: at + 1], *lines[at:]])


def drop_a_line(raw: bytes, random: Random) -> bytes:
    lines = raw.splitlines(keepends=True)
    del lines[random.randrange(len(lines))]
    return b"".join(lines)


def shuffle_the_lines(raw: bytes, random: Random) -> bytes:
    lines = raw.splitlines(keepends=True)
    random.shuffle(lines)
    return b"".join(lines)


def swap_two_parts(raw: bytes, random: Random) -> bytes:
    a, b, c = sorted(random.randrange(len(raw) + 1) for _ in range(3))
    return raw[:a] + raw[b:c] + raw[a:b] + raw[c:]


CHANGES: list[Callable[[bytes, Random], bytes]] = [
    flip_a_bit,
    flip_a_bit,
    cut,
    put_in,
    repeat_a_line,
    drop_a_line,
    shuffle_the_lines,
    swap_two_parts,
]


@dataclass(frozen=True, slots=True)
class Mutation:
    """
    Chosen by `seed`: what happens to which file.

    `holder` says how far the forger can put the manifest right afterwards: not at all, its
    hashes, or also audit's signature of it (whoever holds that key says what is in the manifest
    and in `keys.json`, so these two stay as they are then).
    """

    seed: int
    holder: str

    def of(self, files: Files) -> Files:
        random = Random(self.seed)
        own = {MANIFEST, SEAL, KEYS} if self.holder == "of audit's key" else set[str]()
        name, other = random.sample(sorted(files.keys() - own), 2)
        changed = dict(files)
        kind = random.randrange(len(CHANGES) + 2)
        if kind < len(CHANGES):
            changed[name] = CHANGES[kind](files[name], random)
        elif kind == len(CHANGES):
            changed[name], changed[other] = files[other], files[name]
        else:
            del changed[name]
        return changed if changed == files else self._put_right(changed)

    def _put_right(self, files: Files) -> Files:
        if self.holder == "of nothing" or MANIFEST not in files:
            return files
        told = {name: raw for name, raw in files.items() if name not in (MANIFEST, SEAL)}
        hashes = {
            name: f"sha256:{digest}"
            for name, raw in told.items()
            for digest in [sha256(raw).hexdigest()]
        }
        try:
            manifest = rfc8785.dumps(json.loads(files[MANIFEST]) | {"files": hashes})
        except (ValueError, TypeError):
            return files
        signed = {SEAL: seal(manifest, EXPORTER)} if self.holder == "of audit's key" else {}
        return dict(files) | {MANIFEST: manifest} | signed


MUTATIONS = st.builds(
    Mutation,
    st.integers(0, 2**64),
    st.sampled_from(["of nothing", "of a hash function", "of audit's key"]),
)


def verdict(raw: bytes, opening: Opening | None = None) -> Verdict:
    openings = None if opening is None else [opening]
    asked = Asked(policy=POLICY, openings=openings)
    return verify_bundle(raw, name="export.zip", asked=asked).verdict


class TestAnExport:
    @pytest.mark.parametrize("raw", EXPORTS)
    def test_verifies_as_it_was_made(self, raw: bytes) -> None:
        report = verify_bundle(raw, name="export.zip", asked=Asked(policy=POLICY))

        assert report.verdict is Verdict.OK
        assert all("withheld" in finding.what for finding in report.findings)

    @pytest.mark.fault(65)
    @MANY
    @given(MUTATIONS, st.sampled_from(range(len(EXPORTS))))
    def test_never_verifies_after_a_mutation(self, mutation: Mutation, which: int) -> None:
        files = unzip(EXPORTS[which])

        changed = mutation.of(files)

        assume(changed != files)
        assert verdict(zipped(changed)) is not Verdict.OK

    @pytest.mark.fault(65)
    @MANY
    @given(st.integers(0, 2**64), st.sampled_from(range(len(EXPORTS))))
    def test_verifies_after_damage_to_the_zip_only_if_every_file_is_as_it_was(
        self, seed: int, which: int
    ) -> None:
        """A zip has bytes that mean nothing, such as the age of its files."""
        random = Random(seed)
        change = random.choice([flip_a_bit, flip_a_bit, cut, put_in, swap_two_parts])

        damaged = change(EXPORTS[which], random)

        if verdict(damaged) is Verdict.OK:
            assert unzip(damaged) == unzip(EXPORTS[which])
        else:
            assert self._is_damaged(damaged) or unzip(damaged) != unzip(EXPORTS[which])

    @staticmethod
    def _is_damaged(raw: bytes) -> bool:
        try:
            unzip(raw)
        except UnreadableBundle:
            return True
        return False


class TestAnOpening:
    def test_verifies_as_it_was_made(self) -> None:
        assert verdict(EXPORTS[0], self._opening()) is Verdict.OK

    @pytest.mark.fault(65)
    @MANY
    @given(st.sampled_from(["commitment", "value", "salt"]), st.integers(0, 2**64))
    def test_never_verifies_when_a_bit_is_other(self, part: str, seed: int) -> None:
        good, random = self._opening(), Random(seed)
        changed = {
            "commitment": good.commitment,
            "value": good.value,
            "salt": good.salt,
        }
        old = changed[part]
        raw = flip_a_bit(old if isinstance(old, bytes) else str(old).encode(), random)
        changed[part] = raw if part == "salt" else raw.decode("latin-1")

        opening = Opening(**changed)  # type: ignore[arg-type]  # each as it was, one of them flipped

        assert verdict(EXPORTS[0], opening) is not Verdict.OK

    @staticmethod
    def _opening() -> Opening:
        return Opening(commitment=commitment("no 0"), value="no 0", salt=SALT)
