"""Which head may be signed, and when."""

from datetime import timedelta

import pytest

from audit.domain.merkle import EMPTY_HEAD, Head
from audit.domain.signing import Refusal, Signed, is_due, is_known, refusal_of, starts_of
from builders_audit import NOON

ROOT, OTHER = b"r" * 32, b"o" * 32
HEAD = Head(1, ROOT)
PUBLISHED = Signed(head=HEAD, at=NOON)


class TestIsDue:
    @pytest.mark.parametrize(
        ("head", "last", "seconds", "due"),
        [
            (HEAD, None, 0, True),
            (HEAD, PUBLISHED, 59.9, False),
            (HEAD, PUBLISHED, 60, True),
            (Head(2, ROOT), PUBLISHED, 0, True),
        ],
    )
    def test_after_every_change_and_each_minute(
        self, head: Head, last: Signed | None, seconds: float, *, due: bool
    ) -> None:
        assert is_due(head, last, now=NOON + timedelta(seconds=seconds)) is due


class TestRefusalOf:
    @pytest.mark.parametrize(
        ("head", "remembered", "published", "refusal"),
        [
            (HEAD, None, None, None),
            (HEAD, None, PUBLISHED, Refusal.FORGOTTEN),
            (HEAD, HEAD, PUBLISHED, None),
            (HEAD, HEAD, None, None),
            (EMPTY_HEAD, HEAD, PUBLISHED, Refusal.SHRUNK),
            (Head(1, OTHER), HEAD, PUBLISHED, Refusal.CHANGED),
            (Head(2, OTHER), HEAD, PUBLISHED, Refusal.CHANGED),
            (HEAD, HEAD, Signed(head=Head(2, ROOT), at=NOON), Refusal.SHRUNK),
            (HEAD, HEAD, Signed(head=Head(1, OTHER), at=NOON), Refusal.CHANGED),
            (Head(1, OTHER), EMPTY_HEAD, PUBLISHED, Refusal.CHANGED),
        ],
    )
    def test_is_for_whatever_does_not_go_on(
        self, head: Head, remembered: Head | None, published: Signed | None, refusal: Refusal | None
    ) -> None:
        proofs = {start: list[bytes]() for start in starts_of(remembered, published)}

        found = refusal_of(head, remembered=remembered, published=published, proofs=proofs)

        assert found is refusal


class TestStartsOf:
    def test_are_what_is_remembered_and_what_was_published(self) -> None:
        later = Signed(head=Head(2, OTHER), at=NOON)

        assert starts_of(None, None) == [EMPTY_HEAD]
        assert starts_of(HEAD, PUBLISHED) == [HEAD]
        assert starts_of(HEAD, later) == [HEAD, later.head]


class TestIsKnown:
    @pytest.mark.parametrize(
        ("head", "remembered", "published", "known"),
        [
            (HEAD, HEAD, PUBLISHED, True),
            (Head(1, OTHER), HEAD, PUBLISHED, False),
            (HEAD, None, PUBLISHED, False),
            (HEAD, HEAD, None, False),
            (Head(2, ROOT), HEAD, PUBLISHED, False),
        ],
    )
    def test_when_memory_and_database_agree_on_the_head(
        self, head: Head, remembered: Head | None, published: Signed | None, *, known: bool
    ) -> None:
        assert is_known(head, remembered=remembered, published=published) is known
