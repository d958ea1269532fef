"""What the watchdog takes for a silent client, and what not. Its ticks are as short as can be."""

import asyncio
from dataclasses import dataclass, field

import pytest

from chassis.broker import BrokerAway
from chassis.watchdog import AWAY, LIMIT, PATIENCE, ClientSilent, Watchdog
from stack.waiting import until

SHORT = 0.001
WITHIN = 10.0


@dataclass(slots=True)
class Client:
    """A client that was polled `polls` times and then falls silent."""

    polls: int = 0
    partitions: int = 1
    coordinated: bool = True

    def assigned(self) -> set[tuple[str, int]]:
        return {("bells.v1", n) for n in range(self.partitions)}

    def last_polled(self) -> float | None:
        self.polls -= 1
        return float(max(self.polls, 0))

    def is_coordinated(self) -> bool:
        return self.coordinated


@dataclass(slots=True)
class Stand:
    """A watchdog, and what it was told and has done."""

    answers: bool = True
    asked: int = 0
    told: list[str | None] = field(default_factory=list)
    given_up: int = 0
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    async def ask(self) -> bool:
        self.asked += 1
        return self.answers

    def give_up(self) -> None:
        self.given_up += 1

    def watchdog(self) -> Watchdog:
        return Watchdog(
            consumer="hall",
            answers=self.ask,
            stopping=self.stopping,
            tell=self.told.append,
            give_up=self.give_up,
            tick=SHORT,
        )


async def for_ever() -> None:
    await asyncio.Event().wait()


async def until_asked(stand: Stand, times: int) -> None:
    async def asked() -> bool:
        return stand.asked >= times

    await until(asked, within=WITHIN)


async def bark(stand: Stand, watchdog: Watchdog) -> None:
    with pytest.raises(ClientSilent):
        async with asyncio.timeout(WITHIN):
            await watchdog.over(Client(), for_ever())


class TestWatchdog:
    async def test_ends_a_client_that_is_silent_while_kafka_answers(self) -> None:
        stand = Stand()

        await bark(stand, stand.watchdog())

        assert stand.asked > 0
        assert stand.given_up == 0

    async def test_ends_a_client_that_has_left_its_group(self) -> None:
        with pytest.raises(ClientSilent):
            async with asyncio.timeout(WITHIN):
                await Stand().watchdog().over(Client(coordinated=False), for_ever())

    async def test_gives_the_process_up_after_the_third(self) -> None:
        stand = Stand()
        watchdog = stand.watchdog()

        for _ in range(LIMIT):
            assert stand.given_up == 0
            await bark(stand, watchdog)

        assert stand.given_up == 1

    @pytest.mark.parametrize(
        ("stand", "client"),
        [(Stand(answers=False), Client()), (Stand(), Client(partitions=0))],
        ids=["the broker is away", "a replica without partitions"],
    )
    async def test_never_ends_a_client_that_cannot_poll(self, stand: Stand, client: Client) -> None:
        watched = asyncio.create_task(stand.watchdog().over(client, for_ever()))

        await until_asked(stand, 9)

        assert not watched.done()
        watched.cancel()
        await asyncio.wait([watched])

    async def test_says_that_the_broker_is_away_and_that_it_is_back(self) -> None:
        stand, client = Stand(answers=False), Client()
        watched = asyncio.create_task(stand.watchdog().over(client, for_ever()))
        await until_asked(stand, 1)

        client.polls = 10**9

        async def is_well() -> bool:
            return stand.told[-1:] == [None]

        await until(is_well, within=WITHIN)
        assert AWAY in stand.told
        watched.cancel()
        await asyncio.wait([watched])

    async def test_leaves_a_client_alone_while_its_records_are_worked_on(self) -> None:
        """A handler may take long, and a database may be away: nothing is polled meanwhile."""
        stand, client = Stand(), Client()
        watchdog = stand.watchdog()

        async def was_looked_at() -> bool:
            return client.polls < -3 * PATIENCE

        async def work() -> None:
            with watchdog.handling():
                await until(was_looked_at, within=WITHIN)

        await watchdog.over(client, work())

        assert stand.asked == 0

    @pytest.mark.parametrize("error", [BrokerAway, LookupError])
    async def test_does_not_count_what_is_no_silence(self, error: type[Exception]) -> None:
        stand = Stand()
        watchdog = stand.watchdog()

        async def fail() -> None:
            raise error

        for _ in range(LIMIT + 1):
            with pytest.raises(error):
                await watchdog.over(Client(polls=10**9), fail())

        assert stand.given_up == 0

    async def test_counts_work_that_the_client_has_cut_off(self) -> None:
        stand = Stand()
        watchdog = stand.watchdog()

        async def be_cut_off() -> None:
            raise asyncio.CancelledError

        for _ in range(LIMIT):
            with pytest.raises(asyncio.CancelledError):
                await watchdog.over(Client(polls=10**9), be_cut_off())

        assert stand.given_up == 1

    async def test_ends_with_the_work(self) -> None:
        done: list[int] = []

        async def work() -> None:
            done.append(1)

        await Stand().watchdog().over(Client(), work())

        assert done == [1]
