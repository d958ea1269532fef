"""What was done to the log, as compliance is told by the command: what it is, and where."""

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
import rfc8785

from audit_exports import LOG_SIGNER, SERVICES, Body, headers_of, leaf_and_body, payload_of
from range_exports import Books, books, books_of, note_of
from verifier.cli import main
from verifier.encoding import to_base64

SIZE = 9
Told = tuple[int, list[str]]
"""The exit code, and what was found to be tampered with, as `where: what`."""


@pytest.fixture
def audit_verify(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Told]:
    """Return the command: its files are given by their contents, and told by these names."""

    def run(command: str, *options: str, **files: bytes | str) -> Told:
        paths = list[str]()
        for name, content in files.items():
            path = tmp_path / name
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
            paths.append(str(path))
        key = LOG_SIGNER.key.verifier_key
        code = main([command, *paths, *options, "--key", key, "--json"])
        found = json.loads(capsys.readouterr().out)["findings"]
        return code, [f"{f['where']}: {f['what']}" for f in found if f["kind"] == "tampered"]

    return run


def flipped(row: Body, at: int) -> Body:
    leaf, headers, payload = row
    changed = bytearray(leaf)
    changed[at] ^= 1
    return bytes(changed), headers, payload


def forged_by(forger: str, number: int) -> Body:
    """Return an event that names its own producer, and another service has signed it."""
    leaf, _, payload = leaf_and_body(number)
    headers = headers_of(number) | {"ce_keyid": f"{forger}-1"}
    document = headers | {"payload": f"sha256:{sha256(payload).hexdigest()}"}
    signature = to_base64(SERVICES[forger].sign(rfc8785.dumps(document)))
    return leaf, headers | {"ce_signature": signature}, payload


def inserted(at: int) -> Books:
    """Return books into which somebody has put an event, those behind it moved on."""
    honest = books(SIZE)
    rows = [honest.rows[index] for index in range(SIZE)]
    rows.insert(at, leaf_and_body(40))
    return honest.with_rows(dict(enumerate(rows[:SIZE])))


