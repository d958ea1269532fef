"""Who may act for a seller: granted, checked at the door, taken back, in the trail."""

from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from chassis import door
from chassis.door import Journey
from intake.api.bodies import NewCase
from intake.api.filing import check, prepare
from intake.domain.authority import GrantTakenBack
from intake.domain.filing import FileCase
from intake.handlers.file_case import file_case
from intake_stand import FRONT_END, PEN, SELLER, Stand, a_case

VERIFIED, REFUSED, OPENED = "authority.verified.v1", "authority.refused.v1", "case.opened.v1"
AGENCY = {"ref": "Kiln Agency 7c2e", "kind": "agency"}
NEW = a_case()["facts"] | {"payout_ref": "PO-2"}


async def seller_of(stand: Stand) -> str:
    case = await stand.filed(external_ref="HB-1")
    seller: str = (await stand.get(f"/v1/cases/{case}")).json()["seller"]
    return seller


async def send(
    stand: Stand, path: str, body: dict[str, Any], *, who: str = FRONT_END
) -> httpx.Response:
    headers = stand.headers(who, Idempotency_Key=uuid4().hex)
    return await stand.client.post(f"/v1/sellers/{path}", json=body, headers=headers)


async def grant(
    stand: Stand,
    seller: str,
    *,
    who: str = FRONT_END,
    **more: Any,  # noqa: ANN401 - any JSON
) -> httpx.Response:
    return await send(stand, f"{seller}/authorities", {"party": AGENCY} | more, who=who)


