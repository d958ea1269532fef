"""Who acts when a case is filed, and what a grant covers."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chassis import ids
from intake.domain.authority import Grant, acting_party
from intake.domain.filing import Assurance

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
AUT = ids.derived_id("aut", "1")


def a_grant(**changes: Any) -> Grant:  # noqa: ANN401 - any field
    usual: dict[str, Any] = {
        "id": AUT,
        "marketplace": "harbour",
        "seller": "sel_1",
        "party": "act_1",
        "kind": "agency",
        "issue_types": (),
        "assurance": "front_end",
        "valid_from": NOW - HOUR,
        "valid_until": None,
    }
    return Grant(**(usual | changes))


class TestGrant:
    @pytest.mark.parametrize(
        ("changes", "covers"),
        [
            ({}, True),
            ({"valid_from": NOW}, True),
            ({"valid_from": NOW + HOUR}, False),
            ({"valid_until": NOW}, False),
            ({"valid_until": NOW + HOUR}, True),
            ({"ended_at": NOW}, False),
            ({"valid_until": NOW + HOUR, "ended_at": NOW - HOUR}, False),
            ({"issue_types": ("payout_hold",)}, True),
            ({"issue_types": ("listing_error",)}, False),
        ],
    )
    def test_covers_its_matters_in_its_time(self, changes: dict[str, Any], covers: bool) -> None:  # noqa: FBT001 - a column of the table above
        assert a_grant(**changes).covers("payout_hold", NOW) is covers


class TestActingParty:
    @pytest.mark.parametrize("assurance", ["front_end", "token"])
    def test_is_the_seller_itself_when_nobody_is_named(self, assurance: Assurance) -> None:
        party = acting_party(
            None, party=None, assurance=assurance, grants=(), issue_type="payout_hold", at=NOW
        )

        assert (party.kind, party.authority, party.assurance) == ("seller", "verified", assurance)
        assert party.id is None

    @pytest.mark.covers("IN-13")
    @pytest.mark.parametrize(
        ("grants", "authority"),
        [
            ([], "unverified"),
            ([a_grant(ended_at=NOW)], "unverified"),
            ([a_grant(ended_at=NOW), a_grant()], "verified"),
        ],
    )
    def test_is_verified_by_a_grant_that_covers_it(
        self, grants: list[Grant], authority: str
    ) -> None:
        party = acting_party(
            "agency",
            party="act_1",
            assurance="front_end",
            grants=grants,
            issue_type="payout_hold",
            at=NOW,
        )

        assert (party.id, party.kind, party.authority) == ("act_1", "agency", authority)
        assert party.grant == (AUT if authority == "verified" else None)
