"""Scenarios about letters and articles in use: withdrawn, or missing in a language."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from scenario_filings import filing
from scenario_stage import SUPERVISOR, Journey, Play, Scene

LETTER: Final = "policy_clarification.first_response"
WITHDRAWN: Final = f"{LETTER}@1"
ARTICLE: Final = "selling_refurbished_goods"
MORNING: Final = 3
"""Cases of the forty-one of the scenario; each has the letter."""


async def withdrawn_at_noon(play: Play) -> Scene:
    """E30: three have the letter, it is withdrawn in Germany, the next one does not get it."""
    morning = [await _asks(play, region="DE", language="de") for _ in range(MORNING)]
    for scene in morning:
        await scene.write("mara", LETTER, article=ARTICLE)
    first, learnt = morning[0], morning[0].learnt
    body = {
        "marketplace": "harbour",
        "regions": ["DE"],
        "reason": "policy_change",
        "instead": "seller_care.update",
    }
    path = f"/v1/assets/{WITHDRAWN}/invalidation"
    petra = play.town.whoever("petra")
    made = (await petra.post("resolution", path, body, expect=201)).json()
    learnt["withdrawal"], learnt["cases"] = made, [one.case for one in morning]
    learnt["refused"] = await _afternoon(play)
    learnt["next"] = [await _told(scene) for scene in morning]
    for scene in morning[1:]:
        await _decide(scene, made["id"], "no_contact", "still_true")
    await _decide(first, made["id"], "contact_again", "misled")
    learnt["decided"] = await first.view()
    await first.write("mara", "seller_care.update", progress="looking_into_it")
    learnt["written"] = await first.view()
    listed = f"/v1/asset-invalidations/{made['id']}/cases"
    sofia = play.town.whoever(SUPERVISOR)
    learnt["listed"] = (await sofia.get("resolution", listed)).json()["items"]
    learnt["council"] = [
        raised.payload
        for scene in morning
        for noted in scene.road.heard.of_type(scene.case, "asset.invalidation_noted.v1")
        if noted.payload["tell_council"]
        for raised in await scene.hear("escalation.raised")
    ]
    learnt["trail"] = await first.get("ines", "audit", "/explain")
    events = "/v1/audit/events?type=asset.invalidated.v1&marketplace=harbour"
    learnt["governance"] = (await play.town.whoever("ines").get("audit", events)).json()["items"]
    return first


async def _asks(play: Play, **seller: str) -> Scene:
    """File the question of E27 from somewhere else, and let somebody take it."""
    body = filing("e27_refurbished")
    body["seller"] |= seller
    scene = play.scene(body)
    await scene.file()
    await scene.route()
    await scene.claim("mara")
    return scene


async def _afternoon(play: Play) -> dict[str, Any]:
    scene = await _asks(play, region="DE", language="de")
    body = {"template": LETTER, "parameters": {"article": ARTICLE}}
    problem: dict[str, Any] = await scene.refused("mara", "resolution", "messages", body, 409)
    return problem


async def _told(scene: Scene) -> dict[str, Any]:
    await scene.hear("asset.invalidation_noted")
    action: dict[str, Any] = (await scene.view())["next_best_action"]
    return action


async def _decide(scene: Scene, invalidation: str, outcome: str, reason: str) -> None:
    body = {"invalidation": invalidation, "outcome": outcome, "reason": reason}
    await scene.post("mara", "resolution", "recontact-decisions", body, expect=201)
    await scene.hear("recontact.decided")


async def not_in_spanish(play: Play) -> Scene:
    """E27: the article exists in English and German only; the answer goes out all the same."""
    scene = await _asks(play, region="ES", language="es")
    await scene.write("mara", LETTER, article=ARTICLE)
    [noted] = await scene.hear("knowledge.gap_noted")
    scene.learnt["gap"] = noted.payload
    scene.learnt["answer"] = await scene.letter()
    sofia = play.town.whoever(SUPERVISOR)
    path = "/v1/knowledge-gaps?language=es&limit=200"
    scene.learnt["gaps"] = (await sofia.get("resolution", path)).json()["items"]
    return scene


LETTER_ROADS: Final[Mapping[str, Journey]] = MappingProxyType(
    {"E30": withdrawn_at_noon, "E27 not in Spanish": not_in_spanish}
)
