"""Exports of a range: any part of the log, and what may be missing from it."""

import json
from collections.abc import Mapping
from itertools import combinations

import pytest
import rfc8785

from audit.domain.merkle import Head
from audit.domain.note import NoteSigner, checkpoint
from audit_exports import LOG_SIGNER, Made, export, leaf_and_body
from range_exports import Books, books, books_of, note_of
from verifier.archive import unzip
from verifier.bundle import Asked, verify_bundle, verify_range
from verifier.consistency import File
from verifier.encoding import to_base64
from verifier.policy import policy_of_keys
from verifier.report import Kind, Report, Verdict

SIZE = 11
BOOKS = books(SIZE)
OTHER_LOG = NoteSigner(name="audit.test/audit/main/1", private=LOG_SIGNER.private)
POLICY = policy_of_keys([LOG_SIGNER.key.verifier_key, OTHER_LOG.key.verifier_key])
EVENTS, SIDES, MANIFEST = "events.jsonl", "range.json", "manifest.json"


def fsck(raw: bytes, *saved: File) -> Report:
    return verify_range(raw, name="range.zip", asked=Asked(policy=POLICY, saved=saved))


def altered(raw: bytes, changes: Mapping[str, bytes | None]) -> bytes:
    """Change files as audit itself could: its signature of the manifest fits again."""
    return Made(files=unzip(raw)).zipped(changes, repair=True)


def told(report: Report, kind: Kind = Kind.TAMPERED) -> str:
    return "\n".join(f"{f.where}: {f.what}" for f in report.findings if f.kind is kind)


def lines_of(raw: bytes) -> list[bytes]:
    return unzip(raw)[EVENTS].splitlines(keepends=True)


def with_range(**asked: object) -> bytes:
    manifest = json.loads(unzip(BOOKS.export())[MANIFEST])
    manifest["query"]["range"] = asked
    return altered(BOOKS.export(), {MANIFEST: rfc8785.dumps(manifest)})


def saved(head: Head, *, by: NoteSigner = LOG_SIGNER) -> File:
    return File(name=f"saved-{head.size}", raw=checkpoint(head, signers=[by]).encode())


