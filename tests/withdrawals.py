"""Withdrawing letters in resolution's house."""

from typing import Any, Final

import httpx

from builders_contracts import a_case_opened, a_classification, a_route
from builders_resolution import Said, said
from contracts.event import Contract
from house_resolution import CASE, HANDLE, SELLER, House, assigned_to

FIRST: Final = "payout_hold.first_response@1"
UPDATE: Final = "payout_hold.update@1"
WITHDRAW: Final = {
    "marketplace": "harbour",
    "reason": "policy_change",
    "instead": "seller_care.update",
}
LETTER: Final = {"template": "payout_hold.update", "parameters": {"progress": "with_finance"}}


async def withdraw(house: House, asset: str = UPDATE, /, **changed: object) -> httpx.Response:
    return await house.post(f"/v1/assets/{asset}/invalidation", WITHDRAW | changed, by="petra")


async def withdrawn(house: House, asset: str = UPDATE, /, **changed: object) -> str:
    answer = await withdraw(house, asset, **changed)
    assert answer.status_code == 201, answer.text
    id_: str = answer.json()["id"]
    return id_


async def listed(house: House, invalidation: str) -> list[dict[str, Any]]:
    answer = await house.get(f"/v1/asset-invalidations/{invalidation}/cases?limit=200", by="sofia")
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def send(house: House, case: str = CASE) -> httpx.Response:
    return await house.post(f"/v1/cases/{case}/messages", LETTER)


def filed(**changes: object) -> tuple[Contract, ...]:
    opened = a_case_opened(**{"seller": SELLER, "handle": HANDLE, **changes})
    return (opened, a_classification(), a_route(), assigned_to("mara"))


async def of_type(house: House, type_: str) -> list[Said]:
    return [one for one in await said(house.engine) if one.type == type_]