async def acting(stand: Stand, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    """File something new for the agency, and return who acts according to its event."""
    number = uuid4().hex[:8]
    facts = a_case()["facts"] | {"payout_ref": f"PO-{number}"}
    await stand.filed(external_ref=number, facts=facts, acting_party=AGENCY, **changes)
    party: dict[str, Any] = (await stand.events(OPENED))[-1]["acting_party"]
    return party


class TestGrant:
    @pytest.mark.covers("IN-13", "SE-8")
    async def test_verifies_a_delegate_at_the_door(self, stand: Stand) -> None:
        seller = await seller_of(stand)
        before = await acting(stand)

        given = await grant(stand, seller)

        assert given.status_code == 201, given.text
        after = await acting(stand)
        assert (before["authority"], after["authority"]) == ("unverified", "verified")
        assert after["grant"] == given.json()["id"]
        assert after["id"] == before["id"] == given.json()["party"]

    async def test_is_said_and_names_nobody(self, stand: Stand) -> None:
        seller = await seller_of(stand)

        given = (await grant(stand, seller, issue_types=["payout_hold"])).json()

        [said] = await stand.events(VERIFIED)
        assert (said["authority"], said["party"]) == (given["id"], given["party"])
        assert (said["issue_types"], said["assurance"]) == (["payout_hold"], "front_end")
        assert "7c2e" not in str(said)
        async with stand.engine.connect() as connection:
            rows = await connection.execute(text("select * from authority_grants"))
            assert "7c2e" not in str(rows.all())

    async def test_reaches_no_other_party_matter_seller_or_time(self, stand: Stand) -> None:
        seller = await seller_of(stand)
        await grant(stand, seller, party={"ref": "Another Agency", "kind": "agency"})
        await grant(stand, seller, party=AGENCY | {"kind": "employee"})
        await grant(stand, seller, issue_types=["listing_error"])
        await grant(stand, seller, valid_from="2099-01-01T00:00:00Z")

        another = a_case()["seller"] | {"ref": "another"}

        assert (await acting(stand))["authority"] == "unverified"
        assert (await acting(stand, seller=another))["authority"] == "unverified"

    @pytest.mark.parametrize(
        ("more", "pointer"),
        [
            ({"issue_types": ["payout_hold", "of_tomorrow"]}, "/issue_types/1"),
            ({"valid_until": "2020-01-01T00:00:00Z"}, "/valid_until"),
            (
                {"valid_from": "2099-01-01T00:00:00Z", "valid_until": "2098-01-01T00:00:00Z"},
                "/valid_until",
            ),
            ({"party": {"ref": "x", "kind": "friend"}}, "/party/kind"),
        ],
    )
    async def test_that_would_cover_nothing_is_refused(
        self, stand: Stand, more: dict[str, Any], pointer: str
    ) -> None:
        seller = await seller_of(stand)

        answer = await grant(stand, seller, **more)

        assert answer.status_code == 422
        assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
        assert await stand.events(VERIFIED) == []

    async def test_is_for_the_seller_and_its_front_end(self, stand: Stand) -> None:
        seller = await seller_of(stand)

        by_seller = await grant(stand, seller, who=SELLER)

        assert (by_seller.status_code, by_seller.json()["assurance"]) == (201, "token")
        for who, status in {
            "bazaar-front-end": 404,
            "seller-bazaar-one": 404,
            "mara": 403,
            "sofia": 403,
            "ines": 403,
        }.items():
            assert (await grant(stand, seller, who=who)).status_code == status, who

    async def test_of_a_seller_that_nobody_knows_is_a_404(self, stand: Stand) -> None:
        for seller in ("sel_00000000000000000000000000", "clay-and-co"):
            assert (await grant(stand, seller)).status_code == 404


class TestRevocation:
    async def test_counts_from_the_next_filing_on(self, stand: Stand) -> None:
        seller = await seller_of(stand)
        given = (await grant(stand, seller)).json()
        path = f"{seller}/authorities/{given['id']}/revocation"

        ended = await send(stand, path, {"reason": "no_longer_acts"}, who="sofia")

        assert ended.status_code == 200, ended.text
        assert ended.json()["ended_at"] is not None
        assert (await acting(stand))["authority"] == "unverified"
        [said] = await stand.events(REFUSED)
        assert (said["authority"], said["reason"]) == (given["id"], "no_longer_acts")
        again = await send(stand, path, {"reason": "no_longer_acts"}, who="sofia")
        assert (again.status_code, again.json()["code"]) == (409, "not-allowed-now")

    async def test_counts_for_what_was_looked_up_before_it_too(self, stand: Stand) -> None:
        seller = await seller_of(stand)
        given = (await grant(stand, seller)).json()
        desk = stand.app.state.desk
        body = NewCase.model_validate(a_case(external_ref=None, facts=NEW, acting_party=AGENCY))
        filing = check(body, stand.app.state.kit.playbooks, assurance="front_end")
        looked_up = await prepare(filing, engine=stand.engine, tag_key=desk.tag_key)
        assert isinstance(looked_up, FileCase)

        path = f"{seller}/authorities/{given['id']}/revocation"
        await send(stand, path, {"reason": "no_longer_acts"})

        assert looked_up.opened.acting_party.authority == "verified"
        with pytest.raises(GrantTakenBack):
            await door.run(
                stand.engine,
                lambda tx: file_case(tx, looked_up),
                pen=PEN,
                journey=Journey(actor="front_end:harbour"),
            )

    async def test_takes_no_grant_of_another_seller(self, stand: Stand) -> None:
        seller = await seller_of(stand)
        given = (await grant(stand, seller)).json()
        await stand.filed(external_ref="HB-2", seller=a_case()["seller"] | {"ref": "another"})
        cases = (await stand.get("/v1/cases")).json()["items"]
        [another] = {one["seller"] for one in cases} - {seller}

        path = f"{another}/authorities/{given['id']}/revocation"
        answer = await send(stand, path, {"reason": "no_longer_acts"})

        assert answer.status_code == 404
        assert (await acting(stand))["authority"] == "verified"

    async def test_needs_a_reason_and_a_grant(self, stand: Stand) -> None:
        seller = await seller_of(stand)
        given = (await grant(stand, seller)).json()

        why = await send(
            stand, f"{seller}/authorities/{given['id']}/revocation", {"reason": "because"}
        )
        what = await send(
            stand, f"{seller}/authorities/aut_1/revocation", {"reason": "no_longer_acts"}
        )

        assert (why.status_code, why.json()["errors"][0]["pointer"]) == (422, "/reason")
        assert what.status_code == 404


class TestList:
    async def test_shows_ended_grants_too(self, stand: Stand) -> None:
        seller = await seller_of(stand)
        given = (await grant(stand, seller)).json()

        listed = await stand.get(f"/v1/sellers/{seller}/authorities", who="ines")

        assert listed.json() == {"items": [given]}
        foreign = await stand.get(f"/v1/sellers/{seller}/authorities", who="boris")
        assert foreign.status_code in {403, 404}