class TestARange:
    @pytest.mark.parametrize(("first", "end"), list(combinations(range(SIZE + 1), 2)))
    def test_is_proven_wherever_it_lies(self, first: int, end: int) -> None:
        report = fsck(BOOKS.export(first, end))

        assert report.verdict is Verdict.OK
        assert ("range", f"idx {first} to {end - 1} of {SIZE}, 0 withheld") in report.shown

    @pytest.mark.parametrize(("first", "end"), [(0, SIZE), (2, 9), (8, SIZE)])
    def test_fails_when_an_entry_of_it_is_another(self, first: int, end: int) -> None:
        """The tree of the bundle agrees with it, from the leaf up to a root that nobody signed."""
        for index in range(first, end):
            forged = BOOKS.with_rows({index: leaf_and_body(30)}).rewritten()

            assert fsck(forged.export(first, end)).verdict is Verdict.TAMPERED

    def test_is_proven_with_entries_that_may_not_be_seen(self) -> None:
        report = fsck(BOOKS.export(withheld={0, 4, 10}))

        assert report.verdict is Verdict.OK
        assert ("range", f"idx 0 to 10 of {SIZE}, 3 withheld") in report.shown
        assert "some entries are withheld" in told(report, Kind.NOTE)

    def test_fails_when_the_hash_of_a_withheld_entry_is_another(self) -> None:
        raw = BOOKS.export(withheld={4})
        other = to_base64(BOOKS.tree[4]).encode(), to_base64(BOOKS.tree[5]).encode()

        report = fsck(altered(raw, {EVENTS: unzip(raw)[EVENTS].replace(*other)}))

        assert report.verdict is Verdict.TAMPERED

    def test_fails_when_the_range_is_not_the_one_that_was_asked_for(self) -> None:
        report = fsck(with_range(**{"from": 0, "to": SIZE - 1}))

        assert "idx 10): was put in: it lies outside the range 0 to 9" in told(report)

    def test_fails_when_an_entry_stands_there_twice(self) -> None:
        lines = lines_of(BOOKS.export())
        twice = b"".join([*lines[:4], lines[3], *lines[4:]])

        report = fsck(altered(BOOKS.export(), {EVENTS: twice}))

        assert "idx 3): stands there twice" in told(report)

    def test_names_an_edited_body_also_in_a_line_that_is_spelt_otherwise(self) -> None:
        lines = lines_of(BOOKS.export())
        lines[3] = json.dumps(json.loads(lines[3]) | {"payload": "e30="}).encode() + b"\n"

        report = fsck(altered(BOOKS.export(), {EVENTS: b"".join(lines)}))

        assert "idx 3): the payload is not the one" in told(report)
        assert "line 4: is not spelt as audit spells it" in told(report, Kind.UNDECIDED)

    def test_fails_when_the_lines_are_in_another_order(self) -> None:
        lines = lines_of(BOOKS.export())

        report = fsck(altered(BOOKS.export(), {EVENTS: b"".join(reversed(lines))}))

        assert "the order is changed" in told(report)

    def test_is_undecided_when_the_missing_entry_may_be_the_line_that_is_damaged(self) -> None:
        lines = lines_of(BOOKS.export())
        lines[3] = b"{}\n"

        report = fsck(altered(BOOKS.export(), {EVENTS: b"".join(lines)}))

        assert report.verdict is Verdict.UNDECIDED
        assert "idx 3: is missing" in told(report, Kind.UNDECIDED)

    def test_names_the_events_that_a_producer_never_sent(self) -> None:
        """Complete as a log, and still a hole: its producer's second never came."""
        holed = books_of([leaf_and_body(number) for number in (0, 1, 4, 5)])

        report = fsck(holed.export())

        assert report.verdict is Verdict.UNDECIDED
        assert "sequence 2 is missing" in told(report, Kind.UNDECIDED)

    def test_does_not_expect_first_events_in_the_middle_of_the_log(self) -> None:
        assert fsck(BOOKS.export(5, 9)).findings == (fsck(BOOKS.export()).findings)

    @pytest.mark.parametrize(
        "sides",
        [
            None,
            b"",
            b"{}",
            b'{"after":[],"before":7}',
            b'{"after":[],"before":["AAAA"]}',
            rfc8785.dumps({"before": [], "after": []}),
            rfc8785.dumps({"before": [to_base64(bytes(32))] * 9, "after": []}),
            b" " + rfc8785.dumps({"before": [], "after": []}),
        ],
    )
    def test_is_undecided_without_what_lies_around_it(self, sides: bytes | None) -> None:
        report = fsck(altered(BOOKS.export(5, 9), {SIDES: sides}))

        assert report.verdict is Verdict.UNDECIDED

    def test_at_the_end_of_the_log_has_nothing_behind_it(self) -> None:
        sides = json.loads(unzip(BOOKS.export())[SIDES]) | {"after": [to_base64(bytes(32))]}

        report = fsck(altered(BOOKS.export(), {SIDES: rfc8785.dumps(sides)}))

        assert report.verdict is Verdict.UNDECIDED

    def test_that_claims_to_be_endless_is_told_what_is_missing(self) -> None:
        """A number in a file must not cost memory."""
        manifest = json.loads(unzip(BOOKS.export())[MANIFEST])
        manifest |= {"as_of": 2**53 - 1, "query": {"range": {"from": 0, "to": 2**53 - 1}}}

        report = fsck(altered(BOOKS.export(), {MANIFEST: rfc8785.dumps(manifest)}))

        assert f"idx {SIZE} to {2**53 - 2}: is missing" in told(report)

    @pytest.mark.parametrize(
        "asked",
        [
            {},
            {"from": 0},
            {"from": 0, "to": SIZE + 1},
            {"from": 3, "to": 3},
            {"from": -1, "to": 3},
            {"from": False, "to": SIZE},
            {"from": "0", "to": SIZE},
        ],
    )
    def test_that_is_none_is_undecided(self, asked: dict[str, object]) -> None:
        assert fsck(with_range(**asked)).verdict is Verdict.UNDECIDED

    def test_is_what_bundle_checks_too(self) -> None:
        asked = Asked(policy=POLICY)

        honest = verify_bundle(BOOKS.export(), name="range.zip", asked=asked)
        forged = verify_bundle(BOOKS.without_row(4).export(), name="range.zip", asked=asked)

        assert (honest.verdict, forged.verdict) == (Verdict.OK, Verdict.TAMPERED)

    def test_is_not_the_export_of_a_case(self) -> None:
        report = fsck(export().zipped({}))

        assert report.verdict is Verdict.UNDECIDED
        assert "is no export of a range" in told(report, Kind.UNDECIDED)

    def test_has_all_that_a_case_may_not_withhold(self) -> None:
        lines = export().files[EVENTS].splitlines(keepends=True)
        hidden = json.dumps({"idx": 2, "leaf_hash": to_base64(bytes(32))}, separators=(",", ":"))

        raw = export().zipped(
            {EVENTS: b"".join([*lines[:2], hidden.encode() + b"\n", *lines[3:]])}, repair=True
        )

        report = verify_bundle(raw, name="case.zip", asked=Asked(policy=POLICY))
        assert "has no place in the export of a case" in told(report, Kind.UNDECIDED)


