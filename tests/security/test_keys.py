"""An idempotency key is asked for where something is made, and belongs to one request."""

from typing import Any

import pytest

from street import PDF, House, Knock

BAD_KEYS = ("", " ", "a b", "é", "a" * 256, "\x7f", "a\tb")
# A second body that is right as well, for each route that makes something.
OTHER: dict[str, dict[str, Any]] = {
    "post_case": {"subject": "Another subject"},
    "grant": {"issue_types": []},
    "post_message": {"body": "Something else."},
    "report": {"result": "fails"},
    "send": {"promise_by": "2026-12-24T12:00:00Z"},
    "ask_for_evidence": {"note": "Another note."},
    "post_handoff": {"blocking": False},
    "assign": {"member": "jonas"},
    "escalate": {"note": "Another reason."},
    "export": {"case": "case_01m80000000000000000000000"},
    "vote": {"outcome": "measure_stands"},
    "decide_appeal": {"note": "Another note."},
    "invalidate": {"regions": ["DE"]},
    "decide_about_recontact": {"note": "Another note."},
    "place": {"reason": "audit_request"},
}
# Needs a case that is further on than the seed's: held to it by the service's own tests.
LATER = {"decide", "post_appeal", "answer_in_tree"}


def makers(house: House) -> list[Knock]:
    return [one for one in house.protected() if one.creates]


class TestKeys:
    async def test_are_asked_for_where_something_is_made(self, house: House) -> None:
        before = await house.remains()

        for knock in makers(house):
            sender = house.harbour(knock.a_role)
            answer = await house.ask(
                knock.method, knock.path, headers=sender, params=knock.query, **knock.payload()
            )

            seen = (answer.status_code, answer.json()["code"])
            assert seen == (400, "idempotency-key-missing"), knock.name
        assert await house.remains() == before

    async def test_are_1_to_255_visible_signs(self, house: House) -> None:
        before = await house.remains()

        for knock in (one for one in house.protected() if one.method in {"POST", "PUT"}):
            if knock.calling.transient:
                continue
            for key in BAD_KEYS:
                headers = house.harbour(knock.a_role) | {"idempotency-key": key}
                answer = await house.knock(knock, headers)

                assert answer.status_code in {400, 403, 404}, (knock.name, key)
                assert answer.status_code == 400 or not knock.creates, (knock.name, key)
        assert await house.remains() == before

    @pytest.mark.covers("IN-12")
    async def test_belong_to_one_request(self, house: House) -> None:
        await make_room(house)

        for knock in makers(house):
            if knock.route.name in LATER:
                continue
            headers = house.harbour(knock.a_role) | {"idempotency-key": f"k-{knock.route.name}"}
            first = await house.knock(knock, headers)
            after = await house.remains()
            again = await house.knock(knock, headers)
            other = await house.knock(knock, headers, **another(knock))

            assert first.is_success, (knock.name, first.text)
            assert (again.status_code, again.content) == (first.status_code, first.content)
            assert again.headers["idempotency-replayed"] == "true"
            seen = (other.status_code, other.json()["code"])
            assert seen == (422, "idempotency-key-reused"), knock.name
            assert await house.remains() == after


async def make_room(house: House) -> None:
    """Take the seed's handoff back: a case waits for one team at a time."""
    for knock in house.protected():
        if knock.route.name == "recall":
            assert (await house.knock(knock, house.harbour("agent"))).is_success


def another(knock: Knock) -> dict[str, Any]:
    if knock.calling.upload:
        return {"files": {"file": ("a.pdf", PDF + b"more", "application/pdf")}}
    assert knock.route.name in OTHER, f"say in OTHER what else {knock.name} could be sent"
    return {"json": knock.body | OTHER[knock.route.name]}
