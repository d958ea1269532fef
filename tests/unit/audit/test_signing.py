"""Which head may be signed, and when."""

from datetime import timedelta

import pytest

from audit.domain.merkle import EMPTY_HEAD, Head
from audit.domain.signing import Refusal, Signed, is_due, refusal_of, start_of
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
        ],
    )
    def test_is_for_whatever_does_not_go_on(
        self, head: Head, remembered: Head | None, published: Signed | None, refusal: Refusal | None
    ) -> None:
        found = refusal_of(head, remembered=remembered, published=published, proof=[])

        assert found is refusal


class TestStartOf:
    def test_is_the_empty_tree_before_anything_was_signed(self) -> None:
        assert (start_of(None), start_of(HEAD)) == (EMPTY_HEAD, HEAD)
