"""What happens to one case of the load: filed, and worked as far as its part in the play goes."""

import random
from dataclasses import dataclass, replace
from typing import Any, Final

from harness.caller import Caller, Errand, json_of
from stack.story import files
from stack.story.first_road import DOCUMENTS
from stack.waiting import until

_FRONT_END, _AGENTS, _DESK = "harbour-front-end", ("mara", "jonas"), "finance-desk"
_VALID: Final = {"business_registration": {"valid_until": "2031-10-31"}}
# How far cases go, and how many of a hundred: to the end, to the end and the seller is erased, with
# documents, silent, and twice filed.
PARTS: Final = {"whole": 55, "erased": 5, "documents": 20, "silent": 10, "again": 10}
_OFFICERS: Final = ("ines", "ivo")
_HEARD_WITHIN: Final = 30  # seconds until the vault has heard that a case has ended


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """One case. Each step begins after the one before was answered; a no ends it."""

    caller: Caller
    number: int
    canary: str
    chance: random.Random

    async def play(self) -> None:
        part = self.chance.choices(list(PARTS), weights=list(PARTS.values()))[0]
        filing = self._filing(part)
        filed = await self._file(filing)
        if filed is None or part == "silent":
            return
        case = filed["id"]
        if part == "again":
            await self._file(filing | {"external_ref": f"{filing['external_ref']}-2"})
        evidence = await self._send_documents(case)
        if part in {"whole", "erased"} and len(evidence) == len(DOCUMENTS):
            ended = await self._work(case, evidence, payout_ref=filing["facts"]["payout_ref"])
            if ended and part == "erased":
                await self._erase(filed["seller"])
        await self.caller.ask(
            Errand(
                op="read_case",
                who=_FRONT_END,
                service="intake",
                path=f"/v1/cases/{case}",
                case=case,
                reads=True,
            )
        )

    def _filing(self, part: str) -> dict[str, Any]:
        filing = files.new_filing(
            "harbour-demo" if part == "silent" else "harbour",
            description=f"My payout was paused. {self.canary}",
        )
        whose = f"leaver-{self.number}" if part == "erased" else self.number % 20
        filing["seller"]["ref"] = f"{self.canary}-{whose}"
        return filing

    async def _file(self, filing: dict[str, Any]) -> dict[str, Any] | None:
        answer = await self.caller.ask(
            Errand(
                op="file_case",
                who=_FRONT_END,
                service="intake",
                path="/v1/cases",
                body=filing,
                says=("case.opened.v1",),
            )
        )
        return None if answer is None else json_of(answer)

    async def _send_documents(self, case: str) -> dict[str, str]:
        found: dict[str, str] = {}
        for kind in DOCUMENTS:
            answer = await self.caller.ask(
                Errand(
                    op="send_document",
                    who=_FRONT_END,
                    service="intake",
                    path=f"/v1/cases/{case}/evidence",
                    form=files.document(kind, words=self.canary),
                    case=case,
                    says=("evidence.received.v1",),
                )
            )
            if answer is not None:
                found[kind] = json_of(answer)["id"]
        return found

    async def _work(self, case: str, evidence: dict[str, str], *, payout_ref: str) -> bool:
        who = self.chance.choice(_AGENTS)
        claim = Errand(
            op="claim",
            who=who,
            service="router",
            path=f"/v1/cases/{case}/assignment",
            body={"member": who},
            case=case,
            says=("case.assigned.v1",),
        )
        if await self.caller.ask(claim) is None:
            return False
        for kind, one in evidence.items():
            await self.caller.ask(
                Errand(
                    op="judge",
                    who=who,
                    service="resolution",
                    path=f"/v1/cases/{case}/evidence/{one}/judgement",
                    body={"outcome": "accepted", "issued_on": "2026-11-02", **_VALID.get(kind, {})},
                    case=case,
                    says=("evidence.accepted.v1",),
                )
            )
        handed_over = await self._hand_over(case, who, payout_ref)
        return handed_over and await self._decide(case, who, list(evidence.values()))

    async def _hand_over(self, case: str, who: str, payout_ref: str) -> bool:
        asked = await self.caller.ask(
            Errand(
                op="hand_over",
                who=who,
                service="handoff",
                path=f"/v1/cases/{case}/handoffs",
                body=files.handoff(payout_ref),
                case=case,
                says=("handoff.requested.v1",),
            )
        )
        if asked is None:
            return False
        handoff = json_of(asked)["id"]
        accepted = await self.caller.ask(
            Errand(
                op="accept",
                who=_DESK,
                service="handoff",
                path=f"/v1/handoffs/{handoff}/acceptance",
                case=case,
                says=("handoff.accepted.v1",),
            )
        )
        completed = accepted and await self.caller.ask(
            Errand(
                op="complete",
                who=_DESK,
                service="handoff",
                path=f"/v1/handoffs/{handoff}/completion",
                body={"result": {"payout_released": True}},
                case=case,
                says=("handoff.completed.v1",),
            )
        )
        return completed is not None

    async def _decide(self, case: str, who: str, evidence: list[str]) -> bool:
        decided = await self.caller.ask(
            Errand(
                op="decide",
                who=who,
                service="resolution",
                path=f"/v1/cases/{case}/decisions",
                body=files.decision(evidence),
                case=case,
                says=("decision.recorded.v1", "case.resolved.v1", "seller.message_sent.v1"),
            )
        )
        return decided is not None

    async def _erase(self, seller: str) -> None:
        """Erase a seller by two people, once the vault has heard that its case has ended."""
        asking, agreeing = (self._erasure(seller, who) for who in _OFFICERS)

        async def asked() -> bool:
            return await self.caller.ask(asking) is not None

        try:
            await until(asked, within=_HEARD_WITHIN, every=1)
        except TimeoutError:
            return  # whoever agreed now would be the first to ask
        await self.caller.ask(replace(agreeing, op="erase", says=("seller.erased.v1",)))

    def _erasure(self, seller: str, who: str) -> Errand:
        path = f"/v1/sellers/{seller}/erasure"
        return Errand(op="ask_erasure", who=who, service="vault", path=path)
