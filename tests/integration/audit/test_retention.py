"""What was kept long enough may go, but for its leaf and what a hold keeps."""

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest

from audit.domain.retention import AUDIT_EVENT, CASE as OF_CASES, MESSAGE, Rule
from audit.handlers.clear_bodies import clear_expired
from audit.main import build
from builders_audit import (
    BY_AUDIT,
    CASE,
    OTHER_CASE,
    PEN,
    SIGNERS,
    RunningLog,
    journey,
    settings_for,
)
from builders_contracts import a_case_opened, a_message, a_route, an_id
from chassis.door import run
from chassis.service import create_app
from contracts.event import Contract
from identities import Identities

SELLER, OTHER_SELLER = an_id("sel"), an_id("sel", 2)
# The events of tests are of a fixed day, which this machine's calendar may not have reached.
AT_ONCE, NEVER = timedelta(days=-36_500), timedelta(days=36_500)


def a_case_of(seller: str) -> Contract:
    opened = a_case_opened()
    return a_case_opened(seller=opened.seller.model_copy(update={"id": seller}))


@pytest.fixture
async def log(log: RunningLog) -> RunningLog:
    """Return a log of two cases, of two sellers."""
    await log.take(*journey(a_case_of(SELLER), a_route(), a_message(1)))
    await log.take(*journey(a_case_of(OTHER_SELLER), a_route(), about=OTHER_CASE))
    await log.sequence()
    await log.sign()
    return log


def a_rule(what: str, *, keep: timedelta = AT_ONCE) -> Rule:
    return Rule(marketplace="harbour", what=what, keep=keep)


async def clear(log: RunningLog, rule: Rule) -> int:
    return await run(
        log.engine,
        lambda tx: clear_expired(tx, rule, signer=SIGNERS["audit"]),
        pen=PEN,
        journey=BY_AUDIT,
    )


async def retained(log: RunningLog) -> list[tuple[str, str]]:
    rows = await log.rows(
        "select l.subject, l.type from leaves l join bodies b using (idx)"
        " where b.payload is not null and l.topic = 'cases.v1' order by idx"
    )
    return [(subject, type_.removesuffix(".v1")) for subject, type_ in rows]


async def hold(log: RunningLog, scope: str) -> None:
    await log.do(
        f"insert into holds (id, marketplace, scope, reason, placed_by, placed_at) values"  # noqa: S608 - the scopes of these tests
        f" (gen_random_uuid(), 'harbour', '{scope}', 'litigation', 'compliance:a', now())"
    )


class TestClearing:
    @pytest.mark.covers("AU-9", "SE-9")
    async def test_takes_bodies_of_its_class_and_never_a_leaf(self, log: RunningLog) -> None:
        before = await log.rows("select idx, leaf from leaves order by idx")

        assert await clear(log, a_rule(MESSAGE)) == 1

        assert (CASE, "seller.message_sent") not in await retained(log)
        assert len(await retained(log)) == 4
        assert await log.rows("select idx, leaf from leaves order by idx") == before

    async def test_leaves_what_was_not_kept_long_enough(self, log: RunningLog) -> None:
        assert await clear(log, a_rule(OF_CASES, keep=NEVER)) == 0

        assert len(await retained(log)) == 5

    async def test_says_what_it_cleared(self, log: RunningLog) -> None:
        await clear(log, a_rule(OF_CASES))
        await log.sequence()

        assert (await log.leaves())[-1] == ("audit", "audit.bodies_cleared.v1", 1)
        assert await clear(log, a_rule(AUDIT_EVENT)) == 1

    async def test_leaves_no_trace_when_there_is_nothing_to_clear(self, log: RunningLog) -> None:
        await clear(log, a_rule(AUDIT_EVENT))
        await log.sequence()

        assert len(await log.leaves()) == 5

    @pytest.mark.parametrize(
        ("scope", "kept"),
        [
            (f'{{"case": "{CASE}"}}', {CASE}),
            (f'{{"seller": "{SELLER}"}}', {CASE}),
            (f'{{"seller": "{an_id("sel", 9)}"}}', set()),
            ('{"whatever": "else"}', {CASE, OTHER_CASE}),
        ],
    )
    async def test_keeps_what_is_held(self, scope: str, kept: set[str], log: RunningLog) -> None:
        await hold(log, scope)

        await clear(log, a_rule(OF_CASES))
        await clear(log, a_rule(MESSAGE))

        assert {subject for subject, _type in await retained(log)} == kept

    async def test_keeps_a_case_of_nobody_knows_whom_for_any_held_seller(
        self, log: RunningLog
    ) -> None:
        await log.do("update bodies set payload = null, headers = null where idx = 0")
        await hold(log, f'{{"seller": "{an_id("sel", 9)}"}}')

        await clear(log, a_rule(OF_CASES))

        assert {subject for subject, _type in await retained(log)} == {CASE}

    async def test_goes_round_what_is_held(self, log: RunningLog) -> None:
        """Held bodies at the front do not stop those behind them."""
        await hold(log, f'{{"case": "{CASE}"}}')

        assert await clear(log, a_rule(OF_CASES)) == 2

    async def test_of_one_body_is_refused_under_a_hold(self, log: RunningLog) -> None:
        await hold(log, f'{{"seller": "{SELLER}"}}')

        with pytest.raises(Exception, match="legal hold"):
            await log.do("select clear_body(0)")

        await log.do("select clear_body(3)")
        assert len(await retained(log)) == 4


@pytest.fixture
async def client(log: RunningLog) -> AsyncIterator[httpx.AsyncClient]:
    """Yield audit's door 1 with rules by which everything has been kept long enough."""
    settings, identities = settings_for(log), Identities()
    app = create_app(build(settings), settings, verifier=identities.verifier())
    app.state.retention_rules = lambda: [a_rule(OF_CASES), a_rule(MESSAGE)]
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app),
            base_url="http://audit.test",
            headers=identities.headers("ines"),
        ) as client,
    ):
        yield client


async def ask(client: httpx.AsyncClient, marketplace: str = "harbour") -> httpx.Response:
    headers = {"idempotency-key": uuid4().hex}
    return await client.post("/v1/retention", json={"marketplace": marketplace}, headers=headers)


class TestPostRetention:
    @pytest.mark.fault(78)
    @pytest.mark.covers("AU-9")
    async def test_is_refused_under_a_hold_changes_nothing_and_goes_on_once_released(
        self, log: RunningLog, client: httpx.AsyncClient
    ) -> None:
        await hold(log, f'{{"seller": "{SELLER}"}}')

        refused = await ask(client)
        kept = await retained(log)
        await log.do("update holds set released_at = now(), released_by = 'compliance:b'")
        done = await ask(client)

        assert (refused.status_code, refused.json()["code"]) == (409, "under-legal-hold")
        assert refused.json()["hold"].startswith("hld_")
        assert len(kept) == 5
        assert (done.status_code, done.json()["cleared"]) == (200, {"case": 4, "message": 1})
        assert await retained(log) == []

    async def test_leaves_trail_and_proofs_as_they_were(
        self, log: RunningLog, client: httpx.AsyncClient
    ) -> None:
        await ask(client)
        await log.sequence()
        await log.sign()

        trail = (await client.get(f"/v1/cases/{CASE}/trail")).json()["items"]
        proof = await client.get(f"/v1/log/proof/inclusion?event_id={trail[0]['event_id']}")

        assert [event["fact"] for event in trail[:3]] == [None] * 3
        assert proof.status_code == 200

    async def test_knows_no_other_marketplace(self, client: httpx.AsyncClient) -> None:
        assert (await ask(client, "bazaar")).status_code == 404
