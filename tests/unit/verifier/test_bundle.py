"""What an export proves, and what is said when somebody has been at it."""

import json
from collections.abc import Mapping
from hashlib import sha256
from io import BytesIO
from typing import Any
from zipfile import ZIP_BZIP2, ZIP_LZMA, ZipFile

import pytest
import rfc8785

from audit.domain.leaf import leaf_of
from audit_exports import (
    CASE,
    LOG_SIGNER,
    RECORDED_AT,
    SERVICES,
    Body,
    Made,
    export,
    exported,
    grown,
    headers_of,
    leaf_and_body,
    log_of,
    signed,
)
from verifier.bundle import Asked, verify_bundle
from verifier.encoding import to_base64
from verifier.policy import BadPolicy, policy_of_keys, read_policy
from verifier.report import Kind, Report, Verdict

POLICY = policy_of_keys([LOG_SIGNER.key.verifier_key])
EVENTS = "events.jsonl"


def report_on(made: Made, changes: Mapping[str, bytes | None] | None = None) -> Report:
    """Verify an export after changes that nobody can see from the manifest."""
    raw = made.zipped(changes or {}, repair=True)
    return verify_bundle(raw, name="export.zip", asked=Asked(policy=POLICY))


def told(report: Report, kind: Kind = Kind.TAMPERED) -> str:
    return "\n".join(f"{f.where}: {f.what}" for f in report.findings if f.kind is kind)


def with_line(index: int, **members: Any) -> dict[str, bytes | None]:  # noqa: ANN401 any JSON
    lines = [json.loads(line) for line in export().files[EVENTS].splitlines()]
    lines[index] |= members
    spelt = [json.dumps(line, ensure_ascii=False, separators=(",", ":")) for line in lines]
    return {EVENTS: "".join(line + "\n" for line in spelt).encode()}


def headers_shown(index: int) -> dict[str, str]:
    line = json.loads(export().files[EVENTS].splitlines()[index])
    return {name: str(text) for name, text in line["headers"].items()}


def with_headers(index: int, **changes: str) -> dict[str, bytes | None]:
    return with_line(index, headers=headers_shown(index) | changes)


def without(index: int, **query: str) -> Made:
    """Return an export that does not show one event, nor its proof, and is otherwise sound."""
    log = log_of(7)
    shown = [entry for entry in log.entries if entry.index != index]
    return exported(log, entries=shown, query={"case": CASE} | query)


def gap_report(first: int, last: int) -> Body:
    gap = {"gap_producer": "intake", "gap_topic": "cases.v1", "gap_subject": CASE}
    payload = rfc8785.dumps(gap | {"first_missing": first, "last_missing": last})
    headers = signed(
        headers_of(
            100,
            ce_source="/sellerworks/audit",
            ce_type="audit.gap_detected.v1",
            ce_sequence="1",
        ),
        payload,
    )
    digest = sha256(payload).digest()
    leaf = leaf_of(headers, payload_sha256=digest, src=None, recorded_at=RECORDED_AT)
    return leaf, headers, payload


class TestASoundExport:
    @pytest.mark.covers("AU-4")
    def test_is_accepted(self) -> None:
        report = report_on(export())

        assert report.verdict is Verdict.OK
        assert ("tree size", "7") in report.shown

    def test_is_undecided_when_its_own_key_is_all_there_is(self) -> None:
        raw = export().zipped({})

        report = verify_bundle(raw, name="export.zip", asked=Asked(policy=None))

        assert report.verdict is Verdict.UNDECIDED
        assert "nobody told us whose key to trust" in told(report, Kind.UNDECIDED)
        assert "the bundle agrees with itself" in told(report, Kind.NOTE)
        assert ("trust", "key from the bundle itself") in report.shown

    def test_stays_sound_when_retention_has_cleared_bodies(self) -> None:
        report = report_on(export(), with_line(2, headers=None, payload=None))

        assert report.verdict is Verdict.OK
        assert ("events", "7, 6 with payload, 6 with headers") in report.shown


