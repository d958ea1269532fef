"""Looking through the whole log: what fits, whose it is, and pages that never shift."""

from typing import Any

import orjson
import pytest

from builders_audit import CASE, NOON, OTHER_CASE, Desk, record

EVENTS = "/v1/audit/events"


async def some_events(desk: Desk) -> None:
    """Two of router's and one of intake's in harbour, one of handoff's elsewhere."""
    await desk.log.log(
        record(1),
        record(2, type_="case.told_again.v1"),
        record(1, producer="intake", offset=3),
        record(1, producer="handoff", about=OTHER_CASE, marketplace="bazaar", offset=4),
    )


async def found(desk: Desk, query: str = "") -> list[tuple[str, int]]:
    answer = await desk.get(f"{EVENTS}?{query}")
    assert answer.status_code == 200, answer.text
    told = [one for one in answer.json()["items"] if one["producer"] != "audit"]
    return [(one["producer"], one["sequence"]) for one in told]


async def pages(desk: Desk, query: str) -> list[dict[str, Any]]:
    """Follow the links to the end."""
    path, read = f"{EVENTS}?{query}", list[dict[str, Any]]()
    while path:
        answer = await desk.get(path)
        read.append(answer.json())
        path = answer.headers.get("link", "").partition(">")[0].removeprefix("<")
    return read


class TestEvents:
    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("", [("router", 1), ("router", 2), ("intake", 1)]),
            ("type=case.told_again.v1", [("router", 2)]),
            ("actor=service:intake", [("intake", 1)]),
            ("actor=service:intake&type=case.told_again.v1", []),
            ("from=2026-11-22T12:00:02Z", [("router", 2)]),
            ("to=2026-11-22T12:00:02Z", [("router", 1), ("intake", 1)]),
            ("from=2026-11-22T13:00:01%2B01:00&to=2026-11-22T12:00:02Z&type=x", []),
            ("marketplace=harbour", [("router", 1), ("router", 2), ("intake", 1)]),
            ("marketplace=harbour-demo", []),
            ("as_of=1", [("router", 1)]),
            ("after_idx=1", [("intake", 1)]),
        ],
    )
    async def test_are_found_by_what_is_asked(
        self, desk: Desk, query: str, expected: list[tuple[str, int]]
    ) -> None:
        await some_events(desk)

        assert NOON.isoformat().startswith("2026-11-22T12:00:00")
        assert await found(desk, query) == expected

    async def test_stand_in_pages_that_do_not_shift_while_the_log_grows(self, desk: Desk) -> None:
        await desk.log.log(*(record(n) for n in range(1, 8)))
        first = (await desk.get(f"{EVENTS}?limit=3")).json()
        await desk.log.log(*(record(n) for n in range(8, 12)))

        rest = await pages(desk, f"limit=3&as_of={first['as_of']}&after_idx={first['next']}")

        assert [page["as_of"] for page in rest] == [7, 7]
        indices = [one["idx"] for page in (first, *rest) for one in page["items"]]
        assert indices == list(range(7))
        assert rest[-1]["next"] is None

    async def test_of_a_tree_that_is_not_there_yet_are_refused(self, desk: Desk) -> None:
        await some_events(desk)

        answer = await desk.get(f"{EVENTS}?as_of=1000")

        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/query/as_of")

    @pytest.mark.covers("AU-8")
    async def test_of_another_marketplace_are_not_there(self, desk: Desk) -> None:
        await some_events(desk)

        answer = await desk.get(f"{EVENTS}?marketplace=bazaar")

        assert answer.status_code == 404
        assert (await desk.get(EVENTS, by="mara")).status_code == 403

    @pytest.mark.covers("AU-8")
    @pytest.mark.fault(71)
    async def test_are_read_with_a_leaf_that_says_by_whom_and_what_was_asked(
        self, desk: Desk
    ) -> None:
        await some_events(desk)

        await desk.get(
            f"{EVENTS}?type=case.told.v1&actor=service:router&from=2026-11-22T12:00:00Z"
            "&marketplace=harbour&limit=1"
        )

        await desk.log.sequence()
        ((actor, marketplace, subject, payload),) = await desk.log.rows(
            "select actor, marketplace, subject, payload from leaves join bodies using (idx)"
            " where producer = 'audit'"
        )
        fact = orjson.loads(payload)
        assert actor.startswith("compliance:mem_")
        assert (marketplace, subject, fact["what"]) == ("harbour", "main", "events")
        assert fact["query"] == {
            "type": "case.told.v1",
            "actor": "service:router",
            "from": "2026-11-22T12:00:00.000Z",
            "marketplace": "harbour",
        }

    async def test_name_what_they_are_about(self, desk: Desk) -> None:
        await some_events(desk)

        items = (await desk.get(f"{EVENTS}?actor=service:router")).json()["items"]

        assert {one["subject"] for one in items} == {CASE}
