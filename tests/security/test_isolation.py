"""What belongs to one marketplace or seller does not exist for another, at any route."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from chassis import ids
from street import House, Knock

BAZAAR = ["bazaar"]
# What a caller may add to learn more than "there is no such thing".
CURIOUS: tuple[dict[str, str], ...] = ({}, {"if-match": '"0"'}, {"if-match": "*"})


def strangers(house: House, role: str) -> Iterator[dict[str, str]]:
    """Who has the right role in the wrong place."""
    yield house.harbour(role, marketplaces=BAZAAR)
    yield house.harbour(role, marketplaces=[])
    if role == "seller":
        yield house.harbour(role, seller_ref="another-seller", sub="another-seller")


def told(answer: httpx.Response) -> dict[str, Any]:
    """Return what an answer tells, less what names the request."""
    problem = answer.json()
    return {name: problem[name] for name in ("status", "code", "detail", "retryable", "errors")}


def unknown_like(object_id: str) -> str:
    """Return an id of the same kind and age that names nothing."""
    prefix, _, letters = object_id.partition("_")
    if ids.to_uuid(object_id).version == 7:
        return f"{prefix}_{letters[:14]}{letters[:13:-1]}"  # the same moment, another chance
    return ids.derived_id(prefix, "nothing")


async def but_for_a_leaf(house: House, before: dict[str, str]) -> dict[str, str]:
    """Return what there is now: reading one's own list may leave a leaf, and nothing else."""
    now = await house.remains()
    changed = {table for table in before.keys() | now.keys() if before.get(table) != now.get(table)}
    assert changed <= {"staged", "stream_head"}
    return now


class TestAnotherMarketplace:
    @pytest.mark.covers("SE-3", "SE-6")
    async def test_finds_nothing_and_changes_nothing(self, house: House) -> None:
        before, own = await house.remains(), own_ids(house)

        for knock in house.protected():
            for role in knock.bounded_roles:
                for headers in strangers(house, role):
                    answer = await house.knock(knock, headers)

                    what = (knock.name, role, answer.text[:300])
                    assert not own & set(words(answer.text)), what
                    if answer.is_success:
                        before = await but_for_a_leaf(house, before)
                    if knock.is_of_a_marketplace:
                        assert (answer.status_code, answer.json()["code"]) == (404, "not-found"), (
                            what
                        )
        assert await house.remains() == before

    async def test_cannot_tell_a_foreign_id_from_one_that_names_nothing(self, house: House) -> None:
        for knock in house.protected():
            nowhere = replace(knock, path=nothing_at(house, knock))
            if not knock.bounded_roles or nowhere.path == knock.path:
                continue
            headers = house.harbour(knock.bounded_roles[0], marketplaces=BAZAAR)
            for more in CURIOUS:
                foreign = await house.knock(knock, headers | more)
                unknown = await house.knock(nowhere, headers | more)

                assert told(foreign) == told(unknown), (knock.name, more)

    async def test_is_all_that_speaks_against_it(self, house: House) -> None:
        """The same requests do reach the case for somebody of its own marketplace."""
        for knock in house.protected():
            if not knock.bounded_roles or knock.answers_stream:
                continue
            statuses = [
                (await house.knock(knock, house.harbour(role))).status_code
                for role in knock.bounded_roles
            ]
            assert set(statuses) - {401, 403, 404}, knock.name


def own_ids(house: House) -> set[str]:
    named = (*house.ids.values(), *house.identities_of_harbour())
    return {
        one for one in named if "_" in one and not one.startswith(("payout", "proof", "one_path"))
    }


def words(text: str) -> list[str]:
    return text.replace('"', " ").replace("/", " ").split()


def nothing_at(house: House, knock: Knock) -> str:
    """Return the knock's path with ids that name nothing."""
    path = knock.path
    for value in house.ids.values():
        prefix = value.partition("_")[0]
        if value in path and prefix in {
            "case",
            "hnd",
            "msg",
            "evd",
            "esc",
            "exp",
            "hld",
            "sel",
            "inv",
            "apl",
        }:
            path = path.replace(value, unknown_like(value))
    return path