class TestSavedCheckpoints:
    def test_hold_the_entries_to_what_was_signed_before(self) -> None:
        report = fsck(BOOKS.export(), *(saved(BOOKS.head(size)) for size in range(SIZE + 1)))

        assert report.verdict is Verdict.OK

    def test_hold_the_part_that_is_exported(self) -> None:
        report = fsck(BOOKS.export(4, 9), *(saved(BOOKS.head(size)) for size in range(4, 10)))

        assert report.verdict is Verdict.OK

    @pytest.mark.parametrize("size", [3, 10])
    def test_that_lie_elsewhere_are_undecided(self, size: int) -> None:
        report = fsck(BOOKS.export(4, 9), saved(BOOKS.head(size)))

        assert report.verdict is Verdict.UNDECIDED
        assert f"is of size {size}: the range 4 to 8 cannot tell" in told(report, Kind.UNDECIDED)

    def test_of_another_log_are_undecided(self) -> None:
        report = fsck(BOOKS.export(), saved(BOOKS.head(5), by=OTHER_LOG))

        assert report.verdict is Verdict.UNDECIDED
        assert "is of another log" in told(report, Kind.UNDECIDED)

    def test_that_cannot_be_read_are_undecided(self) -> None:
        report = fsck(BOOKS.export(), File(name="damaged", raw=b"\xff"))

        assert report.verdict is Verdict.UNDECIDED

    def test_tell_a_fork_that_the_log_has_signed_itself(self) -> None:
        """Whoever holds the log's key can sign another past; not what others have kept of it."""
        fork = forked()

        report = fsck(fork.export(), saved(BOOKS.head(4)), saved(BOOKS.head(7)))

        assert fsck(fork.export()).verdict is Verdict.OK
        assert "saved-7, idx 4 to 6: the log has been rewritten" in told(report)


def forked() -> Books:
    rows = [BOOKS.rows[index] for index in range(SIZE)]
    rows[5] = leaf_and_body(5, ce_actor="agent:mem_other")
    fork = books_of(rows)
    assert note_of(fork.signed) != note_of(BOOKS.signed)
    return fork


class TestTheManifest:
    @pytest.mark.parametrize(
        "changes",
        [
            {"v": 2},
            {"v": True},
            {"v": None},
            {"query": 7},
            {"as_of": "11"},
            {"a": json.loads("[" * 400 + "]" * 400)},
        ],
    )
    def test_of_another_make_is_not_judged(self, changes: dict[str, object]) -> None:
        files = unzip(BOOKS.export())
        manifest = json.loads(files[MANIFEST]) | changes
        spelt = json.dumps(manifest, sort_keys=True, separators=(",", ":")).encode()

        report = fsck(Made(files=files).zipped({MANIFEST: spelt}))

        assert report.verdict is Verdict.UNDECIDED

    def test_is_what_audit_signed(self) -> None:
        """Nobody else can say who asked for what."""
        files = unzip(BOOKS.export())
        manifest = json.loads(files[MANIFEST]) | {"requester": "compliance:mem_other"}

        report = fsck(Made(files=files).zipped({MANIFEST: rfc8785.dumps(manifest)}))

        assert report.verdict is Verdict.TAMPERED
        assert "manifest.json: is not what audit signed with its key 'audit-1'" in told(report)

    @pytest.mark.parametrize(
        "seal",
        [
            None,
            b"",
            b'{"keyid":"audit-9","service":"audit","signature":"AAAA"}',
            b'{"keyid":"intake-1","service":"intake","signature":"AAAA"}',
            b'{"keyid":"audit-1","service":"audit","signature":"?"}',
            b'{"keyid":"audit-1","service":"audit"}',
        ],
    )
    def test_is_vouched_for_by_nobody_without_that_signature(self, seal: bytes | None) -> None:
        report = fsck(Made(files=unzip(BOOKS.export())).zipped({"manifest.sig": seal}))

        assert report.verdict is Verdict.UNDECIDED