class TestTheCommand:
    def test_accepts_an_honest_log(self, audit_verify: Callable[..., Told]) -> None:
        assert audit_verify("fsck", range=books(SIZE).export()) == (0, [])

    @pytest.mark.parametrize("at", [0, 1, 40, 300, -1])
    def test_names_the_leaf_of_which_a_byte_was_flipped(
        self, audit_verify: Callable[..., Told], at: int
    ) -> None:
        row = flipped(books(SIZE).rows[4], at)

        code, told = audit_verify("fsck", range=books(SIZE).with_rows({4: row}).export())

        assert code == 1
        assert "idx 4" in told[0]
        assert "has been changed: the tree holds another leaf here" in told[0]

    def test_names_leaves_that_were_swapped(self, audit_verify: Callable[..., Told]) -> None:
        rows = books(SIZE).rows

        code, told = audit_verify(
            "fsck", range=books(SIZE).with_rows({2: rows[5], 5: rows[2]}).export()
        )

        assert code == 1
        assert "idx 2): has been moved: it is leaf 5 of the tree" in told[0]
        assert "idx 5): has been moved: it is leaf 2 of the tree" in told[1]

    @pytest.mark.parametrize("index", [0, 4, SIZE - 1])
    def test_names_the_leaf_that_was_deleted(
        self, audit_verify: Callable[..., Told], index: int
    ) -> None:
        code, told = audit_verify("fsck", range=books(SIZE).without_row(index).export())

        assert code == 1
        assert f"idx {index}: is missing: the tree has it" in told[0]

    def test_names_the_leaf_that_was_inserted(self, audit_verify: Callable[..., Told]) -> None:
        code, told = audit_verify("fsck", range=inserted(6).export())

        assert code == 1
        assert "idx 6): has been changed: the tree holds another leaf here" in told[0]
        assert "idx 7): has been moved: it is leaf 6 of the tree" in told[1]

    def test_names_the_event_whose_body_was_edited(self, audit_verify: Callable[..., Told]) -> None:
        leaf, headers, _ = books(SIZE).rows[3]
        edited = books(SIZE).with_rows({3: (leaf, headers, payload_of(30))})

        code, told = audit_verify("fsck", range=edited.export())

        assert code == 1
        assert len(told) == 1
        assert "idx 3): the payload is not the one whose SHA-256 the log recorded" in told[0]

    def test_names_the_event_whose_headers_were_edited(
        self, audit_verify: Callable[..., Told]
    ) -> None:
        leaf, headers, payload = books(SIZE).rows[3]
        edited = books(SIZE).with_rows({3: (leaf, headers | {"ce_actor": "nobody"}, payload)})

        code, told = audit_verify("fsck", range=edited.export())

        assert code == 1
        assert "idx 3): ce_actor says 'nobody', the log recorded 'service:router'" in told[0]

    def test_tells_a_tree_that_was_computed_anew(self, audit_verify: Callable[..., Told]) -> None:
        """Leaf, body, tiles and root agree with one another: the signed root alone does not."""
        rewritten = books(SIZE).with_rows({5: leaf_and_body(30)}).rewritten()

        code, told = audit_verify("fsck", range=rewritten.export())

        assert code == 1
        assert "idx 0 to 8: these entries do not make the root that the log signed" in told[0]

    def test_tells_where_a_tree_was_computed_anew_by_checkpoints_saved_before(
        self, audit_verify: Callable[..., Told], tmp_path: Path
    ) -> None:
        rewritten = books(SIZE).with_rows({5: leaf_and_body(30)}).rewritten()
        saved = list[str]()
        for size in (3, 4, 6, 8):
            path = tmp_path / f"saved-{size}"
            path.write_text(note_of(books(SIZE).head(size)))
            saved += ["--checkpoint", str(path)]

        code, told = audit_verify("fsck", *saved, range=rewritten.export())

        assert code == 1
        assert "saved-6, idx 4 to 5: the log has been rewritten" in told[1]

    def test_tells_that_an_old_backup_was_restored(self, audit_verify: Callable[..., Told]) -> None:
        files = {"saved": note_of(books(SIZE).signed), "served": note_of(books(6).signed)}

        code, told = audit_verify("consistency", **files)

        assert code == 1
        assert "saved -> served: the log went back: it had 9 leaves" in told[0]
        assert "Leaves 6 to 8 are gone" in told[0]

    def test_tells_a_log_that_went_on_from_an_old_backup(
        self, audit_verify: Callable[..., Told]
    ) -> None:
        """It has grown again, past what was signed: the size alone shows nothing."""
        grown = [books(6).rows[index] for index in range(6)]
        other = books_of([*grown, *(leaf_and_body(number) for number in range(20, 26))])
        path = [to_base64(part) for part in other.growth(SIZE, 12)]
        files = {"saved": note_of(books(SIZE).signed), "served": note_of(other.signed)}

        code, told = audit_verify("consistency", **files, proof="\n".join([*path, ""]))

        assert code == 1
        assert "saved -> served: the tree of 12 does not continue the tree of 9" in told[0]

    def test_names_a_forged_producer(self, audit_verify: Callable[..., Told]) -> None:
        """Signed by a service that says it is another, and put in order by the log."""
        bodies = [leaf_and_body(number) for number in range(SIZE)]
        bodies[4] = forged_by("router", 4)

        code, told = audit_verify("fsck", range=books_of(bodies).export())

        assert code == 1
        assert len(told) == 1
        assert "idx 4)" in told[0]
        assert "a forged producer: it names 'intake', and 'router' signed it" in told[0]

    def test_names_a_signature_that_is_nobodys(self, audit_verify: Callable[..., Told]) -> None:
        bodies = [leaf_and_body(number) for number in range(SIZE)]
        leaf, headers, payload = bodies[4]
        bodies[4] = leaf, headers | {"ce_signature": to_base64(bytes(64))}, payload

        code, told = audit_verify("fsck", range=books_of(bodies).export())

        assert code == 1
        assert "idx 4): the signature by key 'intake-1' does not fit the event: forged" in told[0]

    @pytest.mark.fault(68)
    @pytest.mark.parametrize("command", ["consistency", "compare"])
    def test_tells_a_forked_log_by_two_checkpoints_of_equal_size(
        self, audit_verify: Callable[..., Told], command: str
    ) -> None:
        rows = [books(SIZE).rows[index] for index in range(SIZE)]
        fork = books_of([*rows[:5], leaf_and_body(30), *rows[6:]]).signed

        code, told = audit_verify(command, mine=note_of(books(SIZE).signed), yours=note_of(fork))

        assert code == 1
        assert len(told) == 1
        assert "mine and yours: a forked log (split view): two trees of 9 leaves" in told[0]

    def test_does_not_accuse_anybody_when_it_fails_itself(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """A Python that gives up exits with 1, and here 1 says that tampering is proven."""
        code = main(["checkpoint", "no\0file", "--key", LOG_SIGNER.key.verifier_key])

        assert code == 3
        assert "audit-verify itself failed" in capsys.readouterr().out
