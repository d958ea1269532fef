"""Values in clear against the commitments that the log holds."""

import json
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256

import pytest
import rfc8785

from audit_exports import SALT, commitment, log_of, payload_of
from verifier.events import ExportedEvent
from verifier.leaf import read_leaf
from verifier.openings import Opening, UnreadableOpenings, check_openings, read_openings
from verifier.report import Kind

SALT_TEXT = b64encode(SALT).decode()
FILE = {"file_key": "AAAA", "name": "deed.pdf", "sha256": sha256(b"pdf").hexdigest()}


def event(payload: bytes) -> ExportedEvent:
    entry = log_of(1).entries[0]
    leaf = read_leaf(entry.leaf)
    return ExportedEvent(
        index=0, raw_leaf=entry.leaf, leaf=leaf, headers=entry.headers, payload=payload
    )


def opening(value: object) -> Opening:
    return Opening(commitment=commitment(value), value=value, salt=SALT)


def kinds(given: Opening, payload: bytes = payload_of(0)) -> list[Kind]:
    return [finding.kind for finding in check_openings([given], [event(payload)])]


class TestAnOpening:
    def test_of_what_was_committed_to_is_accepted(self) -> None:
        assert kinds(opening("no 0")) == []

    def test_of_another_value_is_refused(self) -> None:
        assert kinds(replace(opening("no 0"), value="no 1")) == [Kind.TAMPERED]

    def test_with_another_salt_is_refused(self) -> None:
        assert kinds(replace(opening("no 0"), salt=b"\x06" * 32)) == [Kind.TAMPERED]

    def test_of_a_commitment_that_no_event_holds_is_not_decided(self) -> None:
        assert kinds(opening("elsewhere")) == [Kind.UNDECIDED]

    def test_of_a_value_without_one_form_is_not_decided(self) -> None:
        assert kinds(replace(opening("no 0"), value=1.5)) == [Kind.UNDECIDED]

    def test_is_found_however_deep_its_commitment_lies(self) -> None:
        sealed = rfc8785.dumps({"commitment": commitment("no 0"), "class": "narrative"})

        assert kinds(opening("no 0"), b'[{"a":' * 450 + sealed + b"}]" * 450) == []

    def test_of_a_file_proves_its_hash_and_no_more(self) -> None:
        sealed = {"class": "evidence_file", "commitment": commitment(FILE["sha256"])}
        given = Opening(commitment=str(sealed["commitment"]), value=FILE, salt=SALT)

        assert kinds(given, rfc8785.dumps({"files": [sealed]})) == [Kind.NOTE]

    def test_of_another_file_is_refused(self) -> None:
        sealed = {"class": "evidence_file", "commitment": commitment("other")}
        given = Opening(commitment=str(sealed["commitment"]), value=FILE, salt=SALT)

        assert kinds(given, rfc8785.dumps(sealed)) == [Kind.TAMPERED]

    @pytest.mark.parametrize("value", [None, "word", {"name": "x"}, []])
    def test_of_what_is_no_file_is_no_way_around(self, value: object) -> None:
        """The commitment to null must not open anything that lacks a hash."""
        sealed = {"class": "evidence_file", "commitment": commitment(None)}
        given = Opening(commitment=str(sealed["commitment"]), value=value, salt=SALT)

        expected = [] if value is None else [Kind.TAMPERED]
        assert kinds(given, rfc8785.dumps(sealed)) == expected

    def test_needs_a_payload_to_look_into(self) -> None:
        shown = replace(event(b""), payload=None)

        found = list(check_openings([opening("no 0")], [shown]))

        assert [finding.kind for finding in found] == [Kind.UNDECIDED]


class TestTheFileOfOpenings:
    def test_is_the_vaults_answer(self) -> None:
        saved = [{"commitment": commitment("no 0"), "value": "no 0", "salt": SALT_TEXT}]

        assert read_openings(json.dumps(saved).encode()) == [opening("no 0")]

    @pytest.mark.parametrize(
        "saved",
        [
            b"",
            b"{}",
            b"[7]",
            b'[{"commitment": "AAAA", "value": 1}]',
            b'[{"commitment": "AAAA", "value": 1, "salt": "AAAA"}]',
            b'[{"commitment": "AAAA", "value": 1, "salt": "?"}]',
            b'[{"commitment": 1, "value": 1, "salt": "AAAA"}]',
        ],
    )
    def test_is_refused_when_it_is_something_else(self, saved: bytes) -> None:
        with pytest.raises(UnreadableOpenings):
            read_openings(saved)