class TestAChangedEvent:
    def test_payload_is_named(self) -> None:
        report = report_on(export(), with_line(3, payload=to_base64(b"{}")))

        assert report.verdict is Verdict.TAMPERED
        assert "idx 3): the payload is not the one" in told(report)

    @pytest.mark.covers("AU-4")
    @pytest.mark.parametrize(
        "header", ["ce_actor", "ce_time", "ce_subject", "ce_type", "ce_id", "ce_marketplace"]
    )
    def test_header_is_named(self, header: str) -> None:
        report = report_on(export(), with_headers(3, **{header: "other"}))

        assert report.verdict is Verdict.TAMPERED
        assert f"{header} says 'other', the log recorded" in told(report)

    def test_header_that_no_leaf_keeps_breaks_the_signature(self) -> None:
        report = report_on(export(), with_headers(3, ce_requestid="req_9"))

        assert "signature by key 'router-1' does not fit" in told(report)

    def test_leaf_no_longer_leads_to_the_root(self) -> None:
        made = export()
        forged = leaf_and_body(3, ce_actor="agent:mem_other")
        proof = made.files["proofs/3.tlog-proof"].split(b"\n")
        proof[1] = b"extra " + to_base64(forged[0]).encode()
        headers = {k: v for k, v in forged[1].items() if k.startswith("ce_")}
        changes = with_line(3, leaf=to_base64(forged[0]), headers=headers)

        report = report_on(made, changes | {"proofs/3.tlog-proof": b"\n".join(proof)})

        assert "leaf 3 is not in the signed tree of 7" in told(report)

    def test_leaf_needs_a_proof_of_its_own(self) -> None:
        """With its body "cleared", a forged leaf has nothing but the proof to contradict it."""
        forged = leaf_and_body(3, ce_actor="agent:mem_other")[0]
        changes = with_line(3, leaf=to_base64(forged), headers=None, payload=None)

        report = report_on(export(), changes)

        assert "proves another leaf than the one" in told(report)

    def test_body_does_not_pass_as_cleared_by_leaving_it_out(self) -> None:
        lines = export().files[EVENTS].replace(b'"payload":', b'"qayload":')

        assert report_on(export(), {EVENTS: lines}).verdict is Verdict.UNDECIDED

    def test_signature_of_another_service_does_not_count(self) -> None:
        """Router's key under intake's name, and the key id is that of nobody."""
        report = report_on(export(), with_headers(2, ce_keyid="router-1"))

        assert report.verdict is not Verdict.OK
        assert "no key 'router-1' of service 'intake'" in told(report, Kind.UNDECIDED)

    def test_with_a_header_that_nobody_signs_is_not_read(self) -> None:
        report = report_on(export(), with_headers(3, traceparent="00-1-2-3"))

        assert report.verdict is Verdict.UNDECIDED
        assert "line 4: cannot be read: a header that is not signed" in told(report, Kind.UNDECIDED)

    def test_without_a_signature_is_not_decided(self) -> None:
        headers = headers_shown(3)
        del headers["ce_signature"]

        report = report_on(export(), with_line(3, headers=headers))

        assert report.verdict is Verdict.UNDECIDED


class TestAnEventLeftOut:
    def test_leaves_a_hole_in_the_numbers(self) -> None:
        report = report_on(without(2))

        assert report.verdict is Verdict.UNDECIDED
        assert f"intake's events of {CASE} in cases.v1: sequence 2 is missing" in told(
            report, Kind.UNDECIDED
        )

    def test_at_the_beginning_of_a_case_is_a_hole_too(self) -> None:
        assert report_on(without(0)).verdict is Verdict.UNDECIDED

    def test_from_the_lines_alone_leaves_its_proof_behind(self) -> None:
        lines = export().files[EVENTS].splitlines(keepends=True)

        report = report_on(export(), {EVENTS: b"".join(lines[:2] + lines[3:])})

        assert "proofs/2.tlog-proof: proves an event that" in told(report)

    def test_by_a_filter_is_only_said(self) -> None:
        report = report_on(without(2, type="case.routed.v1"))

        assert report.verdict is Verdict.OK
        assert "nothing was left out is not shown" in told(report, Kind.NOTE)

    def test_by_the_producer_is_what_the_log_has_reported(self) -> None:
        bodies = [leaf_and_body(number) for number in (0, 1, 4)]
        log = grown([*bodies, gap_report(2, 2)])

        report = report_on(exported(log))

        assert report.verdict is Verdict.OK
        assert "sequence 2 is missing, and the log itself reported it" in told(report, Kind.NOTE)

    def test_and_come_late_is_no_disorder(self) -> None:
        first = [leaf_and_body(0), leaf_and_body(4), gap_report(2, 2), leaf_and_body(2)]

        report = report_on(exported(grown(first)))

        assert report.verdict is Verdict.OK
        assert "sequence 2 came late" in told(report, Kind.NOTE)


class TestTheOrder:
    def test_of_a_log_that_swapped_two_is_seen(self) -> None:
        log = grown([leaf_and_body(number) for number in (0, 4, 2)])

        assert "sequence 2 stands behind 3" in told(report_on(exported(log)))

    def test_of_the_lines_is_that_of_the_log(self) -> None:
        lines = export().files[EVENTS].splitlines(keepends=True)
        lines[2], lines[3] = lines[3], lines[2]

        report = report_on(export(), {EVENTS: b"".join(lines)})

        assert "stands behind idx 3: the order is changed" in told(report)

    def test_knows_each_number_once(self) -> None:
        twice = leaf_and_body(0, ce_id="00000000-0000-0000-0000-0000000000aa")

        report = report_on(exported(grown([leaf_and_body(0), twice])))

        assert "sequence 1 stands there twice" in told(report)


