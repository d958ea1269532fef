"""What differs between a paper and the account: said precisely, sealed, kept nowhere else."""

import pytest

from builders_contracts import a_case_opened, a_receipt, a_route, an_id
from builders_resolution import dump, said
from chassis.vault import open_value
from contracts.event import Contract
from contracts.sealed import SealedValue
from house_resolution import CASE, HANDLE, PRIVATE, SELLER, House, assigned_to, judgement

EXPECTED, SEEN = "Canary Anna Kiln", "Canary Anna Maria Kiln"
NAME = {"field": "name", "expected": EXPECTED, "seen": SEEN}
LETTER = {
    "template": "identity_verification.difference",
    "parameters": {"differences": [NAME]},
}
BILL = an_id("evd", 4)
REJECTED = {"outcome": "rejected", "reason": "name_mismatch"}


def middle_name(**changes: object) -> tuple[Contract, ...]:
    facts = {"review_ref": "RV-5", "check_stage": "details_differ", "differing_field": "name"}
    given = {"issue_type": "identity_verification", "facts": facts, "evidence_on_file": ()}
    opened = a_case_opened(**{"seller": SELLER, "handle": HANDLE, **given, **changes})
    arrived = a_receipt(4, "proof_of_address")
    return (opened, a_route(), arrived, assigned_to("mara"))


async def body_of_last_letter(house: House) -> str:
    told = [one for one in await said(house.engine) if one.type == "seller.message_sent"][-1]
    letter = SealedValue.model_validate(told.fact["body"])
    body: str = open_value(PRIVATE, letter, subject=CASE).value["body"]
    return body


class TestALetter:
    @pytest.mark.covers("SE-1", "SC-4")
    async def test_says_field_expected_and_seen_and_is_the_only_place(self, house: House) -> None:
        await house.hear(middle_name())

        preview = await house.on_case("message-previews", LETTER)
        sent = await house.on_case("messages", LETTER)

        line = f"**Name**. Your account says “{EXPECTED}”, the paper says “{SEEN}”."
        assert (preview.status_code, sent.status_code) == (200, 201)
        assert line in preview.json()["body"]
        assert line in await body_of_last_letter(house)
        everything = await dump(house.engine)
        assert "identity_verification.difference@1" in everything
        assert "Canary" not in everything + sent.text

    async def test_is_refused_without_repeating_what_does_not_fit(
        self, house: House, capfd: pytest.CaptureFixture[str]
    ) -> None:
        await house.hear(middle_name())
        wrong = {"differences": [NAME | {"field": "shoe_size"}]}

        answer = await house.on_case("messages", LETTER | {"parameters": wrong})

        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == "/parameters/differences"
        assert "Canary" not in answer.text + await dump(house.engine) + str(capfd.readouterr())


class TestARejection:
    @pytest.mark.covers("IN-15", "SE-1")
    async def test_says_to_the_seller_what_differs_and_to_nobody_else(self, house: House) -> None:
        await house.hear(middle_name())

        answer = await house.on_case(judgement(BILL), REJECTED | {"differences": [NAME]})

        assert answer.status_code == 200
        body = await body_of_last_letter(house)
        assert f"Your account says “{EXPECTED}”, the paper says “{SEEN}”." in body
        assert "Canary" not in answer.text + await dump(house.engine)

    async def test_is_none_for_a_name_that_is_not_named(self, house: House) -> None:
        """The seller would read that a name differs, and look for it in the dark."""
        await house.hear(middle_name())
        before = await house.count()

        answer = await house.on_case(judgement(BILL), REJECTED)

        [error] = answer.json()["errors"]
        assert (answer.status_code, error["pointer"], error["code"]) == (
            422,
            "/differences",
            "missing",
        )
        assert await house.count() == before

    @pytest.mark.parametrize(
        ("body", "code"),
        [
            (REJECTED | {"differences": [NAME | {"field": "shoe_size"}]}, "invalid-body"),
            (REJECTED | {"differences": [NAME | {"seen": EXPECTED}]}, "invalid-body"),
            ({"outcome": "waived", "reason": "already_proven", "differences": [NAME]}, "not-taken"),
        ],
    )
    async def test_points_at_differences_that_do_not_fit(
        self, house: House, body: object, code: str
    ) -> None:
        await house.hear(middle_name())

        answer = await house.on_case(judgement(BILL), body)

        [error] = answer.json()["errors"]
        assert (error["pointer"], error["code"]) == ("/differences", code)
        assert "Canary" not in answer.text

    async def test_takes_none_where_the_letter_has_no_place_for_them(self, house: House) -> None:
        facts = {"listing_ref": "L-1"}
        await house.hear(middle_name(issue_type="listing_error", facts=facts))

        answer = await house.on_case(judgement(BILL), REJECTED | {"differences": [NAME]})

        assert answer.json()["errors"][0]["code"] == "not-taken"

    async def test_needs_none_for_another_reason(self, house: House) -> None:
        await house.hear(middle_name())

        answer = await house.on_case(
            judgement(BILL), {"outcome": "rejected", "reason": "unreadable"}
        )

        assert answer.status_code == 200
        assert "What differs" not in await body_of_last_letter(house)
