"""Two checkpoints and the proof between them."""

import json
from dataclasses import replace
from typing import Any

import pytest

from audit.domain.merkle import EMPTY_HEAD, Head
from audit.domain.note import NoteSigner, checkpoint
from audit_exports import LOG_SIGNER
from range_exports import books, note_of
from verifier.compare import verify_views
from verifier.consistency import File, read_growth_proof, verify_consistency
from verifier.encoding import to_base64
from verifier.policy import NO_POLICY, policy_of_keys
from verifier.proof import MalformedProof
from verifier.report import Kind, Report, Verdict

OTHER_LOG = NoteSigner(name="audit.test/audit/main/1", private=LOG_SIGNER.private)
POLICY = policy_of_keys([LOG_SIGNER.key.verifier_key, OTHER_LOG.key.verifier_key])
LARGEST = books(13)


def seen(size: int) -> File:
    return File(name=f"of-{size}", raw=note_of(LARGEST.head(size)).encode())


def lines(old: int, new: int) -> bytes:
    return "".join(to_base64(part) + "\n" for part in LARGEST.growth(old, new)).encode()


def as_json(old: int, new: int, **changes: Any) -> bytes:  # noqa: ANN401 any JSON
    path = [to_base64(part) for part in LARGEST.growth(old, new)]
    roots = {
        "from_root": to_base64(LARGEST.head(old).root),
        "to_root": to_base64(LARGEST.head(new).root),
    }
    return json.dumps({"from": old, "to": new, "path": path} | roots | changes).encode()


def proof(old: int, new: int, **changes: Any) -> File:  # noqa: ANN401 any JSON
    return File(name=f"{old}-{new}", raw=as_json(old, new, **changes))


def checked(old: File, new: File, raw: bytes | None = None) -> Report:
    given = None if raw is None else File(name="proof", raw=raw)
    return verify_consistency(old, new, given, policy=POLICY)


def told(report: Report, kind: Kind) -> str:
    return "\n".join(f"{f.where}: {f.what}" for f in report.findings if f.kind is kind)


class TestConsistency:
    @pytest.mark.parametrize("new", range(2, 14))
    def test_is_shown_by_either_form_of_a_proof(self, new: int) -> None:
        for old in range(1, new):
            for raw in (lines(old, new), as_json(old, new)):
                assert checked(seen(old), seen(new), raw).findings == ()

    @pytest.mark.parametrize("size", [0, 1, 13])
    def test_of_a_checkpoint_with_itself_needs_no_proof(self, size: int) -> None:
        assert checked(seen(size), seen(size)).verdict is Verdict.OK

    def test_of_an_empty_log_with_any_needs_no_proof(self) -> None:
        assert checked(seen(0), seen(13)).verdict is Verdict.OK

    def test_of_an_empty_log_fails_when_its_root_is_not_that_of_nothing(self) -> None:
        crooked = File(name="of-0", raw=note_of(replace_root(EMPTY_HEAD)).encode())

        assert checked(crooked, seen(13)).verdict is Verdict.TAMPERED

    def test_without_a_proof_is_undecided_and_says_how_to_get_it(self) -> None:
        report = checked(seen(6), seen(13))

        assert report.verdict is Verdict.UNDECIDED
        assert "/v1/log/proof/consistency?from=6&to=13" in told(report, Kind.UNDECIDED)

    @pytest.mark.parametrize(("old", "new"), [(6, 13), (8, 13), (12, 13)])
    def test_fails_when_either_root_is_another(self, old: int, new: int) -> None:
        forged_old = File(name="old", raw=note_of(replace_root(LARGEST.head(old))).encode())
        forged_new = File(name="new", raw=note_of(replace_root(LARGEST.head(new))).encode())

        assert checked(forged_old, seen(new), lines(old, new)).verdict is Verdict.TAMPERED
        assert checked(seen(old), forged_new, lines(old, new)).verdict is Verdict.TAMPERED

    @pytest.mark.parametrize(
        "raw",
        [
            b"",
            lines(6, 13)[:-1],
            lines(6, 13)[:-45],
            lines(6, 13) + lines(6, 13)[-45:],
            lines(5, 13),
            b"\xff",
            b"AAAA\n",
            b"AB==\n",
            as_json(6, 12),
            as_json(6, 13, to=12),
            as_json(6, 13, to="13"),
            as_json(6, 13, to=True),
            as_json(6, 13, path=7),
            as_json(6, 13, path=[7]),
            as_json(6, 13, path=["AAAA"] * 4),
            as_json(6, 13, from_root="AAAA"),
            as_json(6, 13, to_root=to_base64(bytes(32))),
            as_json(6, 13, size=13),
            b"{}",
            b"{",
            b"[]",
        ],
    )
    def test_is_not_shown_by_another_or_a_damaged_proof(self, raw: bytes) -> None:
        assert checked(seen(6), seen(13), raw).verdict is not Verdict.OK

    def test_is_no_question_between_two_logs(self) -> None:
        other = checkpoint(LARGEST.signed, signers=[OTHER_LOG])

        report = checked(seen(6), File(name="other", raw=other.encode()))

        assert report.verdict is Verdict.UNDECIDED
        assert "are of two logs" in told(report, Kind.UNDECIDED)

    def test_of_what_a_key_did_not_sign_is_undecided(self) -> None:
        report = verify_consistency(seen(6), seen(6), None, policy=NO_POLICY)

        assert report.verdict is Verdict.UNDECIDED