class TestWhoAndWhen:
    @pytest.mark.covers("AU-7")
    @pytest.mark.parametrize("header", ["ce_actor", "ce_time"])
    def test_must_be_on_record(self, header: str) -> None:
        log = grown([leaf_and_body(0, **{header: None})])

        assert report_on(exported(log)).verdict is Verdict.UNDECIDED


class TestTheFiles:
    def test_must_be_those_of_the_manifest(self) -> None:
        raw = export().zipped({EVENTS: export().files[EVENTS] + b"{}\n"})

        report = verify_bundle(raw, name="export.zip", asked=Asked(policy=POLICY))

        assert f"{EVENTS}: is not the file whose SHA-256" in told(report)

    @pytest.mark.parametrize("name", sorted(export().files))
    def test_must_all_be_there(self, name: str) -> None:
        raw = export().zipped({name: None})

        report = verify_bundle(raw, name="export.zip", asked=Asked(policy=POLICY))

        assert report.verdict is Verdict.UNDECIDED

    def test_that_nobody_listed_are_pointed_out(self) -> None:
        raw = export().zipped({"readme.txt": b"trust me"})

        report = verify_bundle(raw, name="export.zip", asked=Asked(policy=POLICY))

        assert "readme.txt: is not listed" in told(report, Kind.UNDECIDED)

    @pytest.mark.parametrize("raw", [b"", b"PK", b"not a zip", export().zipped({})[:900]])
    def test_must_come_in_a_zip(self, raw: bytes) -> None:
        report = verify_bundle(raw, name="export.zip", asked=Asked(policy=POLICY))

        assert report.verdict is Verdict.UNDECIDED

    @pytest.mark.parametrize("method", [ZIP_BZIP2, ZIP_LZMA])
    def test_are_packed_as_the_format_says(self, method: int) -> None:
        raw = BytesIO()
        with ZipFile(raw, "w", compression=method) as out:
            for name, content in export().files.items():
                out.writestr(name, content)

        report = verify_bundle(raw.getvalue(), name="export.zip", asked=Asked(policy=POLICY))

        assert report.verdict is Verdict.UNDECIDED
        assert "neither stored nor deflated" in told(report, Kind.UNDECIDED)

    def test_of_another_log_under_our_name_are_not_believed(self) -> None:
        """A whole forged export, with its own keys: only the trusted key tells."""
        forged = export().files["checkpoint.txt"].replace(b"audit.test", b"audit.evil")

        assert report_on(export(), {"checkpoint.txt": forged}).verdict is not Verdict.OK

    def test_lead_to_one_checkpoint_only(self) -> None:
        other = exported(grown([leaf_and_body(number) for number in range(8)]))
        proof = other.files["proofs/3.tlog-proof"]

        report = report_on(export(), {"proofs/3.tlog-proof": proof})

        assert "leads to another checkpoint than checkpoint.txt" in told(report)

    def test_are_of_the_size_that_the_manifest_states(self) -> None:
        manifest = json.loads(export().files["manifest.json"]) | {"as_of": 6}

        report = report_on(export(), {"manifest.json": rfc8785.dumps(manifest)})

        assert "has size 7, the manifest says 6" in told(report)

    def test_without_an_event_prove_nothing(self) -> None:
        report = report_on(exported(log_of(7), entries=[]))

        assert report.verdict is Verdict.UNDECIDED


class TestAPolicy:
    def test_names_the_services_keys_too(self) -> None:
        good = {
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
        policy = read_policy(json.dumps(good).encode(), source="policy.json")

        report = verify_bundle(export().zipped({}), name="x", asked=Asked(policy=policy))

        assert report.verdict is Verdict.OK
        assert not report.findings

    @pytest.mark.parametrize(
        "policy",
        [
            b"",
            b"[]",
            b"{}",
            b'{"log_keys": []}',
            b'{"log_keys": "key"}',
            b'{"log_keys": [7]}',
            b'{"log_keys": ["name+00000000+AAAA"]}',
            b'{"log_keys": ["k"], "witnesses": ["one it would not ask"]}',
        ],
    )
    def test_that_cannot_be_kept_is_refused(self, policy: bytes) -> None:
        with pytest.raises(BadPolicy):
            read_policy(policy, source="policy.json")