def replace_root(head: Head) -> Head:
    return replace(head, root=bytes(32))


class TestAProofOfConsistency:
    def test_of_no_step_is_an_empty_file(self) -> None:
        assert read_growth_proof(b"").path == ()

    def test_is_of_bounded_length(self) -> None:
        with pytest.raises(MalformedProof):
            read_growth_proof((to_base64(bytes(32)) + "\n").encode() * 129)


class TestViews:
    def test_agree_when_every_step_is_proven(self) -> None:
        files = [seen(13), seen(3), proof(3, 7), seen(7), seen(7), proof(7, 13), seen(0)]

        report = verify_views(files, policy=POLICY)

        assert report.findings == ()
        assert ("checkpoints", "5, of sizes 0, 3, 7, 13") in report.shown

    def test_are_undecided_where_a_proof_is_missing(self) -> None:
        report = verify_views([seen(3), seen(7), seen(13), proof(3, 7)], policy=POLICY)

        assert report.verdict is Verdict.UNDECIDED
        assert "of-7 -> of-13: needs a proof" in told(report, Kind.UNDECIDED)

    def test_disagree_where_two_of_one_size_differ(self) -> None:
        fork = File(name="fork", raw=note_of(replace_root(LARGEST.head(7))).encode())

        report = verify_views([seen(7), seen(7), fork], policy=POLICY)

        assert report.verdict is Verdict.TAMPERED
        assert "of-7 and fork: a forked log" in told(report, Kind.TAMPERED)

    def test_disagree_where_a_step_does_not_hold(self) -> None:
        fork = File(name="fork", raw=note_of(replace_root(LARGEST.head(13))).encode())

        report = verify_views([seen(7), fork, proof(7, 13)], policy=POLICY)

        assert report.verdict is Verdict.TAMPERED

    def test_of_two_logs_are_two_questions(self) -> None:
        other = checkpoint(LARGEST.head(7), signers=[OTHER_LOG])

        report = verify_views([seen(3), File(name="other", raw=other.encode())], policy=POLICY)

        assert report.verdict is Verdict.OK

    def test_pass_over_a_proof_that_no_step_needs(self) -> None:
        report = verify_views([seen(3), proof(7, 13)], policy=POLICY)

        assert report.verdict is Verdict.OK
        assert "7-13: from 7 to 13: no step that needs it" in told(report, Kind.NOTE)

    def test_say_what_cannot_be_read(self) -> None:
        damaged = File(name="damaged", raw=b"{")

        report = verify_views([seen(3), damaged, File(name="none", raw=b"")], policy=POLICY)

        assert report.verdict is Verdict.UNDECIDED
        assert told(report, Kind.UNDECIDED).count("\n") == 1
